// Keyboard shortcuts: pages add theirs, and `?` shows them all.
import {element, isTyping} from './dom.js';
import {openSheet} from './dialog.js';

const shortcuts = [];
// keys: as in KeyboardEvent.key; help: empty for one that is not listed; work returns false where it does not apply.
export function shortcut(keys, help, work, shown = keys) {
  shortcuts.push({keys: [keys].flat(), help, work, shown: [shown].flat()});
}

addEventListener('keydown', event => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (document.querySelector('dialog[open]:not(.detail)')) return;
  for (const one of shortcuts) {
    if (one.keys.includes(event.key) && one.work(event) !== false) {
      event.preventDefault();
      return;
    }
  }
});

export function showShortcuts() {
  const listed = shortcuts.filter(one => one.help);
  openSheet('Keyboard shortcuts', element('dl', {class: 'keys'}, listed.map(one => [
    element('dt', {}, one.shown.flatMap((key, place) => [place ? ' ' : null, element('kbd', {text: key})])), element('dd', {text: one.help})])));
}
