// Search: pictures and words in, answers as a justified grid. The address is the state, so Back is the previous query.
import {button, config, element, empty, isTyping, keepPlace, keepPlaces, keptPlace, nameOf, redraw, root} from '../shell/dom.js';
import {onceBack, Problem, request} from '../shell/api.js';
import {shortcut} from '../shell/keys.js';
import {startPage} from '../shell/page.js';
import {toast} from '../shell/toast.js';
import {countText, makeCard} from '../gallery/card.js';
import {isWebAddress} from '../gallery/describe.js';
import {startGallery} from '../gallery/gallery.js';
import {addAction} from '../gallery/selection.js';
import {ask, MissingUpload} from './ask.js';
import {activeFilters, filterPanel, sidePanel} from './filters.js';
import {optionsPanel} from './options.js';
import {dropZone, queryBar} from './querybar.js';
import {addressOf, emptyState, isEmpty, likedOf, MOST_PICTURES, readState} from './state.js';
import {FILE_LIMIT, fromShared, keepFile} from './uploads.js';

const places = Object.fromEntries(['query', 'start', 'columns', 'side', 'answers', 'files'].map(id => [id, document.getElementById(id)]));
const GONE = /image_id of a picture in the index, got '([0-9a-f]{32})'/;
let state = readState(), controller = null;
const names = new Map();

// Shows another state; its address is a new entry of the history, or replaces that of a slider or a text that still changes.
function change(next, replace = false, {keepQuery = replace} = {}) {
  state = next ?? emptyState();
  const address = addressOf(state);
  if (!replace) keepPlace(scrollY);
  history[replace || address === location.pathname + location.search ? 'replaceState' : 'pushState'](null, '', address);
  show({keepQuery});
}

async function show({keepQuery = false, place = null} = {}) {
  state.pictures.forEach(one => { one.name ||= names.get(one.id ?? one.upload) ?? ''; });
  document.title = `${likedOf(state).map(one => one.name).filter(Boolean).join(' + ') || state.text || 'Search'} · ${config.title}`;
  if (!keepQuery) showQuery();
  const nothing = isEmpty(state);
  places.columns.hidden = nothing;
  places.start.hidden = !nothing;
  controller?.abort();
  if (nothing) { showStart(); return; }
  options.show();
  filters.showSoon();
  await showAnswers();
  if (place !== null) scrollTo(0, place);
}

function showQuery() {
  const choose = () => places.files.click();
  const setText = (text, typed) => {
    if (!isWebAddress(text)) change({...state, text}, typed && !!state.text && !!text, {keepQuery: typed && !isEmpty({...state, text})});
    else if (!typed) addAddress(text);
  };
  redraw(places.query, isEmpty(state) && !state.pictures.length ? dropZone(choose, setText) : queryBar(state, {choose, get: () => state, change, setText}));
}

async function showAnswers() {
  controller = new AbortController();
  const {signal} = controller;
  if (!places.answers.children.length) places.answers.replaceChildren(ghosts());
  places.answers.classList.add('waiting');
  places.answers.setAttribute('aria-busy', 'true');
  try {
    const answer = await ask(state, signal);
    answer.queries.forEach(one => names.set(one.image_id, one.filename));
    likedOf(state).forEach(one => { one.name ||= names.get(one.id) ?? ''; });
    render(answer);
  } catch (error) {
    if (error.name === 'AbortError') return;
    fail(error);
  }
  places.answers.classList.remove('waiting');
  places.answers.setAttribute('aria-busy', 'false');
}

function render(answer) {
  const groups = Object.entries(answer.results), first = groups[0]?.[1] ?? [];
  const total = new Set(groups.flatMap(([, items]) => items.map(one => one.image_id))).size;
  redraw(places.answers, toolbar(countText(total, answer.seconds)), unknownWords(answer.words ?? {}) ?? '', activeFilters(state.where, where => change({...state, where})) ?? '',
    total === 0 ? nothingFound() : groups.length > 1 ? byMeasure(groups) : grid(first));
}

function unknownWords(words) {
  const unknown = Object.keys(words).filter(word => words[word] === 0);
  return unknown.length ? element('p', {class: 'notice', text: `No picture has ${unknown.map(word => `“${word}”`).join(' or ')}.`}) : null;
}

