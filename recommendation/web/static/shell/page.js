// What every page has: who uses it, light or dark, shortcuts, and likes that wait for the service.
import {config, root} from './dom.js';
import {shortcut, showShortcuts} from './keys.js';
import {startPerson} from './person.js';
import {doLast} from './toast.js';
import {startOpinions} from '../gallery/opinions.js';

function changeTheme() {
  const page = document.documentElement.dataset;
  const isDark = page.theme ? page.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  page.theme = isDark ? 'light' : 'dark';
  document.cookie = `imagerec-theme=${page.theme}; path=${root || '/'}; max-age=31536000; samesite=strict`;
}

export function startPage() {
  startPerson();
  startOpinions();
  document.getElementById('theme').addEventListener('click', changeTheme);
  document.getElementById('help').addEventListener('click', showShortcuts);
  config.views.forEach((view, place) => shortcut(String(place + 1), view.name, () => { location.href = root + view.path; }));
  shortcut(['u', 'U'], 'Undo, while the note offers it', doLast, 'U');
  shortcut('?', 'These shortcuts', showShortcuts);
}
