// The map to explore: what is seen, and what mouse, keys and fingers do.
import {at} from './map-dom.js';
import {Drawing} from './map-gl.js';
import {Panel} from './map-panel.js';
import {Tree} from './map-tree.js';

const TILE = 56, CELL = 64, MOST_SHEETS = 8;
const over = document.getElementById('over'), base = document.getElementById('map'), note = document.getElementById('note');
const {theme} = document.documentElement.dataset, dark = theme ? {matches: theme === 'dark'} : matchMedia('(prefers-color-scheme: dark)'), calm = matchMedia('(prefers-reduced-motion: reduce)');
const pen = over.getContext('2d');
const answer = await fetch(at('/v1/map'));
const facts = await answer.json();
const tree = new Tree(await (await fetch(at(`/map/files/${facts.points}`))).arrayBuffer(), facts.levels);
const view = {x: .5, y: .5, scale: 500, tile: TILE};
const state = {tiles: [], hover: -1, chosen: -1, marked: [], pin: null, lit: false, keys: false, budget: tree.count};
const cache = new Map();
let drawing, wanted = false, idle, flight = 0, flying = false, sheetsInView = 0;

function say(text) { note.textContent = text; clearTimeout(say.timer); if (text) say.timer = setTimeout(say, 6000, ''); }

function width() { return innerWidth; }
function height() { return innerHeight; }
function toScreen(x, y) { return [(x - view.x) * view.scale + width() / 2, (view.y - y) * view.scale + height() / 2]; }
function toMap(left, top) { return [view.x + (left - width() / 2) / view.scale, view.y - (top - height() / 2) / view.scale]; }
function fitting() { return Math.min(width(), height() - 60) * .98; }

function limit() {
  view.scale = Math.max(fitting() * .5, Math.min(view.scale, 4e6));
  for (const axis of ['x', 'y']) view[axis] = Math.max(0, Math.min(1, view[axis]));
}

function redraw() {
  if (wanted) return;
  wanted = true;
  requestAnimationFrame(() => { wanted = false; draw(); });
}

function level() { return Math.max(0, Math.min(16, Math.floor(Math.log2(view.scale / CELL)))); }

// The representatives in view, each within its own cell, so that none covers another.
function visible() {
  const [left, top] = toMap(-CELL, -CELL), [right, bottom] = toMap(width() + CELL, height() + CELL);
  const cell = view.scale / 2 ** level(), room = Math.max(0, (cell - TILE - 4) / 2);
  return tree.inside([left, bottom, right, top], level()).map(([row, cellX, cellY]) => {
    const [x, y] = toScreen(...tree.place(row));
    const [middleX, middleY] = toScreen((cellX + .5) / 2 ** level(), (cellY + .5) / 2 ** level());
    return {row, x: middleX + clamp(x - middleX, room), y: middleY + clamp(y - middleY, room)};
  });
}

function clamp(value, most) { return Math.max(-most, Math.min(most, value)); }

function sheetOf(row) {
  let low = 0, high = facts.sheets.length - 1;
  while (low < high) { const middle = (low + high + 1) >> 1; if (facts.sheets[middle][1] <= row) low = middle; else high = middle - 1; }
  return low;
}

// Sheets by how many pictures of the view they have; the most useful ones are loaded, the least recently used make room.
function layersOf(seen) {
  const uses = new Map();
  for (const one of seen) { one.sheet = sheetOf(one.row); uses.set(one.sheet, (uses.get(one.sheet) ?? 0) + 1); }
  const best = [...uses].sort((one, other) => other[1] - one[1]).slice(0, MOST_SHEETS).map(([sheet]) => sheet);
  sheetsInView = best.length;
  for (const sheet of best) {
    const known = cache.get(sheet);
    if (known) { cache.delete(sheet); cache.set(sheet, known); } else load(sheet);
  }
}

async function load(sheet) {
  const entry = {layer: -1, since: 0};
  cache.set(sheet, entry);
  try {
    const got = await fetch(at(`/map/files/sheet-${facts.sheets[sheet][0]}.jpg`));
    if (!got.ok) throw new Error(`${got.status}`);
    const bitmap = await createImageBitmap(await got.blob());
    const used = [...cache].filter(([, one]) => one.layer >= 0);
    if (used.length >= drawing.layers) { entry.layer = used[0][1].layer; cache.delete(used[0][0]); } else entry.layer = used.length;
    drawing.put(entry.layer, bitmap);
    bitmap.close();
    entry.since = performance.now();
  } catch (error) {
    say(`The pictures could not be loaded (${error.message}).`);
    setTimeout(() => cache.delete(sheet), 5000);
  }
  redraw();
}

