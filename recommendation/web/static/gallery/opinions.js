// What the person likes and dislikes. Each opinion stays in this browser until the service has stored it, so none is lost.
import {request} from '../shell/api.js';
import {config, plural} from '../shell/dom.js';
import {askPerson, person} from '../shell/person.js';
import {toast} from '../shell/toast.js';

const QUEUE = 'imagerec-opinions';
const FIRST_WAIT_MS = 1500, LONGEST_WAIT_MS = 30000;
const SAID = {1: 'Liked', '-1': 'Disliked', 0: 'Taken back'};
const known = new Map();
let wait = FIRST_WAIT_MS, timer = 0, isSending = false;

const queued = () => JSON.parse(localStorage.getItem(QUEUE) ?? '[]');
const keep = entries => localStorage.setItem(QUEUE, JSON.stringify(entries));
const drop = entry => keep(queued().filter(one => one.key !== entry.key)); // another tab may have added some
export const opinionOf = id => known.get(id) ?? 0;
export const judgedIds = () => [...known.keys()];

// value: 1 like, -1 dislike, 0 neither.
export async function setOpinion(ids, value, {quiet = false} = {}) {
  if (config.read_only) { toast('This service only reads: nothing can be liked here.'); return; }
  const user = person() || await askPerson();
  if (!user) return;
  const before = ids.map(id => [id, opinionOf(id)]);
  keep([...queued(), {user, ids, value, key: crypto.getRandomValues(new Uint32Array(2)).join('-')}]);
  apply(ids, value);
  send();
  if (!quiet) toast(ids.length > 1 ? `${SAID[value]}: ${plural(ids.length, 'picture')}` : SAID[value], 'Undo', () => undo(before));
}

function undo(before) {
  for (const value of [1, -1, 0]) {
    const ids = before.filter(([, was]) => was === value).map(([id]) => id);
    if (ids.length) setOpinion(ids, value, {quiet: true});
  }
}

export const toggleOpinion = (id, value) => setOpinion([id], opinionOf(id) === value ? 0 : value);

function apply(ids, value) {
  for (const id of ids) if (value) known.set(id, value); else known.delete(id);
  dispatchEvent(new CustomEvent('opinions'));
}

async function send() {
  if (isSending) return;
  isSending = true;
  clearTimeout(timer);
  let entry = null;
  try {
    for (entry = queued()[0]; entry; entry = queued()[0]) {
      const path = `/v1/users/${encodeURIComponent(entry.user)}/likes`;
      const json = entry.value ? {pictures: entry.ids, value: entry.value} : {pictures: entry.ids};
      await request(path, {method: entry.value ? 'POST' : 'DELETE', json});
      drop(entry);
      wait = FIRST_WAIT_MS;
    }
    dispatchEvent(new Event('opinions-stored'));
  } catch (error) {
    if (error.status === 401) { if (!document.querySelector('dialog[open]')) askPerson(); }
    else if (error.status >= 400 && error.status < 500 && error.status !== 429) { drop(entry); apply(entry.ids, 0); toast(`Not stored: ${error.message}`); }
    timer = setTimeout(send, wait);
    wait = Math.min(LONGEST_WAIT_MS, wait * 2);
  } finally {
    isSending = false;
  }
}

async function load() {
  const user = person();
  known.clear();
  if (user) {
    try {
      const {opinions} = await request(`/v1/users/${encodeURIComponent(user)}/opinions`);
      for (const [id, value] of Object.entries(opinions)) if (Math.abs(value) >= .5) known.set(id, Math.sign(value));
    } catch { /* no service: what waits here is known */ }
    for (const one of queued()) if (one.user === user) for (const id of one.ids) if (one.value) known.set(id, one.value); else known.delete(id);
  }
  dispatchEvent(new CustomEvent('opinions'));
}

export function startOpinions() {
  load();
  send();
  addEventListener('person', load);
  addEventListener('person', send);
  addEventListener('online', send);
  addEventListener('service-back', send);
}
