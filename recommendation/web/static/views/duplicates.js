// Duplicates: groups of copies, which picture of each to keep and why; what is none can be said, and the list taken along. Nothing is deleted.
import {button, bytes, config, element, empty, icon, percent, plural, root} from '../shell/dom.js';
import {onceBack, Problem, request, thumbnail} from '../shell/api.js';
import {shortcut} from '../shell/keys.js';
import {startPage} from '../shell/page.js';
import {toast} from '../shell/toast.js';
import {makeCard} from '../gallery/card.js';
import {openDetail, searchAddress, startDetail} from '../gallery/detail.js';
import {currentCard, startGallery} from '../gallery/gallery.js';
import {addAction} from '../gallery/selection.js';

const PAGE = 40, MOST_GROUPS = 1000, MOST_DECISIONS = 100;
const KINDS = {'': 'All', exact: 'Same bytes', near: 'Recompressed', mirrored: 'Mirrored', rotated: 'Turned', cropped: 'Cropped', framed: 'Framed'};
const content = document.getElementById('content'), controls = document.getElementById('controls');
const kindNow = () => { const given = new URLSearchParams(location.search).get('kind'); return given in KINDS ? given : ''; };

const groupsShown = () => [...document.querySelectorAll('article.group')];
let kind = kindNow();

async function show() {
  controls.replaceChildren(element('a', {class: 'button', href: `${root}/v1/duplicates/export?kind=${kind}`, download: 'duplicates.csv'}, icon('document'), 'Export the list'));
  try {
    const limit = Math.min(MOST_GROUPS, Math.max(PAGE, groupsShown().length));
    const {total, groups} = await request(`/v1/duplicates?${new URLSearchParams({kind, limit})}`);
    const {decisions} = await request('/v1/duplicates/decisions');
    const list = element('div', {class: 'stack', 'aria-label': 'Groups', role: 'region'}, groups.map(groupOf));
    content.replaceChildren(kindsOf(kind), element('p', {class: 'muted', role: 'status', text: total ? `${plural(total, 'group')}. The outlined picture is the one to keep. Nothing is deleted: the list names the files for a program of your choice.` : ''}),
      total ? list : empty('copies', 'No duplicates', kind ? 'There are none of this kind.' : 'No two pictures of the collection are the same one.'), moreOf(list, kind, total), decisions.length ? decidedOf(decisions) : '');
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.isOffline) onceBack(show);
    content.replaceChildren(empty('status', 'Duplicates cannot be shown', error.message, error.isOffline ? '' : button('Try again', show)));
  }
  content.setAttribute('aria-busy', 'false');
}

function follow() {
  if (kind === kindNow()) return; // a picture was opened or closed
  kind = kindNow();
  show();
}

const kindsOf = kind => element('div', {class: 'segments', role: 'group', 'aria-label': 'Kind of copy'}, Object.entries(KINDS).map(([value, name]) => element('a', {href: location.pathname + (value ? `?kind=${value}` : ''), 'aria-current': value === kind ? 'true' : null, text: name, onclick: event => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, '', event.currentTarget.href);
  follow();
}})));

function moreOf(list, kind, total) {
  const left = () => total - list.children.length;
  const more = button('', async () => {
    const {groups} = await request(`/v1/duplicates?${new URLSearchParams({kind, limit: PAGE, offset: list.children.length})}`);
    list.append(...groups.map(groupOf));
    mark();
  });
  const mark = () => { more.hidden = left() <= 0; more.textContent = `Show ${Math.min(PAGE, left())} more of ${left().toLocaleString('en')}`; };
  mark();
  return more;
}

function groupOf(group) {
  const ids = [...new Set(group.files.map(file => file.image_id))];
  const made = element('article', {class: 'panel group'}, element('div', {class: 'row'}, element('h2', {}, 'Keep ', element('bdi', {text: group.files[0].filename})), element('span', {class: 'muted', text: group.reason}),
    config.read_only || ids.length < 2 ? null : button('Not duplicates', () => apart(pairsOf(ids)), {kind: 'push', title: 'They are different pictures: remember it (N)'})),
  element('ul', {class: 'pair'}, group.files.map(file => fileOf(file, group, ids))));
  made.ids = ids;
  return made;
}

function fileOf(file, group, ids) {
  const isKept = file.image_id === group.keep, isSame = file.kind === 'exact';
  const card = makeCard(file, {href: `#${file.image_id}`, label: 'Open', caption: false, tools: []});
  if (isKept && !isSame) card.classList.add('best');
  card.querySelector('figure').append(element('figcaption', {class: 'small'}, element('bdi', {class: 'name', title: file.location, text: file.filename}),
    element('div', {class: 'muted', text: `${file.width_px} × ${file.height_px}, ${file.format}, ${bytes(file.size_bytes)}`}),
    element('div', {}, element('strong', {text: file.kind === 'original' ? 'Keep' : KINDS[file.kind]}), isKept ? '' : element('span', {class: 'muted', text: `, ${percent(file.score)}`}))),
  config.read_only || isKept || ids.length < 3 ? '' : button('Not a copy', () => apart(ids.filter(id => id !== file.image_id).map(id => [file.image_id, id])), {kind: 'plain small'}));
  return card;
}

const pairsOf = ids => ids.flatMap((id, place) => ids.slice(place + 1).map(other => [id, other]));

// Remember that the pictures of each pair are different ones, or take that back.
async function decide(pairs, method) {
  const place = groupsShown().indexOf(document.activeElement?.closest('.group'));
  try {
    for (const pictures of pairs) await request('/v1/duplicates/decisions', {method, json: {pictures}});
  } catch (error) {
    toast(`Not stored: ${error.message}`);
  }
  await show();
  groupsShown()[place]?.querySelector('.pic').focus({preventScroll: true}); // so that keys go on with the next group
}

async function apart(pairs) {
  await decide(pairs, 'POST');
  toast('Remembered: these are different pictures', 'Undo', () => decide(pairs, 'DELETE'));
}

function decidedOf(decisions) {
  const picture = id => element('a', {href: `#${id}`}, element('img', {src: thumbnail(id, 96), alt: 'Picture', width: 64, height: 64, loading: 'lazy'}));
  return element('details', {class: 'panel'}, element('summary', {text: `${plural(decisions.length, 'pair')} of different pictures, as somebody said`}), element('ul', {class: 'decided'}, decisions.slice(0, MOST_DECISIONS).map(pair => element('li', {class: 'row'}, pair.map(picture),
    config.read_only ? null : button('Take back', () => decide([pair], 'DELETE'), {kind: 'plain'})))));
}

startPage();
startGallery({open: openDetail});
addAction('Search with these', 'search', ids => { location.href = searchAddress(...ids.slice(0, config.max_pictures)); });
if (!config.read_only) shortcut(['n', 'N'], 'Not duplicates: the group of the picture', () => {
  const group = document.querySelector('dialog[open]') ? null : currentCard()?.closest('.group');
  if (!group || group.ids.length < 2) return false;
  apart(pairsOf(group.ids));
}, 'N');
startDetail();
addEventListener('popstate', follow);
show();
