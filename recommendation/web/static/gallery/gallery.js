// What can be done with the cards of a page by pointer and by keyboard.
import {config, isTyping} from '../shell/dom.js';
import {shortcut} from '../shell/keys.js';
import {copyText, toast} from '../shell/toast.js';
import {markAll} from './card.js';
import {setOpinion, toggleOpinion} from './opinions.js';
import {addAction, clearSelection, selectedIds, toggleSelected} from './selection.js';

// The large view is loaded when a click or the address asks for it.
let detail = null;
const loadDetail = () => detail ??= import('./detail.js').then(loaded => { loaded.startDetail(); return loaded; }, () => {
  detail = null;
  toast('The service does not answer. Try again when it is back.');
});
const openDetail = async (item, card) => (await loadDetail())?.openDetail(item, card);
const followAddress = () => { if (location.hash) loadDetail(); };

const askTags = async ids => (await import('./tagging.js')).askTags(ids);
const LONG_PRESS_MS = 600;
let hovered = null;
export const currentCard = () => document.activeElement?.closest?.('.card') ?? (hovered?.isConnected ? hovered : null);

// handlers: open(item), optional: what a click does instead of following the link; add(id) and unlike(id): how the query changes.
export function startGallery({open, add, unlike} = {}) {
  const does = {
    select: (card, event) => toggleSelected(card, event.shiftKey),
    like: card => toggleOpinion(card.dataset.id, 1),
    dislike: card => toggleOpinion(card.dataset.id, -1),
    details: card => openDetail(card.item, card),
    attribution: card => copyText(card.item.attribution, 'Attribution copied'),
    add: card => add?.(card.dataset.id),
    unlike: card => unlike?.(card.dataset.id),
    tag: card => askTags(selectedIds().length ? selectedIds() : [card.dataset.id]),
  };
  document.addEventListener('click', event => {
    const card = event.target.closest('.card');
    if (!card) return;
    const asked = event.target.closest('[data-do]')?.dataset.do;
    if (asked) { event.preventDefault(); does[asked](card, event); return; }
    if (!event.target.closest('.pic') || event.ctrlKey || event.metaKey || event.button) return;
    if (event.shiftKey || document.body.classList.contains('selecting')) { event.preventDefault(); toggleSelected(card, event.shiftKey); return; }
    if (open) { event.preventDefault(); open(card.item, card); }
  });
  followPresses();
  followAddress();
  addEventListener('popstate', followAddress);
  document.addEventListener('pointerover', event => { hovered = event.target.closest('.card') ?? hovered; });
  document.addEventListener('dragstart', event => {
    const card = event.target.closest?.('.card');
    if (card) event.dataTransfer.setData('text/imagerec', card.dataset.id);
  });
  addKeys(does, {add, unlike});
  addEventListener('opinions', markAll);
  addEventListener('selection', markAll);
  addAction('Like', 'heart', ids => setOpinion(ids, 1), {writes: true});
  addAction('Dislike', 'down', ids => setOpinion(ids, -1), {writes: true});
  addAction('Tag', 'tag', askTags, {writes: true});
}

// A long press of a finger selects. Some browsers call it `contextmenu`, those of iPhones leave it to the page.
function followPresses() {
  let timer = 0, pressed = null, start = null;
  const select = card => { clearTimeout(timer); pressed = card; toggleSelected(card); };
  const stop = () => clearTimeout(timer);
  document.addEventListener('pointerdown', event => {
    stop();
    pressed = null;
    start = event;
    const card = event.pointerType === 'touch' && event.target.closest('.card');
    if (card) timer = setTimeout(select, LONG_PRESS_MS, card);
  });
  for (const name of ['pointerup', 'pointercancel', 'scroll']) document.addEventListener(name, stop);
  document.addEventListener('pointermove', event => { if (start && Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) > 8) stop(); });
  document.addEventListener('contextmenu', event => {
    const card = event.target.closest('.card');
    if (!card || event.pointerType !== 'touch') return;
    event.preventDefault();
    if (pressed !== card) select(card);
  });
  document.addEventListener('click', event => { // what a browser makes of the finger's leaving
    if (pressed?.contains(event.target)) { event.preventDefault(); event.stopPropagation(); }
    pressed = null;
  }, {capture: true});
}

function addKeys(does, {add, unlike}) {
  const onCard = (key, help, name) => shortcut([key, key.toUpperCase()], help, event => {
    const card = currentCard();
    if (!card || document.querySelector('dialog[open]')) return false;
    does[name](card, event);
  }, key.toUpperCase());
  shortcut(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'], 'Move from picture to picture', event => !document.querySelector('dialog[open]') && move(event), ['←', '→', '↑', '↓']);
  shortcut([], 'Open the picture: a new query, or its details', () => false, '↵');
  onCard('i', 'Details of the picture', 'details');
  onCard('l', 'Like', 'like');
  onCard('d', 'Dislike', 'dislike');
  onCard('x', 'Select; with Shift all up to it', 'select');
  if (!config.read_only) onCard('t', 'Tag the picture, or all selected ones', 'tag');
  if (add) onCard('a', 'Search with this one, too', 'add');
  if (unlike && config.can_unlike) onCard('n', 'Not like this one', 'unlike');
  shortcut('Escape', 'Close, or clear the selection', () => document.querySelector('dialog[open]') ? false : clearSelection(), 'Esc');
}

function move(event) {
  if (isTyping(event.target) || event.target.matches('input, summary, .scrubber')) return false;
  const links = [...document.querySelectorAll('.card .pic')].filter(one => one.offsetParent);
  const here = document.activeElement?.closest?.('.card')?.querySelector('.pic');
  if (!links.length) return false;
  if (!here) {
    if (!['ArrowRight', 'ArrowDown'].includes(event.key)) return false;
    links.find(one => one.getBoundingClientRect().bottom > 80)?.focus();
    return true;
  }
  target(links, here, event.key)?.focus();
  return true;
}

// The neighbour in a direction: by order to the sides, by place upwards and downwards.
function target(links, here, key) {
  const place = links.indexOf(here);
  if (key === 'ArrowLeft') return links[place - 1];
  if (key === 'ArrowRight') return links[place + 1];
  const from = here.getBoundingClientRect(), middle = (from.left + from.right) / 2, down = key === 'ArrowDown';
  let best = null, least = Infinity;
  for (const one of links) {
    const box = one.getBoundingClientRect(), rows = down ? box.top - from.bottom : from.top - box.bottom;
    if (rows < -4) continue;
    const away = rows * 4 + Math.abs((box.left + box.right) / 2 - middle);
    if (away < least) [best, least] = [one, away];
  }
  return best;
}
