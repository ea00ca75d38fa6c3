// Choose a region of a query picture: drag over it, or move and resize with the arrow keys.
import {button, element} from '../shell/dom.js';
import {openSheet} from '../shell/dialog.js';
import {large} from '../shell/api.js';
import {draw, keptFile} from './uploads.js';

const SIDE = 900, LEAST = .05, STEP = .02;
const clamp = value => Math.min(1, Math.max(0, value));
const round = value => +value.toFixed(3);

// Resolves with "x,y,w,h" as shares of the picture, with "" for all of it, or with null where nothing was chosen.
export function askCrop(picture) {
  return new Promise(resolve => {
    let region = picture.crop ? picture.crop.split(',').map(Number) : null, result = null;
    const canvas = element('canvas', {}), frame = element('div', {class: 'frame', hidden: !region});
    const area = element('div', {class: 'crop', tabindex: 0, role: 'application', 'aria-label': 'Region: drag, or move with the arrow keys and resize with Shift and the arrow keys'}, canvas, frame);
    const show = () => {
      frame.hidden = !region;
      if (region) for (const [name, at] of [['left', 0], ['top', 1], ['width', 2], ['height', 3]]) frame.style[name] = `${100 * region[at]}%`;
    };
    const finish = value => { result = value; dialog.close(); };
    const whole = region => region && region[2] > .99 && region[3] > .99;
    const search = () => finish(region && !whole(region) ? region.map(round).join(',') : '');
    const dialog = openSheet('Search with a part of the picture', area, element('p', {class: 'small muted', text: 'Drag over what matters. Arrow keys move the region, with Shift they resize it; Enter searches.'}),
      element('div', {class: 'row'}, button('Search with this part', search, {kind: 'primary'}), button('Whole picture', () => finish(''), {kind: 'plain'})));
    dialog.addEventListener('close', () => resolve(result));
    fillCanvas(canvas, picture).then(show);
    drag(area, next => { region = next; show(); });
    area.addEventListener('keydown', event => {
      if (event.key === 'Enter') { event.preventDefault(); search(); return; }
      const by = {ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP]}[event.key];
      if (!by) return;
      event.preventDefault();
      region = nudge(region ?? [.2, .2, .6, .6], by, event.shiftKey);
      show();
    });
    show();
    area.focus();
  });
}

function nudge([x, y, width, height], [right, down], resize) {
  if (resize) return [x, y, Math.min(1 - x, Math.max(LEAST, width + right)), Math.min(1 - y, Math.max(LEAST, height + down))];
  return [Math.min(1 - width, clamp(x + right)), Math.min(1 - height, clamp(y + down)), width, height];
}

function drag(area, set) {
  let start = null;
  const at = event => { const box = area.getBoundingClientRect(); return [clamp((event.clientX - box.left) / box.width), clamp((event.clientY - box.top) / box.height)]; };
  area.addEventListener('pointerdown', event => { start = at(event); area.setPointerCapture(event.pointerId); });
  area.addEventListener('pointermove', event => {
    if (!start) return;
    const now = at(event), x = Math.min(start[0], now[0]), y = Math.min(start[1], now[1]);
    set([x, y, Math.max(LEAST, Math.abs(now[0] - start[0])), Math.max(LEAST, Math.abs(now[1] - start[1]))].map((value, place) => place < 2 ? Math.min(value, 1 - LEAST) : value));
  });
  area.addEventListener('pointerup', () => { start = null; });
}

async function fillCanvas(canvas, picture) {
  const blob = picture.upload ? (await keptFile(picture.upload))?.blob : await (await fetch(large(picture.id))).blob();
  if (blob) await draw(canvas, blob, SIDE);
  if (canvas.width < 420) canvas.style.width = `min(420px, 80vw)`;
}
