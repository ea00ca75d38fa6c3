// Browse: the whole collection, or what filters leave of it, in one list that can be as long as it likes.
import {button, config, element, empty, keepPlace, keepPlaces, keptPlace, plural, root} from '../shell/dom.js';
import {onceBack, Problem, request, thumbnail} from '../shell/api.js';
import {shortcut} from '../shell/keys.js';
import {startPage} from '../shell/page.js';
import {openDetail, setNeighbours, startDetail} from '../gallery/detail.js';
import {currentCard, startGallery} from '../gallery/gallery.js';
import {makeScrubber} from '../gallery/scrubber.js';
import {addAction} from '../gallery/selection.js';
import {SECTION, VirtualList} from '../gallery/virtual.js';
import {activeFilters, filterPanel, sidePanel} from './filters.js';

const SORTS = {'-date': 'Newest first', date: 'Oldest first', color: 'By colour', '-brightness': 'Brightest first', brightness: 'Darkest first', filename: 'By name', id: 'Mixed'};
const SIZES = {small: 88, medium: 150, large: 240};
const SIMILAR = /^similar:([0-9a-f]{32})$/;
const DEFAULTS = {sort: '-date', size: 'medium'};
const places = Object.fromEntries(['count', 'controls', 'side', 'pictures'].map(id => [id, document.getElementById(id)]));
const box = element('div', {class: 'sections'}), active = element('div', {});

function readState() {
  const given = new URLSearchParams(location.search);
  return {where: given.getAll('where').filter(Boolean), sort: given.get('sort') in SORTS || SIMILAR.test(given.get('sort')) ? given.get('sort') : DEFAULTS.sort, size: given.get('size') in SIZES ? given.get('size') : DEFAULTS.size};
}
let state = readState();

function addressOf({where, sort, size}) {
  const made = new URLSearchParams(where.map(one => ['where', one]));
  if (sort !== DEFAULTS.sort) made.set('sort', sort);
  if (size !== DEFAULTS.size) made.set('size', size);
  return location.pathname + (made.size ? `?${made}` : '');
}

function change(next, replace = false) {
  if (!replace) keepPlace(list.position());
  state = {...state, ...next};
  history[replace ? 'replaceState' : 'pushState'](null, '', addressOf(state));
  show();
}

const ask = section => request(`/v1/images?${new URLSearchParams([...state.where.map(one => ['where', one]), ['sort', state.sort], ['offset', section * SECTION], ['limit', SECTION]])}`);
const list = new VirtualList(box, {
  load: async section => {
    try {
      return (await ask(section)).images;
    } catch (error) {
      if (error.isOffline) onceBack(() => list.plan());
      return new Promise((_, reject) => reject(error));
    }
  },
  href: item => `#${item.image_id}`,
  rowHeight: width => width < 600 ? SIZES[state.size] * .62 : SIZES[state.size],
  moved: () => scrubber.show(),
});
const yearAt = share => {
  const items = list.items.get(Math.floor(share * list.total / SECTION));
  return state.sort.endsWith('date') && items ? items[Math.min(items.length - 1, Math.floor(share * list.total % SECTION))]?.date_taken?.slice(0, 7) : '';
};
const scrubber = makeScrubber({get: () => list.total ? list.position() / list.total : 0, set: share => list.goTo(Math.min(list.total - 1, Math.floor(share * list.total))), keys: true,
  label: share => yearAt(share) || `${Math.min(list.total, Math.floor(share * list.total) + 1).toLocaleString('en')} of ${list.total.toLocaleString('en')}`});

async function show(place = 0) {
  controls();
  filters.showSoon();
  active.replaceChildren(similarTo(SIMILAR.exec(state.sort)?.[1]), activeFilters(state.where, where => change({where})) ?? '');
  try {
    const found = await ask(0);
    places.count.textContent = plural(found.total, 'picture');
    scrubber.element.hidden = found.total < SECTION;
    document.body.querySelector('.empty')?.remove();
    if (!found.total) places.pictures.append(empty('browse', 'No picture meets all filters', '', button('Remove the filters', () => change({where: []}), {kind: 'primary'})));
    list.reset(found.total, found.images);
    if (place) list.goTo(place);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.isOffline) onceBack(() => show(place));
    document.body.querySelector('.empty')?.remove();
    list.reset(0);
    places.pictures.append(empty('status', 'The collection cannot be listed', error.message, error.isOffline ? '' : button('Show all pictures', () => change({where: [], sort: DEFAULTS.sort}))));
  }
}

// The picture that all are compared with, where that is the order.
const similarTo = id => id ? element('div', {class: 'active'}, element('span', {class: 'tag own'}, element('img', {src: thumbnail(id, 96), alt: 'The picture that others are compared with', width: 24, height: 24}), 'The most similar to this one first',
  element('button', {type: 'button', 'aria-label': 'Sort by date again', onclick: () => change({sort: DEFAULTS.sort})}, '×'))) : '';

function controls() {
  const sort = element('select', {class: 'field', 'aria-label': 'Order', onchange: event => change({sort: event.target.value})}, Object.entries(state.sort in SORTS ? SORTS : {...SORTS, [state.sort]: 'By similarity'}).map(([value, name]) => element('option', {value, text: name, selected: value === state.sort})));
  const sizes = element('div', {class: 'segments hide-small', role: 'group', 'aria-label': 'Size of the pictures'}, Object.keys(SIZES).map(size => element('button', {type: 'button', 'aria-pressed': size === state.size, onclick: () => change({size}, true), text: size[0].toUpperCase() + size.slice(1)})));
  const focused = document.activeElement === places.controls.querySelector('select');
  places.controls.replaceChildren(sizes, element('div', {}, sort));
  if (focused) sort.focus();
}

const filters = filterPanel(() => state.where, where => { change({where}); scrollTo(0, 0); }, matching => panel.say(matching === null ? 'Close' : `Show ${plural(matching, 'picture')}`));
const panel = sidePanel('Filters', filters.element);
places.side.append(panel.element);
places.pictures.append(active, box, scrubber.element);
startPage();
startGallery({open: openDetail});
addAction('Search with these', 'search', ids => { location.href = `${root}/?${ids.slice(0, config.max_pictures).map(id => `id=${id}`).join('&')}`; });
shortcut(['s', 'S'], 'Sort by similarity to the picture', () => {
  const card = document.querySelector('dialog[open]') ? null : currentCard();
  if (!card) return false;
  change({sort: `similar:${card.dataset.id}`});
  scrollTo(0, 0);
}, 'S');
setNeighbours((id, step) => list.beside(id, step));
startDetail();
addEventListener('popstate', () => { const next = readState(); if (addressOf(next) !== addressOf(state)) { state = next; show(keptPlace()); } });
keepPlaces(() => list.position());
show(keptPlace());
