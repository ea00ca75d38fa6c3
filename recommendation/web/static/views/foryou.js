// For you: who somebody is by what they like, what they might like next and why, and all they said, to be taken back.
import {button, config, element, empty, isolated, percent, plural, redraw, root} from '../shell/dom.js';
import {onceBack, Problem, request} from '../shell/api.js';
import {openSheet} from '../shell/dialog.js';
import {startPage} from '../shell/page.js';
import {askPerson, person} from '../shell/person.js';
import {toast} from '../shell/toast.js';
import {captionOf, makeCard} from '../gallery/card.js';
import {openDetail, searchAddress, startDetail} from '../gallery/detail.js';
import {startGallery} from '../gallery/gallery.js';
import {judgedIds, opinionOf, setOpinion} from '../gallery/opinions.js';
import {addAction} from '../gallery/selection.js';

const COUNT = 24, SHOWN = 120;
const content = document.getElementById('content'), controls = document.getElementById('controls');
const about = () => `/v1/users/${encodeURIComponent(person())}`;
let known = '';

async function show() {
  content.setAttribute('aria-busy', 'false');
  controls.replaceChildren();
  if (!person()) {
    content.replaceChildren(empty('heart', 'Who are you?', config.read_only ? 'This service only reads. Of those who liked pictures before, this page shows the taste and what they might like next.' : 'Like pictures under a name, and this page shows your taste and what you might like next.', button(config.auth ? 'Sign in' : 'Choose a name', askPerson, {kind: 'primary'})));
    return;
  }
  try {
    const {opinions} = await request(`${about()}/opinions`);
    const liked = Object.keys(opinions).filter(id => opinions[id] >= .5), disliked = Object.keys(opinions).filter(id => opinions[id] <= -.5);
    const profile = liked.length ? await request(about()) : null;
    const wanted = element('section', {'aria-label': 'Recommended', class: 'stack'}, element('h2', {text: 'You might like'}));
    const isDrawn = Boolean(content.querySelector('[aria-label=Recommended] .card'));
    if (isDrawn) await recommend(wanted); // what is on the screen stays until all is there
    redraw(content, profile ? profileOf(profile, liked.length, disliked.length) : hint(disliked.length), wanted, ...await said('You like', liked), ...await said('You do not want to see', disliked));
    if (liked.length + disliked.length) controls.append(button('Reset', askReset, {kind: 'plain', symbol: 'undo'}));
    if (!isDrawn) await recommend(wanted);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.isOffline) onceBack(show);
    content.replaceChildren(empty('status', 'This cannot be shown now', error.message, error.isOffline ? '' : button('Try again', show)));
  }
}

const hint = dislikes => element('div', {class: 'notice'}, element('p', {text: `${isolated(person())} ${dislikes ? 'likes nothing yet' : 'has not liked any picture yet'}. Like a few with the heart on a picture, or with the key L.`}), element('a', {class: 'button push', href: `${root}/browse`, text: 'Browse'}));

async function recommend(place) {
  const {recommendations} = await request(`${about()}/recommendations?n=${COUNT}`);
  const items = recommendations.map(one => ({...one, filename: one.file_name, license: one.licence, score: undefined, scores: one.parts}));
  const [reason, ...others] = new Set(items.map(one => one.reason)), isSame = items.length > 1 && !others.length;
  if (isSame) items.forEach(one => { one.reason = ''; });
  redraw(place, element('h2', {text: 'You might like'}), isSame ? element('p', {class: 'muted', text: `${reason}.`}) : '', items.length ? element('ul', {class: 'grid even'}, items.map(recommended)) : element('p', {class: 'muted', text: 'Nothing is left to recommend: you have an opinion of every picture.'}));
}

function recommended(item) {
  const card = makeCard(item, {href: `#${item.image_id}`, label: 'Open', caption: false, tools: []});
  card.querySelector('figure').append(captionOf(item));
  card.querySelector('figcaption').append(element('div', {class: 'row small'}, button('Less of this', () => less(item, card), {kind: 'plain small', symbol: 'down'})));
  return card;
}