function draw() {
  const ratio = Math.min(devicePixelRatio, 2), started = performance.now();
  for (const canvas of [base, over]) {
    if (canvas.width !== Math.round(width() * ratio) || canvas.height !== Math.round(height() * ratio)) {
      canvas.width = Math.round(width() * ratio);
      canvas.height = Math.round(height() * ratio);
    }
  }
  const seen = visible();
  layersOf(seen);
  let fading = false;
  state.tiles = seen.filter(one => {
    const entry = cache.get(one.sheet);
    if (!entry || entry.layer < 0) return false;
    const age = calm.matches ? 1 : Math.min(1, (started - entry.since) / 250);
    fading ||= age < 1;
    one.data = [one.x, one.y, one.row - facts.sheets[one.sheet][1], entry.layer,
      age * (state.lit && !drawing.lit[one.row] ? .13 : 1), tree.cluster[one.row]];
    return true;
  });
  state.tiles.sort((one, other) => one.data[4] - other.data[4]);
  const size = Math.max(1.6, Math.min(7, 2.2 * Math.sqrt(view.scale / fitting()) * Math.min(2, Math.sqrt(20000 / tree.count + .3))));
  drawing.draw(view, size, ratio, dark.matches ? 1 : 0, state.lit ? 1 : 0, Math.min(state.budget, tree.count), state.tiles.map(one => one.data));
  drawOver(ratio);
  if (fading) redraw();
}

// While one moves, a map that is slow to draw shows fewer dots: those that represent the largest areas.
function moved() {
  if (tree.count > 50000) {
    const now = performance.now();
    if (moved.last && now - moved.last < 500) {
      if (now - moved.last > 60) state.budget = Math.max(20000, state.budget >> 1);
      else if (now - moved.last < 20) state.budget = Math.min(tree.count, state.budget * 2);
    }
    moved.last = now;
    clearTimeout(idle);
    idle = setTimeout(() => { state.budget = tree.count; redraw(); }, 250);
  }
  limit();
  redraw();
}

function drawOver(ratio) {
  const style = getComputedStyle(document.documentElement), ink = style.getPropertyValue('--ink'), accent = style.getPropertyValue('--accent');
  const paper = style.getPropertyValue('--paper');
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width(), height());
  drawNames(ink, paper);
  for (const row of state.marked) ring(row, accent, 2.5, 4);
  if (state.chosen >= 0) ring(state.chosen, accent, 4, 8);
  if (state.keys && document.activeElement === over) state.hover = centre();
  if (state.hover >= 0) { ring(state.hover, ink, 2, 6); label(state.hover, ink, paper); }
  if (state.pin) drawPin(accent, paper);
}

function where(row) {
  const tile = state.tiles.find(one => one.row === row);
  return tile ? [tile.x, tile.y, TILE / 2] : [...toScreen(...tree.place(row)), 3];
}

function ring(row, color, thickness, gap) {
  const [x, y, half] = where(row);
  pen.strokeStyle = color;
  pen.lineWidth = thickness;
  pen.beginPath();
  if (half > 3) pen.roundRect(x - half - 2, y - half - 2, 2 * half + 4, 2 * half + 4, 9); else pen.arc(x, y, half + gap, 0, 7);
  pen.stroke();
}

function write(text, x, y, size, ink, paper) {
  pen.font = `${size}px system-ui, sans-serif`;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.lineJoin = 'round';
  pen.strokeStyle = paper;
  pen.lineWidth = 4;
  pen.strokeText(text, x, y);
  pen.fillStyle = ink;
  pen.fillText(text, x, y);
}