function nothingFound() {
  return empty('search', 'No picture fits', state.where.length ? 'Not one picture meets all filters.' : state.text ? 'Words are looked for in tags, titles, file names and what the network sees.' : 'Nothing in the collection is like this.', state.where.length ? button('Remove the filters', () => change({...state, where: []}), {kind: 'primary'}) : '');
}

const hrefOf = item => addressOf({...state, text: '', pictures: [{id: item.image_id, like: true, crop: '', name: ''}]});
const grid = (items, small = false) => element('ul', {class: `grid ${small ? 'small' : ''}`}, items.map((item, place) => makeCard(item, {href: hrefOf(item), label: 'Find pictures like', height: small ? 112 : 208, eager: place < 12, caption: !small})));
const byMeasure = groups => element('div', {class: 'by-measure'}, groups.map(([measure, items]) => element('section', {}, element('h2', {}, nameOf(measure), element('span', {text: items.length ? `best ${items[0].score.toFixed(2)}` : 'nothing'})), grid(items, true))));
const ghosts = () => element('ul', {class: 'grid ghosts', 'aria-hidden': 'true'}, [1.5, .75, 1.33, 1.5, 1, 1.33, .7, 1.5, 1.2, 1.33].map(ratio => element('li', {'--r': ratio})));

function toolbar(text) {
  const views = ['default', ...config.measures.filter(one => one !== 'default'), 'each'];
  return element('div', {class: 'toolbar'}, element('span', {class: 'muted number', role: 'status', text}), element('div', {class: 'segments push', role: 'group', 'aria-label': 'Measure'},
    views.map(one => element('button', {type: 'button', 'aria-pressed': state.view === one, onclick: () => change({...state, view: one}), text: one === 'each' ? 'Side by side' : nameOf(one)}))));
}

function fail(error) {
  if (error instanceof MissingUpload) {
    places.answers.replaceChildren(empty('upload', `“${error.picture.name || 'A picture'}” is not in this browser`, 'This address names a picture that somebody chose on another device, and the service keeps none. Drop the picture here, or ask for a link made with “Copy a link”, which holds a small copy.', without(error.picture)));
    return;
  }
  if (!(error instanceof Problem)) throw error;
  if (error.isOffline) onceBack(show);
  const goneId = GONE.exec(error.message)?.[1], gone = goneId && state.pictures.find(one => one.id === goneId);
  if (gone) {
    places.answers.replaceChildren(empty('search', 'A picture of the query is gone', 'It is not, or no longer, in the collection.', without(gone)));
    return;
  }
  const unusable = state.pictures.find(one => one.upload && error.message.startsWith(`${one.name}:`));
  places.answers.replaceChildren(empty('status', error.isOffline ? 'No connection' : 'This search cannot be answered', error.message, error.isOffline ? '' : unusable ? without(unusable) : button('Try again', () => show())));
}

const without = picture => button('Start without it', () => change({...state, pictures: state.pictures.filter(one => one !== picture)}), {kind: 'primary'});

async function showStart() {
  if (places.start.children.length) return;
  try {
    const count = 24, offset = Math.floor(Math.random() * Math.max(1, config.pictures - count));
    const {images} = await request(`/v1/images?limit=${count}&offset=${offset}`);
    places.start.replaceChildren(element('div', {class: 'head'}, element('h2', {text: 'or start from one of these'}), element('a', {class: 'button plain push', href: `${root}/browse`, text: 'Browse all'})),
      element('ul', {class: 'grid small'}, images.map(item => makeCard(item, {href: hrefOf(item), label: 'Find pictures like', caption: false, height: 112}))));
  } catch (error) {
    if (error.isOffline) onceBack(showStart);
  }
}

async function addFiles(files) {
  const room = MOST_PICTURES - likedOf(state).length, all = [...files], pictures = [];
  if (!all.length) return;
  if (all.length > room) toast(`${MOST_PICTURES} pictures at most: ${room ? `the first ${room} of ${all.length}` : 'none'} added`);
  for (const file of all.slice(0, room)) {
    if (file.size > FILE_LIMIT) { toast(`${file.name} is too large`); continue; }
    const kept = await keepFile(file);
    pictures.push({upload: kept.key, name: kept.name, like: true, crop: ''});
  }
  if (pictures.length) change({...state, pictures: [...state.pictures, ...pictures]});
}