// One picture less, and everything like it counts less from now on.
async function less(item, card) {
  const [before, after] = [card.previousElementSibling, card.nextElementSibling], hadFocus = card.contains(document.activeElement);
  await setOpinion([item.image_id], -1);
  if (opinionOf(item.image_id) !== -1) return; // nobody said who it is
  card.remove();
  if (hadFocus) (after ?? before)?.querySelector('figcaption .button').focus({preventScroll: true});
}

function profileOf(profile, likes, dislikes) {
  const bars = (title, names, shares, link) => names.length ? element('section', {class: 'panel'}, element('h2', {class: 'minor', text: title}), element('ul', {class: 'bars'}, names.map((name, place) => element('li', {},
    link ? element('a', {class: 'name', href: `${root}/browse?where=${encodeURIComponent(`${link}=${name}`)}`, dir: 'auto', text: name, title: name}) : element('span', {class: 'name', text: name}), element('progress', {max: 1, value: shares[place], 'aria-label': `${name}: ${percent(shares[place])}`}), element('span', {class: 'number muted', text: percent(shares[place])}))))) : null;
  const ofKinds = kinds => { const all = Object.entries(kinds).filter(([, share]) => share > 0).sort((one, other) => other[1] - one[1]); return [all.map(([name]) => name), all.map(([, share]) => share)]; };
  return element('section', {'aria-label': 'Profile', class: 'stack'}, element('p', {class: 'muted', text: `${isolated(person())} likes ${plural(likes, 'picture')}${dislikes ? ` and does not want to see ${plural(dislikes, 'picture')}` : ''}.`}),
    element('div', {class: 'cards'}, bars('Colours', profile.favorite_colors, profile.color_shares, 'color_names'), bars('Tags', profile.favorite_tags.slice(0, 6), profile.tag_shares, 'tags'), bars('Orientation', ...ofKinds(profile.orientation_shares), 'orientation')));
}

async function said(title, ids) {
  if (!ids.length) return [];
  const found = await Promise.all(ids.slice(0, SHOWN).map(id => request(`/v1/images/${id}`).catch(() => null)));
  const items = found.filter(Boolean);
  return [element('section', {'aria-label': title, class: 'stack'}, element('h2', {text: `${title} (${ids.length.toLocaleString('en')})`}), element('ul', {class: 'grid small'}, items.map(item => makeCard(item, {href: `#${item.image_id}`, label: 'Open', caption: false, height: 112, tools: []}))),
    ids.length > SHOWN ? element('p', {class: 'muted small', text: `The first ${SHOWN} are shown.`}) : null)];
}

function askReset() {
  const ids = judgedIds();
  const dialog = openSheet('Start anew?', element('p', {text: `All ${plural(ids.length, 'opinion')} of ${isolated(person())} are taken back. The name stays; “Forget me” deletes it as well, and with it your name on tags.`}), element('div', {class: 'row'},
    button('Take all back', async () => { dialog.close(); for (let at = 0; at < ids.length; at += 500) await setOpinion(ids.slice(at, at + 500), 0); }, {kind: 'primary'}),
    button('Forget me', async () => { dialog.close(); try { await request(about(), {method: 'DELETE'}); toast('Everything about you is deleted.'); dispatchEvent(new CustomEvent('person')); } catch (error) { toast(error.message); } }, {kind: 'plain danger'})));
}

startPage();
startGallery({open: openDetail});
addAction('Search with these', 'search', ids => { location.href = searchAddress(...ids.slice(0, 5)); });
startDetail();
addEventListener('person', () => { if (known !== person()) { known = person(); show(); } });
let timer = 0;
addEventListener('opinions-stored', () => { clearTimeout(timer); timer = setTimeout(show, 700); });
known = person();
show();