// Names of clusters, the largest first, where they fit.
function drawNames(ink, paper) {
  const taken = [];
  for (const one of facts.clusters) {
    let [x, y] = toScreen(one.x, one.y);
    const size = one.pictures * 40 > tree.count ? 16 : 13;
    const tile = state.tiles.find(other => Math.abs(other.x - x) < TILE / 2 && Math.abs(other.y - y) < TILE / 2);
    if (tile) [x, y] = [tile.x, tile.y + TILE / 2 + 9];
    pen.font = `${size}px system-ui, sans-serif`;
    const half = pen.measureText(one.name).width / 2 + 8;
    const box = [x - half, y - 14, x + half, y + 14];
    if (box[2] < 0 || box[0] > width() || box[3] < 0 || box[1] > height()) continue;
    if (taken.some(other => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) continue;
    taken.push(box);
    pen.fillStyle = paper;
    pen.globalAlpha = .82;
    pen.beginPath();
    pen.roundRect(x - half, y - 11, 2 * half, 22, 11);
    pen.fill();
    pen.globalAlpha = 1;
    pen.fillStyle = ink;
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.fillText(one.name, x, y + 1);
  }
}

const names = new Map();
function label(row, ink, paper) {
  const known = names.get(row);
  if (known === undefined) {
    names.set(row, '');
    setTimeout(async () => {
      if (state.hover !== row) { names.delete(row); return; }
      const got = await fetch(at(`/v1/map/rows/${row}`));
      if (got.ok) { names.set(row, (await got.json()).filename); redraw(); }
    }, 120);
  } else if (known) {
    const [x, y, half] = where(row);
    pen.font = '13px system-ui, sans-serif';
    const room = pen.measureText(known).width / 2 + 6;
    write(known, Math.max(room, Math.min(width() - room, x)), y + half + 16 < height() - 30 ? y + half + 16 : y - half - 14, 13, ink, paper);
  }
}

function drawPin(accent, paper) {
  const [x, y] = toScreen(...state.pin.place);
  pen.fillStyle = accent;
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(x - 10, y - 20);
  pen.lineTo(x + 10, y - 20);
  pen.fill();
  pen.fillStyle = paper;
  pen.fillRect(x - 50, y - 118, 100, 100);
  const {width: wide, height: high} = state.pin.bitmap, scale = 96 / Math.max(wide, high);
  pen.drawImage(state.pin.bitmap, x - wide * scale / 2, y - 68 - high * scale / 2, wide * scale, high * scale);
  pen.strokeStyle = accent;
  pen.lineWidth = 3;
  pen.strokeRect(x - 50, y - 118, 100, 100);
}

function pick(left, top) {
  const tile = state.tiles.findLast(one => Math.abs(one.x - left) <= TILE / 2 && Math.abs(one.y - top) <= TILE / 2 && !(state.lit && !drawing.lit[one.row]));
  if (tile) return tile.row;
  return tree.nearest(...toMap(left, top), 9 / view.scale);
}

// The picture nearest to the middle of the view.
function centre() {
  const by = one => Math.hypot(one.x - width() / 2, one.y - height() / 2);
  const tile = state.tiles.reduce((best, one) => !best || by(one) < by(best) ? one : best, null);
  return tile && by(tile) < 3 * CELL ? tile.row : tree.nearest(view.x, view.y, 200 / view.scale);
}

function zoom(factor, left = width() / 2, top = height() / 2) {
  const [x, y] = toMap(left, top);
  land();
  view.scale *= factor;
  limit();
  view.x = x - (left - width() / 2) / view.scale;
  view.y = y + (top - height() / 2) / view.scale;
  moved();
}

function isFlying() { return flying; }

function land() {
  flight++;
  flying = false;
}

function fly(x, y, scale) {
  const from = {...view}, own = ++flight, started = performance.now(), lasts = calm.matches ? 1 : 700;
  const step = now => {
    if (own !== flight) return;
    const t = Math.min(1, (now - started) / lasts), ease = t * t * (3 - 2 * t);
    view.scale = from.scale * (scale / from.scale) ** ease;
    const share = scale === from.scale ? ease : (1 / from.scale - 1 / view.scale) / (1 / from.scale - 1 / scale);
    view.x = from.x + (x - from.x) * share;
    view.y = from.y + (y - from.y) * share;
    moved();
    flying = t < 1;
    if (flying) requestAnimationFrame(step);
  };
  flying = true;
  requestAnimationFrame(step);
}

function home() { fly(.5, .5, fitting()); }

function flyTo(rows) {
  const places = rows.map(row => tree.place(row)), sides = [0, 1].map(axis => places.map(one => one[axis]));
  const middle = sides.map(some => (Math.min(...some) + Math.max(...some)) / 2);
  const extent = Math.max(...sides.map(some => Math.max(...some) - Math.min(...some)), 1 / 400);
  fly(...middle, Math.min(fitting() / extent * .7, fitting() * 24));
}

function highlight(rows) {
  state.lit = rows !== null;
  drawing.light(rows ?? []);
  redraw();
}

// Moves a picture out from under the panel.
function reveal(row) {
  const [x, y] = toScreen(...tree.place(row)), isPhone = width() <= 640;
  const across = isPhone ? 0 : Math.max(0, x - (width() - 400)), down = isPhone ? Math.max(0, y - height() * .42) : 0;
  if (across || down) fly(view.x + across / view.scale, view.y - down / view.scale, view.scale);
}

function choose(row, marked = []) {
  state.chosen = row;
  state.marked = marked;
  state.keys = state.keys && row < 0;
  redraw();
}

function pin(place, bitmap) { state.pin = place && {place, bitmap}; redraw(); }

const fingers = new Map();
let pressed = null;

over.addEventListener('pointerdown', event => {
  over.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
  pressed = fingers.size === 1 ? [event.clientX, event.clientY] : null;
  land();
  state.keys = false;
});

over.addEventListener('pointermove', event => {
  const before = fingers.get(event.pointerId);
  if (!before) { hover(event); return; }
  const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
  if (pressed && Math.hypot(event.clientX - pressed[0], event.clientY - pressed[1]) > 5) { pressed = null; over.classList.add('moving'); }
  if (pressed) return;
  const share = fingers.size;
  view.x -= (event.clientX - before[0]) / view.scale / share;
  view.y += (event.clientY - before[1]) / view.scale / share;
  if (others.length) {
    const [x, y] = others[0], now = Math.hypot(event.clientX - x, event.clientY - y), then = Math.hypot(before[0] - x, before[1] - y);
    zoom(now / (then || 1), (event.clientX + x) / 2, (event.clientY + y) / 2);
  }
  state.hover = -1;
  moved();
});

for (const kind of ['pointerup', 'pointercancel']) over.addEventListener(kind, event => {
  fingers.delete(event.pointerId);
  over.classList.remove('moving');
  if (kind === 'pointerup' && pressed) {
    const row = pick(event.clientX, event.clientY);
    if (row >= 0) panel.open(row); else panel.close();
  }
  pressed = null;
});

over.addEventListener('pointerleave', () => { state.hover = -1; redraw(); });
over.addEventListener('dblclick', event => zoom(2, event.clientX, event.clientY));
over.addEventListener('wheel', event => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY * (event.deltaMode ? .05 : .0018)), event.clientX, event.clientY);
}, {passive: false});

