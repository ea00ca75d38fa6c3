// Elements of the page. Text becomes part of it as text, never as HTML.
const page = document.documentElement.dataset;
export const root = page.root;
export const config = JSON.parse(document.getElementById('config').textContent);

// Properties are attributes, but for listeners (onclick), `text`, and custom properties of CSS (--r).
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || (value === false && !/^(aria|data)-/.test(key))) continue;
    if (key === 'text') made.textContent = value;
    else if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (key.startsWith('--')) made.style.setProperty(key, value);
    else made.setAttribute(key, value === true && !/^(aria|data)-/.test(key) ? '' : value);
  }
  made.append(...children.flat(2).filter(child => child !== null && child !== undefined && child !== false));
  return made;
}

const SVG = 'http://www.w3.org/2000/svg';
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  const use = document.createElementNS(SVG, 'use');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `${page.static}/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

export function button(label, onclick, {symbol, kind = '', ...properties} = {}) {
  return element('button', {type: 'button', class: `button ${kind}`, onclick, ...properties}, symbol && icon(symbol), label && element('span', {text: label}));
}

export function iconButton(label, symbol, onclick, properties = {}) {
  return element('button', {type: 'button', class: 'button plain square', title: label, 'aria-label': label, onclick, ...properties}, icon(symbol));
}

export function empty(symbol, title, text, ...actions) {
  return element('div', {class: 'empty'}, icon(symbol), element('h2', {text: title}), text && element('p', {text}), actions.length ? element('p', {class: 'row'}, actions) : null);
}

// The name of a control, by which it is found again when its surroundings are drawn anew; that of a picture's control is one of many.
const nameOfControl = one => one.dataset.key ?? (one.id || one.getAttribute('aria-label') || one.textContent);
const pictureOf = one => one.closest('.card')?.dataset.id;
const controlsOf = place => [...place.querySelectorAll('a[href], button, input, select, textarea, summary')].filter(one => !one.disabled && one.checkVisibility());

// Draws a place anew. The keyboard stays with the control of the same name and picture, else with one of that name, else with what is in its place now: after an answer, with the first answer.
export function redraw(place, ...content) {
  const focused = place.contains(document.activeElement) && document.activeElement.matches(':focus-visible') ? document.activeElement : null;
  if (!focused) { place.replaceChildren(...content); return; }
  const name = nameOfControl(focused), picture = pictureOf(focused), before = controlsOf(place), isNamed = one => nameOfControl(one) === name;
  const at = before.indexOf(focused), among = before.filter(isNamed).indexOf(focused);
  place.replaceChildren(...content);
  const controls = controlsOf(place), named = controls.filter(isNamed);
  (named.find(one => pictureOf(one) === picture) ?? named[Math.min(among, named.length - 1)] ?? (picture && place.querySelector('.card .pic')) ?? controls[Math.min(at, controls.length - 1)])?.focus({preventScroll: true});
}

// The place where a list is scrolled to is kept with its entry of the history, so that Back, Forward and reloading find it again.
export function keepPlaces(placeNow) {
  history.scrollRestoration = 'manual';
  addEventListener('pagehide', () => keepPlace(placeNow()));
  addEventListener('scroll', debounced(() => keepPlace(placeNow()), 300), {passive: true}); // reloading forgets what pagehide keeps
}
export const keepPlace = place => history.replaceState({...history.state, place}, '');
export const keptPlace = () => history.state?.place ?? 0;

export const plural = (count, one, many = `${one}s`) => `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
// A name inside a sentence: one that is written from right to left keeps the words around it in their order.
export const isolated = name => /[\u0590-\u08ff]/.test(name) ? `\u2068${name}\u2069` : name;
export const percent = share => `${Math.round(share * 100)} %`;
export const bytes = size => size < 0 ? 'unknown' : size < 1e6 ? `${Math.max(1, Math.round(size / 1e3))} kB` : `${(size / 1e6).toFixed(1)} MB`;
export const isTyping = target => target.matches?.('input:not([type=checkbox]):not([type=radio]):not([type=range]), textarea, select, [contenteditable]');
export const debounced = (work, wait) => {
  let timer;
  return (...given) => { clearTimeout(timer); timer = setTimeout(work, wait, ...given); };
};
const MEASURE_NAMES = {default: 'Best match', embedding: 'Content', color: 'Colour', structure: 'Layout', hash: 'Copies'};
export const nameOf = measure => MEASURE_NAMES[measure] ?? measure;
