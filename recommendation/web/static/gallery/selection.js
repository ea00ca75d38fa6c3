// Selected pictures, across galleries of a page, and the bar of what can be done with them.
import {button, config, element, iconButton, plural} from '../shell/dom.js';

const chosen = new Map();
const actions = [];
let bar = null, last = null;

export const isSelected = id => chosen.has(id);
export const selectedIds = () => [...chosen.keys()];
export const addAction = (label, symbol, work, {writes = false} = {}) => actions.push({label, symbol, work, writes});

export function toggleSelected(card, withRange = false) {
  const cards = [...document.querySelectorAll('.card[data-id]')];
  const from = cards.indexOf(last), to = cards.indexOf(card);
  const range = withRange && from >= 0 && to >= 0 ? cards.slice(Math.min(from, to), Math.max(from, to) + 1) : [card];
  const add = !chosen.has(card.dataset.id);
  for (const one of range) if (add) chosen.set(one.dataset.id, one.item); else chosen.delete(one.dataset.id);
  last = card;
  show();
}

export function clearSelection() {
  if (!chosen.size) return false;
  chosen.clear();
  show();
  return true;
}

function show() {
  document.body.classList.toggle('selecting', chosen.size > 0);
  bar?.remove();
  bar = null;
  if (chosen.size) {
    const offered = actions.filter(one => !(one.writes && config.read_only));
    bar = element('div', {class: 'selection', role: 'toolbar', 'aria-label': 'Selected pictures'}, element('strong', {class: 'number', text: plural(chosen.size, 'picture')}),
      offered.map(one => button(one.label, () => one.work(selectedIds()), {symbol: one.symbol, kind: 'plain'})), iconButton('Clear the selection', 'close', clearSelection));
    document.body.append(bar);
  }
  document.documentElement.style.setProperty('--selection', bar ? `${bar.offsetHeight + 8}px` : '0px'); // notes stand above it
  dispatchEvent(new Event('selection'));
}
