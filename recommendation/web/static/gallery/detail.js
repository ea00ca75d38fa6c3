// One picture, large, with all that is known of it. Its address is the page's with `#` and its id, so Back closes it.
import {button, bytes, config, element, icon, iconButton, percent, root} from '../shell/dom.js';
import {Problem, large, request, thumbnail} from '../shell/api.js';
import {copyText} from '../shell/toast.js';
import {altOf, hasOrigin, isWebAddress, nameOfPicture} from './describe.js';
import {opinionOf, toggleOpinion} from './opinions.js';

const LEAST_SHOWN = .01; // a category's probability
const THUMBNAIL_PX = 256;
const LEAST_SWIPE_PX = 50;
const ID = /^#([0-9a-f]{32})$/;
let isStarted = false, dialog = null, shown = null, opener = null, neighbour = (id, step) => cardBeside(id, step);
export const setNeighbours = find => { neighbour = find; };
// Browse, sorted by similarity to a picture; from Browse with its filters.
function similarAddress(id) {
  const given = new URLSearchParams(location.pathname === `${root}/browse` ? location.search : '');
  given.set('sort', `similar:${id}`);
  return `${root}/browse?${given}`;
}
export const searchAddress = (...ids) => `${root}/?${ids.map(id => `id=${id}`).join('&')}`;

function cardBeside(id, step) {
  const cards = [...document.querySelectorAll('main .card')];
  return cards[cards.findIndex(card => card.dataset.id === id) + step]?.item;
}

export function openDetail(item, card = null) {
  opener = card?.querySelector('.pic') ?? document.activeElement;
  history.pushState({...history.state, detail: true}, '', `#${item.image_id}`);
  show(item);
}

export function startDetail() {
  if (isStarted) return;
  isStarted = true;
  const follow = () => {
    const id = ID.exec(location.hash)?.[1];
    if (!id) dialog?.close();
    else if (id !== shown?.image_id) show({image_id: id, filename: ''});
  };
  addEventListener('popstate', follow);
  follow();
}

function show(item) {
  shown = item;
  if (!dialog) {
    dialog = element('dialog', {class: 'detail', 'aria-label': 'Picture'});
    dialog.addEventListener('close', closed);
    dialog.addEventListener('keydown', onKey);
    followSwipes(dialog);
    document.body.append(dialog);
    dialog.showModal();
  }
  const facts = element('div', {class: 'facts', tabindex: -1});
  dialog.querySelector('.detail-body')?.remove();
  dialog.prepend(element('div', {class: 'detail-body'}, stageOf(item), facts));
  fill(facts, item);
  facts.focus({preventScroll: true});
}

function closed() {
  dialog.remove();
  dialog = shown = null;
  if (ID.test(location.hash)) { if (history.state?.detail) history.back(); else history.replaceState(null, '', location.pathname + location.search); }
  if (opener?.isConnected) opener.focus({preventScroll: true});
}

function go(step) {
  const next = shown && neighbour(shown.image_id, step);
  if (!next) return;
  history.replaceState(history.state, '', `#${next.image_id}`);
  show(next);
}

