// A picture in a gallery: a link, tools that appear on hover and focus, and a caption that names its origin.
import {config, element, icon, nameOf, percent, plural} from '../shell/dom.js';
import {sizeFor, thumbnail} from '../shell/api.js';
import {altOf, hasOrigin, isWebAddress, nameOfPicture, ratioOf} from './describe.js';
import {opinionOf} from './opinions.js';
import {isSelected} from './selection.js';

const tool = (what, label, symbol, extra = {}) => element('button', {type: 'button', class: `tool ${extra.kind ?? ''}`, 'data-do': what, title: label, 'aria-label': label, 'aria-pressed': extra.pressed}, icon(symbol));

// options: href of the picture; label of what a click does; caption, origin, reason: whether they are shown; height in px of its row.
export function makeCard(item, {href, label, caption = true, height = 208, eager = false, tools = ['add', 'unlike']}) {
  const ratio = ratioOf(item);
  const card = element('li', {class: 'card', 'data-id': item.image_id, '--r': ratio.toFixed(4)},
    element('figure', {},
      element('a', {class: 'pic', href, 'aria-label': `${label}: ${nameOfPicture(item)}`, draggable: 'true'}, element('img', {
        src: thumbnail(item.image_id, sizeFor(height * Math.min(1, ratio))), alt: altOf(item), width: Math.round(height * ratio), height,
        loading: eager ? null : 'lazy', decoding: 'async', draggable: 'false'})),
      toolsOf(tools), element('span', {class: 'mark', 'aria-hidden': 'true'}, icon('heart')),
      caption ? captionOf(item) : null));
  card.item = item;
  card.querySelector('img').addEventListener('error', vanished, {once: true});
  markCard(card);
  return card;
}

function vanished(event) {
  event.target.alt = 'This picture is no longer there.';
  event.target.closest('.card')?.setAttribute('data-gone', 'true');
}

function toolsOf(names) {
  const writes = config.read_only ? [] : [tool('like', 'Like (L)', 'heart', {kind: 'heart', pressed: 'false'}), tool('dislike', 'Dislike (D)', 'down', {kind: 'thumb', pressed: 'false'})];
  return element('span', {class: 'tools'}, tool('select', 'Select (X)', 'check', {kind: 'select', pressed: 'false'}), writes,
    names.includes('add') ? tool('add', 'Search with this one, too (A)', 'plus', {kind: 'extra'}) : null,
    names.includes('unlike') && config.can_unlike ? tool('unlike', 'Not like this one (N)', 'minus', {kind: 'extra'}) : null,
    tool('details', 'Details (I)', 'info'));
}

export function captionOf(item) {
  const score = item.score === undefined ? null : element('span', {class: 'score', text: item.score.toFixed(2), title: scoresText(item)});
  return element('figcaption', {}, element('div', {class: 'caption'}, score, element('bdi', {class: 'name', title: nameOfPicture(item), text: nameOfPicture(item)}), item.is_copy ? element('span', {text: 'copy'}) : null), originOf(item),
    item.reason ? element('p', {class: 'reason', dir: 'auto', text: item.reason}) : null);
}

const scoresText = item => Object.entries(item.scores ?? {}).map(([measure, score]) => `${nameOf(measure)} ${percent(score)}`).join(', ');

export function originOf(item) {
  if (!hasOrigin(item)) return null;
  const name = item.author || (isWebAddress(item.source_url) ? new URL(item.source_url).hostname : '');
  const source = isWebAddress(item.source_url) ? element('a', {href: item.source_url, rel: 'noreferrer noopener', target: '_blank', title: 'Open the source', dir: 'auto', text: name}) : element('bdi', {text: name});
  return element('div', {class: 'origin'}, item.license ? element('bdi', {class: 'lic', text: item.license, title: item.license}) : null, name ? source : null,
    element('button', {type: 'button', class: 'copy', 'data-do': 'attribution', title: 'Copy attribution', 'aria-label': `Copy attribution of ${nameOfPicture(item)}`}, icon('document')));
}

// Show what is said of the picture and whether it is selected.
export function markCard(card) {
  const opinion = opinionOf(card.dataset.id), selected = isSelected(card.dataset.id);
  card.dataset.opinion = opinion;
  card.dataset.selected = selected;
  const press = (kind, on) => card.querySelector(`.tool.${kind}`)?.setAttribute('aria-pressed', on);
  press('heart', opinion === 1);
  press('thumb', opinion === -1);
  press('select', selected);
}

export const markAll = () => document.querySelectorAll('.card').forEach(markCard);
export const countText = (count, seconds) => `${plural(count, 'picture')} in ${Math.max(1, Math.round(seconds * 1000))} ms`;
