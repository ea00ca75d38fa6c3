// Short notes at the bottom of the page, with at most one action, such as Undo.
import {element} from './dom.js';

const STAYS_MS = 6000;
const place = document.getElementById('toasts');

// A modal dialog makes all else inert: while one is open, notes are in it.
function bringForward() {
  const dialog = [...document.querySelectorAll('dialog[open]')].at(-1);
  if (dialog?.contains(place)) return;
  (dialog ?? document.body).append(place);
  dialog?.addEventListener('close', () => document.body.append(place), {once: true});
}

export function toast(text, action, work) {
  bringForward();
  const note = element('div', {class: 'toast'}, element('span', {text}));
  const close = () => note.remove();
  if (action) note.append(element('button', {type: 'button', text: action, onclick: () => { close(); work(); }}));
  let timer = setTimeout(close, STAYS_MS);
  note.addEventListener('pointerenter', () => clearTimeout(timer));
  note.addEventListener('focusin', () => clearTimeout(timer));
  note.addEventListener('pointerleave', () => { timer = setTimeout(close, STAYS_MS / 2); });
  while (place.children.length > 2) place.firstElementChild.remove();
  place.append(note);
}

// Does what the last note offers, such as Undo.
export function doLast() {
  const offered = place.lastElementChild?.querySelector('button');
  offered?.click();
  return Boolean(offered);
}

export async function copyText(text, done) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // only pages on HTTPS or localhost may use the clipboard that way
    const field = element('textarea', {class: 'unseen', 'aria-hidden': 'true'});
    field.value = text;
    (document.querySelector('dialog[open]') ?? document.body).append(field);
    field.select();
    document.execCommand('copy');
    field.remove();
  }
  toast(done);
}