// A finger that moves over the picture to the side goes to the next or to the one before.
function followSwipes(place) {
  let start = null;
  place.addEventListener('touchstart', ({touches, target}) => { start = touches.length === 1 && target.closest('.stage') ? touches[0] : null; }, {passive: true});
  place.addEventListener('touchend', ({changedTouches: [end]}) => {
    const right = start ? end.clientX - start.clientX : 0;
    if (Math.abs(right) > LEAST_SWIPE_PX && Math.abs(right) > 2 * Math.abs(end.clientY - start.clientY)) go(right < 0 ? 1 : -1);
    start = null;
  });
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input')) return;
  const does = {ArrowLeft: () => go(-1), ArrowRight: () => go(1), l: () => toggleOpinion(shown.image_id, 1), d: () => toggleOpinion(shown.image_id, -1),
    f: () => { location.href = searchAddress(shown.image_id); }, t: () => dialog.querySelector('.tag-form input')?.focus()};
  const work = does[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (work) { event.preventDefault(); event.stopPropagation(); work(); }
}

function stageOf(item) {
  const size = item.width_px ? {width: item.width_px, height: item.height_px, '--w': item.width_px} : {hidden: true};
  const turn = (step, name, symbol, kind) => element('button', {type: 'button', class: `button square turn ${kind}`, title: name, 'aria-label': name, onclick: () => go(step), hidden: !neighbour(item.image_id, step)}, icon(symbol));
  return element('div', {class: 'stage'}, element('img', {src: thumbnail(item.image_id, THUMBNAIL_PX), alt: altOf(item), ...size}), turn(-1, 'Previous picture (←)', 'left', 'before'), turn(1, 'Next picture (→)', 'right', 'after'));
}

// The thumbnail stays until the large picture is there.
async function enlarge(image, id) {
  const made = new Image();
  made.src = large(id);
  await made.decode().then(() => { image.src = large(id); }, () => {});
}

async function fill(facts, item) {
  facts.replaceChildren(headOf(item), element('p', {class: 'muted', text: 'Loading …'}));
  try {
    const [details, tags] = await Promise.all([request(`/v1/images/${item.image_id}/details`), import('./tagging.js').then(({tagEditor}) => tagEditor(item.image_id))]);
    if (shown !== item) return;
    Object.assign(item, {...details, score: item.score, scores: item.scores});
    const image = dialog.querySelector('.stage img');
    Object.assign(image, {width: details.width_px, height: details.height_px, alt: altOf(details), hidden: false});
    image.style.setProperty('--w', details.width_px);
    if (Math.min(details.width_px, details.height_px) > THUMBNAIL_PX) enlarge(image, item.image_id);
    facts.replaceChildren(headOf(details), actionsOf(details), paletteOf(details), ...factsOf(details, tags));
    facts.append(...await others(details));
  } catch (error) {
    if (error.name === 'AbortError' || shown !== item) return;
    if (!(error instanceof Problem)) throw error;
    facts.replaceChildren(headOf(item), element('p', {class: 'notice warn', text: error.message}));
  }
}

function headOf(item) {
  const name = nameOfPicture(item);
  return element('header', {}, element('h2', {}, element('bdi', {text: name || 'Picture'})), iconButton('Close (Esc)', 'close', () => dialog.close()));
}

const linkTo = (label, symbol, href, title) => element('a', {class: 'button', title, href}, icon(symbol), label);

function actionsOf(details) {
  const opinion = value => {
    const made = iconButton(value > 0 ? 'Like (L)' : 'Dislike (D)', value > 0 ? 'heart' : 'down', () => toggleOpinion(details.image_id, value), {class: `button square ${value > 0 ? 'heart' : ''}`});
    const mark = () => made.setAttribute('aria-pressed', opinionOf(details.image_id) === value);
    addEventListener('opinions', () => made.isConnected && mark());
    mark();
    return made;
  };
  return element('div', {class: 'row tight'}, element('a', {class: 'button primary', href: searchAddress(details.image_id), text: 'Find similar'}),
    config.read_only ? null : [opinion(1), opinion(-1)], linkTo('Sort by similarity', 'browse', similarAddress(details.image_id), 'All pictures, the most similar to this one first'), linkTo('On the map', 'map', `${root}/map?show=${details.image_id}`, 'Its place among all pictures'));
}

function paletteOf(details) {
  return element('div', {}, element('h3', {text: 'Palette'}), element('div', {class: 'palette'}, details.palette.map(color => {
    const css = `rgb(${color.rgb.join(' ')})`, name = `${color.name}, ${percent(color.share)}`;
    return element('a', {href: `${root}/browse?where=${encodeURIComponent(`color_names=${color.name}`)}`, title: name, 'aria-label': `Pictures with ${name}`, '--share': color.share, '--color': css, class: 'hue'});
  })));
}

const where = (column, value) => `${root}/browse?where=${encodeURIComponent(`${column}=${value}`)}`;
const section = (title, ...content) => element('div', {}, element('h3', {text: title}), ...content);
const pairs = list => element('dl', {class: 'pairs'}, list.filter(([, value]) => value).map(([name, value]) => [element('dt', {text: name}), element('dd', {}, element('bdi', {}, value))]));

function factsOf(details, tags) {
  const exif = details.exif, seen = details.categories.filter(one => one.probability >= LEAST_SHOWN).slice(0, 5);
  const camera = [cameraName(exif), exif.lens, exposure(exif)].filter(Boolean);
  return [
    section('Tags', tags),
    seen.length ? section('What the network sees', element('div', {class: 'tags'}, seen.map(one => element('a', {class: 'tag', href: where('category', one.category), title: percent(one.probability), text: `${one.category} ${percent(one.probability)}`})))) : null,
    section('Picture', pairs([['Size', `${details.width_px} × ${details.height_px} px, ${details.orientation}`], ['File', `${details.format}, ${bytes(details.size_bytes)}`], ['Brightness', details.brightness === null ? '' : `${Math.round(details.brightness)} of 100`],
      ['Taken', exif.date_taken?.replace('T', ' ')], ['Camera', camera.join(', ')], ['Rating', details.rating > 0 ? `${details.rating} of 5` : '']])),
    section('Origin', pairs([['Licence', outside(details.license, details.license_url)], ['Author', outside(details.author, details.author_url)], ['Source', isWebAddress(details.source_url) ? outside(new URL(details.source_url).hostname, details.source_url) : details.source], ['Credit', details.attribution],
      [details.locations.length > 1 ? 'Places' : 'Place', element('span', {}, details.locations.slice(0, 10).map(one => element('div', {text: one.location})))]]),
      hasOrigin(details) ? element('p', {class: 'row'}, button('Copy attribution', () => copyText(details.attribution, 'Attribution copied'), {symbol: 'document', kind: 'small'})) : ''),
  ].filter(Boolean);
}

const outside = (text, url) => text && isWebAddress(url) ? element('a', {href: url, rel: 'noreferrer noopener', target: '_blank', text}) : text;

// Most models name their maker: “Canon EOS 5D”, “NIKON D90” of “NIKON CORPORATION”.
function cameraName({camera_make: make, camera_model: model}) {
  return model?.toLowerCase().startsWith(make?.split(' ')[0].toLowerCase()) ? model : [make, model].filter(Boolean).join(' ');
}

function exposure({exposure_s: time, aperture_f: aperture, iso, focal_length_mm: focal}) {
  const shutter = time ? time < .5 ? `1/${Math.round(1 / time)} s` : `${time} s` : '';
  return [shutter, aperture && `f/${aperture}`, iso && `ISO ${iso}`, focal && `${Math.round(focal)} mm`].filter(Boolean).join(', ');
}

async function others(details) {
  const form = new FormData();
  for (const [key, value] of [['id', details.image_id], ['measure', 'default'], ['top_k', 12], ['no_copies', 'yes']]) form.append(key, value);
  const {results} = await request('/v1/query', {method: 'POST', body: form});
  const link = item => element('a', {href: `#${item.image_id}`, title: nameOfPicture(item), onclick: event => { event.preventDefault(); history.replaceState(history.state, '', `#${item.image_id}`); show(item); }},
    element('img', {src: thumbnail(item.image_id, 128), alt: altOf(item), width: 96, height: 96, loading: 'lazy'}));
  return [details.copies.length ? section('Copies and near-copies', element('div', {class: 'strip'}, details.copies.map(link))) : null,
    section('Similar pictures', element('div', {class: 'strip'}, results.default.map(link)))].filter(Boolean);
}