// A picture of the web: the service fetches a small copy, which then is as one of the user's own.
async function addAddress(url) {
  if (!config.can_fetch) { toast('This service fetches nothing from the web. Save the picture, then drop or choose it here.'); return; }
  toast(`Fetching the picture from ${new URL(url).hostname} …`);
  try {
    const copy = await request('/v1/fetch', {method: 'POST', json: {url}});
    addFiles([new File([copy], decodeURI(url).replace(/[?#].*$/, '').split('/').pop() || 'picture', {type: copy.type})]);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    toast(error.message);
  }
}

function addStored(ids, like = true) {
  const fresh = ids.filter(id => !state.pictures.some(one => one.id === id && one.like === like));
  const room = MOST_PICTURES - (like ? likedOf(state).length : state.pictures.length - likedOf(state).length);
  if (fresh.length > room) toast(`${MOST_PICTURES} pictures at most`);
  const others = state.pictures.filter(one => !fresh.includes(one.id));
  if (fresh.length && room > 0) change({...state, pictures: [...others, ...fresh.slice(0, room).map(id => ({id, like, crop: '', name: ''}))]});
}

function startDrops() {
  let depth = 0;
  const isOurs = event => event.dataTransfer && ['Files', 'text/imagerec', 'text/uri-list'].some(kind => event.dataTransfer.types.includes(kind));
  const mark = on => document.body.classList.toggle('dropping', on);
  addEventListener('dragenter', event => { if (isOurs(event)) { depth++; mark(true); } });
  addEventListener('dragleave', event => { if (isOurs(event) && --depth <= 0) { depth = 0; mark(false); } });
  addEventListener('dragover', event => { if (isOurs(event)) event.preventDefault(); });
  addEventListener('drop', event => {
    if (!isOurs(event)) return;
    event.preventDefault();
    depth = 0;
    mark(false);
    const id = event.dataTransfer.getData('text/imagerec'), url = event.dataTransfer.getData('text/uri-list').split('\n')[0].trim();
    if (id) addStored([id]);
    else if (event.dataTransfer.files.length) addFiles(event.dataTransfer.files);
    else if (isWebAddress(url)) addAddress(url);
  });
  addEventListener('paste', event => {
    const files = [...event.clipboardData?.files ?? []], text = event.clipboardData?.getData('text').trim();
    if (files.length) { event.preventDefault(); addFiles(files); }
    else if (isWebAddress(text) && !isTyping(event.target)) { event.preventDefault(); addAddress(text); }
  });
  places.files.addEventListener('change', () => { addFiles(places.files.files); places.files.value = ''; });
}

// A link from somebody else holds small copies of their pictures.
async function takeShared() {
  const shared = /^#with=(.+)$/.exec(location.hash)?.[1];
  if (!shared) return;
  const keys = new Map();
  for (const one of shared.split(';')) {
    const [key, data] = one.split(':');
    try { keys.set(key, (await fromShared(data, state.pictures.find(picture => picture.upload === key)?.name || 'shared.webp')).key); } catch { /* a link that was cut */ }
  }
  state.pictures.forEach(one => { if (keys.has(one.upload)) one.upload = keys.get(one.upload); });
  history.replaceState(null, '', addressOf(state));
}

const filters = filterPanel(() => state.where, where => change({...state, where}), () => { options.element.hidden = false; });
const options = optionsPanel(() => state, change);
const panel = sidePanel('Filters and options', filters.element, options.element);
panel.say('Show the answers');
places.side.append(panel.element);
startPage();
startGallery({add: id => addStored([id]), unlike: id => addStored([id], false)});
addAction('Search with these', 'search', ids => { state = emptyState(); addStored(ids.slice(0, MOST_PICTURES)); });
startDrops();
shortcut('/', 'Words, or choose pictures', () => { const words = document.getElementById('words'); if (words) words.focus(); else places.files.click(); });
shortcut(['o', 'O'], 'Choose pictures', () => places.files.click(), 'O');
addEventListener('popstate', () => { const before = addressOf(state); state = readState(); if (addressOf(state) !== before) show({place: keptPlace()}); });
addEventListener('click', event => {
  const link = event.target.closest('.card .pic');
  if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const item = link.closest('.card').item;
  names.set(item.image_id, item.title || item.filename);
  change({...state, text: '', pictures: [{id: item.image_id, like: true, crop: '', name: item.filename}]});
  scrollTo({top: 0});
});
keepPlaces(() => scrollY);
takeShared().then(() => show({place: keptPlace()}));
