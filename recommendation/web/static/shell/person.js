// Who uses the page: a name without a password, or the name that belongs to a token where the service asks for one.
import {button, config, element} from './dom.js';
import {request} from './api.js';
import {openSheet} from './dialog.js';

const KEY = 'imagerec-person';
export const person = () => config.auth ? config.session ?? '' : localStorage.getItem(KEY) ?? '';
const changed = () => dispatchEvent(new CustomEvent('person'));

export function setPerson(name) {
  if (name) localStorage.setItem(KEY, name); else localStorage.removeItem(KEY);
  changed();
}

function showPerson() {
  document.querySelector('#who span').textContent = person() || 'Who are you?';
  document.getElementById('who').title = person() ? `You are ${person()}` : 'Choose who you are, to like pictures';
}

// Resolves with the person's name, empty where the dialog was closed without one.
export const askPerson = () => config.auth ? askToken() : askName();

function askName() {
  return new Promise(resolve => {
    const field = element('input', {class: 'field', id: 'person-name', maxlength: 200, autocomplete: 'nickname', placeholder: 'Your name', required: true, dir: 'auto', autofocus: true});
    const known = element('div', {class: 'tags'});
    const choose = name => { setPerson(name); dialog.close(); };
    const form = element('form', {class: 'stack', onsubmit: event => { event.preventDefault(); choose(field.value.trim().normalize('NFC')); }},
      element('label', {for: 'person-name', text: 'A name is enough; there is no password. What you like is stored under it.'}), field, known,
      element('div', {class: 'row'}, element('button', {class: 'button primary', text: 'That is me'}), person() ? button('Nobody', () => choose(''), {kind: 'plain'}) : null));
    const dialog = openSheet('Who are you?', form);
    dialog.addEventListener('close', () => resolve(person()));
    field.value = person();
    request('/v1/people').then(({people}) => known.append(...people.slice(0, 40).map(one =>
      element('button', {type: 'button', class: 'tag', dir: 'auto', onclick: () => choose(one.user_id), text: one.user_id})))).catch(() => {});
  });
}

function askToken() {
  return new Promise(resolve => {
    const field = element('input', {class: 'field', id: 'token', type: 'password', autocomplete: 'current-password', required: true, autofocus: true});
    const problem = element('p', {class: 'notice warn', hidden: true, role: 'alert'});
    const use = name => { config.session = name; dialog.close(); changed(); };
    const signIn = async event => {
      event.preventDefault();
      try {
        use((await request('/v1/session', {method: 'POST', json: {token: field.value.trim()}})).user_id);
      } catch (error) {
        problem.textContent = error.status === 401 ? 'This service does not know that token.' : error.message;
        problem.hidden = false;
        field.select();
      }
    };
    const signOut = async () => { await request('/v1/session', {method: 'DELETE'}); use(null); };
    const form = element('form', {class: 'stack', onsubmit: signIn}, element('label', {for: 'token', text: 'Your token, from whoever runs this service'}), field, problem,
      element('div', {class: 'row'}, element('button', {class: 'button primary', text: 'Sign in'}), config.session ? button('Sign out', signOut, {kind: 'plain'}) : null));
    const dialog = openSheet(config.session ? `You are ${config.session}` : 'Who are you?', form);
    dialog.addEventListener('close', () => resolve(person()));
  });
}

export function startPerson() {
  showPerson();
  document.getElementById('who').addEventListener('click', askPerson);
  addEventListener('person', showPerson);
  addEventListener('storage', event => { if (event.key === KEY) changed(); });
}