function hover(event) {
  const row = pick(event.clientX, event.clientY);
  over.classList.toggle('over', row >= 0);
  if (row !== state.hover) { state.hover = row; redraw(); }
}

const STEPS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};

function press(event) {
  const typing = event.target.matches('input'), onMap = event.target === over || event.target === document.body;
  if (document.querySelector('dialog[open]')) return;
  if (event.key === 'Escape') panel.escape();
  else if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
  else if (STEPS[event.key] && onMap) {
    const [x, y] = STEPS[event.key], far = (event.shiftKey ? 300 : 60) / view.scale;
    view.x += x * far;
    view.y += y * far;
    state.keys = true;
    over.focus();
    land();
    moved();
  } else if (event.key === '+' || event.key === '=') zoom(1.5);
  else if (event.key === '-' || event.key === '_') zoom(1 / 1.5);
  else if (event.key === '0' || event.key === 'Home') home();
  else if (event.key === '/') document.getElementById('text').focus();
  else if (event.key === '?') document.getElementById('keys').showModal();
  else if (event.key === 'Enter' && onMap) { const row = centre(); if (row >= 0) panel.open(row); }
  else return;
  event.preventDefault();
}

addEventListener('keydown', press);
over.addEventListener('focus', () => { if (over.matches(':focus-visible')) state.keys = true; redraw(); });
over.addEventListener('blur', () => { state.hover = -1; redraw(); });
addEventListener('resize', () => { limit(); redraw(); });
dark.addEventListener?.('change', redraw);

drawing = new Drawing(base, tree, facts.tiles_a_side, facts.tile_px, facts.sheets.length);
const panel = new Panel({facts, tree, sheetOf, choose, fly, isFlying, reveal, flyTo, highlight, home, pin, redraw, say, zoom});
view.scale = fitting();
redraw();
// For tests and the browser's console.
globalThis.imagerecMap = {view, state, tree, toScreen, pick, loading: () => [...cache.values()].some(one => one.layer < 0), sheets: () => sheetsInView, ready: true};
