// Dialogs: a sheet with a title, closed by Escape, by its button, or by a click beside it.
import {element, iconButton} from './dom.js';

export function openSheet(title, ...content) {
  const dialog = element('dialog', {'aria-label': title}, element('div', {class: 'sheet'},
    element('header', {}, element('h2', {text: title}), iconButton('Close', 'close', () => dialog.close())), content));
  dialog.addEventListener('click', event => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
