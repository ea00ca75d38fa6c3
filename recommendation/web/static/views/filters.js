// Filters: the values that pictures have, with how many of them, and conditions as texts such as `orientation=portrait`.
import {button, config, debounced, element, redraw} from '../shell/dom.js';
import {request} from '../shell/api.js';

const TITLES = {license: 'Licence', orientation: 'Orientation', size_category: 'Size', color_names: 'Colour', tags: 'Tags', category: 'Category', year: 'Year', brightness: 'Brightness',
  camera_make: 'Camera make', camera_model: 'Camera', source: 'Source', format: 'Format'};
const FIRST = 8, SWATCHES = 36, MOST = 200;
// A picture may have several tags and colours, and filters ask for all that are chosen. It has one of everything else, so another value takes the place of the first.
const SEVERAL = new Set(['tags', 'color_names']);
const OPEN = new Set(['orientation', 'color_names', 'tags']);
const COLUMN = /^(\w+)(!=|<=|>=|=|<|>|~)(.*)$/s;

// Colours keep their places, whatever is counted.
const HUES = new Map(config.colors), PLACES = new Map(config.colors.map(([name], place) => [name, place]));
const inOrder = values => values.sort((one, other) => PLACES.get(one.value) - PLACES.get(other.value));
const short = count => count < 1000 ? count : `${Math.round(count / 1000)}k`;

const SAID = {'=': ': ', '!=': ': not ', '~': ' contains ', '>=': ' from ', '<=': ' up to ', '>': ' above ', '<': ' below '};
const columnOf = condition => COLUMN.exec(condition)?.[1];
export const labelOf = condition => {
  const [, column, operator, value] = COLUMN.exec(condition) ?? [null, condition, '', ''];
  return `${TITLES[column] ?? column.replaceAll('_', ' ')}${SAID[operator] ?? ''}${value}`;
};

// All filters and options of a page, open beside the pictures on wide screens; on narrow ones a button closes it, which says what is shown then.
export function sidePanel(label, ...content) {
  const done = button('', () => { box.open = false; box.scrollIntoView({block: 'nearest'}); }, {kind: 'primary done'});
  const box = element('details', {class: 'whole', open: matchMedia('(min-width: 62.01rem)').matches}, element('summary', {text: label}), content, done);
  return {element: box, say: text => { done.textContent = text; }};
}

// get: gives the conditions of today; set: called with other ones; shown: called when the filters are there, with how many pictures meet them.
export function filterPanel(get, set, shown) {
  const lists = element('div', {}), opened = new Set(OPEN), grown = new Set();
  const toggle = conditions => {
    const now = get(), has = conditions.every(one => now.includes(one));
    const columns = new Set(conditions.map(columnOf));
    const others = now.filter(one => SEVERAL.has(columnOf(one)) || !columns.has(columnOf(one)));
    set(has ? now.filter(one => !conditions.includes(one)) : [...others, ...conditions]);
  };
  let controller = null;
  const show = async () => {
    controller?.abort();
    controller = new AbortController();
    const {signal} = controller, now = get(), taken = [...new Set(now.map(columnOf))].filter(column => column in TITLES && !SEVERAL.has(column));
    const ask = where => request(`/v1/facets?${new URLSearchParams([...where.map(one => ['where', one]), ['top', grown.size ? MOST : 60]])}`, {signal});
    try {
      const [{facets, matching}, ...others] = await Promise.all([ask(now), ...taken.map(column => ask(now.filter(one => columnOf(one) !== column)))]);
      taken.forEach((column, place) => { facets[column] = others[place].facets[column]; }); // what one could choose instead
      redraw(lists, ...Object.keys(TITLES).filter(name => facets[name]?.values.length).map(name => facetOf(name, facets[name])).filter(Boolean));
      shown(matching);
    } catch (error) {
      if (error.name === 'AbortError') return;
      lists.replaceChildren(element('p', {class: 'small muted', text: error.message}));
      shown(null);
    }
  };

  function facetOf(name, facet) {
    const chosen = facet.values.filter(one => one.where.every(condition => get().includes(condition)));
    const values = facet.values.filter(one => one.count > 0 || chosen.includes(one));
    if (values.length < 2 && !chosen.length) return null;
    const box = element('details', {open: opened.has(name) || chosen.length > 0, ontoggle: event => opened[event.target.open ? 'add' : 'delete'](name)}, element('summary', {text: TITLES[name]}));
    if (name === 'color_names') { box.append(swatches(inOrder(values.filter((one, place) => place < SWATCHES || chosen.includes(one))))); return box; }
    const shown = grown.has(name) ? values : values.filter((one, place) => place < FIRST || chosen.includes(one));
    box.append(element('div', {class: 'facet'}, shown.map(one => checkbox(one)),
      values.length > shown.length ? button(`${values.length - shown.length + facet.more} more`, () => { grown.add(name); show(); }, {kind: 'plain small'}) : null));
    return box;
  }

  const checkbox = one => element('label', {}, element('input', {type: 'checkbox', 'data-key': one.where, checked: one.where.every(condition => get().includes(condition)), onchange: () => toggle(one.where)}), element('span', {dir: 'auto', title: one.value, text: one.value}), element('span', {class: 'count', text: one.count.toLocaleString('en')}));
  const swatches = values => element('div', {class: 'swatches'}, values.map(one => element('button', {type: 'button', 'data-key': one.where, title: `${one.value}: ${one.count.toLocaleString('en')}`, 'aria-label': `${one.value}, ${one.count} pictures`, 'aria-pressed': one.where.every(condition => get().includes(condition)), onclick: () => toggle(one.where)}, element('span', {class: 'hue', '--color': HUES.get(one.value) ?? 'gray'}), element('span', {class: 'count', text: short(one.count)}))));
  return {element: lists, show, showSoon: debounced(show, 150)};
}

export function activeFilters(where, set) {
  if (!where.length) return null;
  return element('div', {class: 'active'}, where.map(one => element('span', {class: 'tag own'}, element('bdi', {text: labelOf(one)}),
    element('button', {type: 'button', 'aria-label': `Remove the filter ${labelOf(one)}`, onclick: () => set(where.filter(other => other !== one))}, '×'))),
    where.length > 1 ? button('Reset', () => set([]), {kind: 'plain'}) : null);
}
