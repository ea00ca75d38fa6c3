// Tags by hand: for one picture in its details, and for many at once; every change can be undone.
import {button, config, element, icon, isolated, plural, redraw} from '../shell/dom.js';
import {request} from '../shell/api.js';
import {openSheet} from '../shell/dialog.js';
import {askPerson, person} from '../shell/person.js';
import {toast} from '../shell/toast.js';

const MOST_LENGTH = 100;
const tidy = text => text.normalize('NFC').trim().replace(/\s+/g, ' ');
const split = text => [...new Set(text.split(',').map(tidy).filter(Boolean))];

// Stores a change; resolves with whether it is stored.
export async function changeTags(pictures, {add = [], remove = []}, {quiet = false} = {}) {
  const user = person() || await askPerson();
  if (!user) return false;
  try {
    const {added, removed} = await request('/v1/tags', {method: 'POST', json: {pictures, add, remove, user_id: user}});
    dispatchEvent(new CustomEvent('tags', {detail: pictures}));
    const what = [add.length && `Tagged ${add.map(isolated).join(', ')}`, remove.length && `Removed ${remove.map(isolated).join(', ')}`].filter(Boolean).join('; ');
    if (!quiet) toast(pictures.length > 1 ? `${what}: ${plural(pictures.length, 'picture')}` : what, 'Undo', () => undo(added, removed));
    return true;
  } catch (error) {
    toast(`Not stored: ${error.message}`);
    return false;
  }
}

// What was really changed, tag by tag: a tag that a picture had before stays when another picture's is taken back.
async function undo(added, removed) {
  for (const [tag, pictures] of Object.entries(added)) await changeTags(pictures, {remove: [tag]}, {quiet: true});
  for (const [tag, pictures] of Object.entries(removed)) await changeTags(pictures, {add: [tag]}, {quiet: true});
  toast('Undone');
}

let listed = null;
async function suggestions() {
  listed ??= request('/v1/tags').then(({tags}) => tags.map(one => one.tag)).catch(() => { listed = null; return []; });
  return element('datalist', {id: 'known-tags'}, (await listed).slice(0, 500).map(value => element('option', {value})));
}

function tagField(work) {
  const field = element('input', {class: 'field', list: 'known-tags', maxlength: MOST_LENGTH * 4, placeholder: 'Add a tag', 'aria-label': 'Add tags, separated by commas', autocomplete: 'off', dir: 'auto', enterkeyhint: 'done'});
  const form = element('form', {class: 'tag-form', onsubmit: async event => {
    event.preventDefault();
    const tags = split(field.value);
    if (!tags.length) return;
    field.value = '';
    if (await work(tags)) listed = null;
  }}, field, element('button', {class: 'button square', 'aria-label': 'Add', title: 'Add'}, icon('plus')));
  suggestions().then(list => form.append(list));
  return form;
}

// The tags of a picture with what changes them, when they are loaded.
export async function tagEditor(id) {
  const place = element('div', {class: 'stack'});
  const show = async () => {
    const {tags, suggestions: proposed} = await request(`/v1/images/${id}/tags`);
    redraw(place, element('div', {class: 'tags'}, tags.map(one => tagOf(id, one)), tags.length ? null : element('span', {class: 'muted small', text: 'None yet.'})),
      ...config.read_only ? [] : [tagField(add => changeTags([id], {add})), proposed.length ? element('div', {class: 'tags'}, element('span', {class: 'muted small', text: 'Suggested:'}),
        proposed.map(tag => element('button', {type: 'button', class: 'tag', onclick: () => changeTags([id], {add: [tag]})}, icon('plus'), element('bdi', {text: tag})))) : null].filter(Boolean));
  };
  const refresh = event => place.isConnected ? event.detail.includes(id) && show() : removeEventListener('tags', refresh);
  addEventListener('tags', refresh);
  await show();
  return place;
}

function tagOf(id, {tag, origin, user_id: user}) {
  const remove = config.read_only ? null : element('button', {type: 'button', title: `Remove ${tag}`, 'aria-label': `Remove the tag ${tag}`, onclick: () => changeTags([id], {remove: [tag]})}, icon('close'));
  return element('span', {class: origin === 'hand' ? 'tag own' : 'tag', title: origin === 'hand' ? `By ${user}` : 'From the source'}, element('bdi', {text: tag}), remove);
}

// Tags for selected pictures.
export function askTags(ids) {
  const remove = element('div', {class: 'tags'});
  const field = tagField(add => { dialog.close(); return changeTags(ids, {add}); });
  const dialog = openSheet(`Tag ${plural(ids.length, 'picture')}`, field, remove);
  dialog.querySelector('input').focus();
  request(`/v1/tags?${ids.slice(0, 200).map(id => `id=${id}`).join('&')}`).then(({tags}) => {
    if (tags.length) remove.append(element('span', {class: 'muted small', text: 'Remove from all:'}));
    remove.append(...tags.slice(0, 30).map(one => button(`${one.tag} (${one.pictures})`, () => { dialog.close(); changeTags(ids, {remove: [one.tag]}); }, {symbol: 'minus', kind: 'plain'})));
  }).catch(() => {});
}
