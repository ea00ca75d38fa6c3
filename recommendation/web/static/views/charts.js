// Charts of the collection and its people, with their numbers as tables, and files to take along.
import {bytes, element, empty, icon, root} from '../shell/dom.js';
import {onceBack, Problem, request} from '../shell/api.js';
import {startPage} from '../shell/page.js';

const content = document.getElementById('content');

async function show() {
  content.setAttribute('aria-busy', 'false');
  try {
    const [{charts}, {files}] = await Promise.all([request('/v1/charts'), request('/v1/reports')]);
    content.replaceChildren(charts.length ? element('div', {class: 'charts'}, charts.map(panelOf)) : empty('charts', 'No charts yet', 'The next run of the pipeline draws them.'), files.length ? filesOf(files) : '');
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.isOffline) onceBack(show);
    content.replaceChildren(empty('status', 'The charts cannot be shown', error.message));
  }
}

function panelOf(chart) {
  const address = `${root}/v1/charts/${chart.name}`;
  const rows = (chart.table ?? []).map(row => element('tr', {}, row.map((value, place) => element(place ? 'td' : 'th', {class: typeof value === 'number' ? 'number' : '', scope: place ? null : 'row', dir: 'auto', text: typeof value === 'number' ? value.toLocaleString('en') : value}))));
  return element('figure', {class: 'panel stack'}, element('figcaption', {class: 'unseen'}, element('h2', {text: chart.title}), chart.note ? element('p', {class: 'small muted', text: chart.note}) : null),
    element('a', {href: address, class: 'chart'}, element('img', {src: address, alt: `Chart: ${chart.title}`, width: chart.width_px, height: chart.height_px, loading: 'lazy', decoding: 'async'})),
    rows.length ? element('details', {}, element('summary', {class: 'small', text: 'Numbers'}), element('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `Numbers of ${chart.title}`}, element('table', {}, element('tbody', {}, rows)))) : null);
}

const filesOf = files => element('section', {class: 'stack', 'aria-label': 'Files'}, element('h2', {text: 'Take along'}), element('div', {class: 'row'}, files.map(file => element('a', {class: 'button', href: `${root}/v1/reports/${file.name}`, download: file.name}, icon('document'), `${file.name} (${bytes(file.size_bytes)})`))));

startPage();
show();
