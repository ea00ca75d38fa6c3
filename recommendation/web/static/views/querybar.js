// The query: its pictures as chips that can be removed, cropped and turned into what answers should not be like; words; how several count together.
import {config, debounced, element, icon, iconButton} from '../shell/dom.js';
import {thumbnail} from '../shell/api.js';
import {copyText, toast} from '../shell/toast.js';
import {MOST_PICTURES, likedOf} from './state.js';
import {draw, keptFile, toShared} from './uploads.js';

const COMBINES = {mean: ['Like all together', 'The mean of the scores'], min: ['Like every one', 'The lowest of the scores'], max: ['Like any', 'The highest of the scores']};

export function dropZone(choose, setText) {
  return element('div', {class: 'drop'}, icon('upload'), element('h2', {text: `Drop, paste or choose up to ${MOST_PICTURES} pictures`}),
    element('p', {class: 'muted', text: 'They are compared with the collection and not kept.'}),
    element('div', {class: 'row'}, element('button', {type: 'button', class: 'button primary', onclick: choose}, icon('upload'), 'Choose pictures')),
    config.can_text ? wordsField('', setText, true) : null);
}

function wordsField(text, setText, large = false) {
  const field = element('input', {class: 'field', id: 'words', type: 'search', placeholder: config.can_fetch ? 'or words, or the address of a picture' : 'or words: red flower', 'aria-label': config.can_fetch ? 'Words, or the address of a picture' : 'Words', maxlength: 2000, dir: 'auto', enterkeyhint: 'search'});
  field.value = text;
  const soon = debounced(() => field.isConnected && setText(field.value.trim(), true), 350);
  if (!large) field.addEventListener('input', soon);
  return element('form', {class: 'words', role: 'search', onsubmit: event => { event.preventDefault(); setText(field.value.trim()); }}, field);
}

// does: {choose, get, change(state), setText(text, typed)}; a slider may have changed the state since this was drawn, so handlers ask for it.
export function queryBar(state, does) {
  const liked = likedOf(state), room = liked.length < MOST_PICTURES;
  return element('div', {class: 'query'}, element('ul', {class: 'chips', 'aria-label': 'Query pictures'}, state.pictures.map(one => element('li', {}, chipOf(one, does))),
    room ? element('li', {}, element('button', {type: 'button', class: 'add', onclick: does.choose, title: 'Add a picture'}, icon('plus'), 'Add')) : null),
    config.can_text ? wordsField(state.text, does.setText) : null,
    liked.length > 1 ? element('div', {class: 'segments', role: 'group', 'aria-label': 'How several pictures count together'}, Object.entries(COMBINES).map(([value, [name, title]]) =>
      element('button', {type: 'button', title, 'aria-pressed': state.combine === value, onclick: () => does.change({...does.get(), combine: value}), text: name}))) : null,
    element('div', {class: 'row push'}, iconButton('Copy a link to this search', 'link', () => copyLink(does.get())), iconButton('New search', 'close', () => does.change(null))));
}

function chipOf(picture, does) {
  const name = picture.name || 'Picture', others = () => does.get().pictures.filter(one => one !== picture);
  const change = changes => does.change({...does.get(), pictures: does.get().pictures.map(one => one === picture ? {...one, ...changes} : one)});
  const open = async () => {
    const {askCrop} = await import('./crop.js');
    const crop = await askCrop(picture);
    if (crop !== null) change({crop});
  };
  const label = picture.like ? picture.crop ? 'Part' : picture.upload ? name : '' : 'Not like';
  return element('div', {class: 'chip', 'data-like': picture.like}, lookOf(picture), label ? element('bdi', {class: 'label', text: label}) : null,
    picture.like && config.can_crop ? element('button', {type: 'button', class: 'open', title: 'Search with a part of it', 'aria-label': `Crop ${name}`, onclick: open}) : null,
    element('button', {type: 'button', class: 'corner', title: 'Remove', 'aria-label': `Remove ${name} from the query`, onclick: () => does.change({...does.get(), pictures: others()})}, icon('close')));
}

function lookOf(picture) {
  if (picture.id) return element('img', {src: thumbnail(picture.id, 128), alt: picture.name || 'Query picture', width: 80, height: 80});
  const canvas = element('canvas', {width: 80, height: 80, role: 'img', 'aria-label': picture.name || 'Query picture'});
  keptFile(picture.upload).then(kept => kept && draw(canvas, kept.blob, 200)).catch(() => {}); // formats that browsers do not show
  return canvas;
}

// The link holds a small copy of each picture of the user's own, since nobody else has it.
async function copyLink(state) {
  const uploads = state.pictures.filter(one => one.upload);
  let address = location.origin + location.pathname + location.search;
  try {
    const copies = await Promise.all(uploads.map(async one => `${one.upload}:${await toShared(await keptFile(one.upload))}`));
    if (copies.length) address += `#with=${copies.join(';')}`;
  } catch {
    toast('The link works in this browser only: it cannot draw your picture.');
  }
  copyText(address, uploads.length ? 'Link copied; it holds a small copy of your picture' : 'Link copied');
}

