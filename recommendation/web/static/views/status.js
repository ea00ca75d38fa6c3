// Status: the index and how well it finds, runs, files that could not be used and why, sources with licences and credits.
import {button, element, empty, nameOf, percent, plural, redraw, root} from '../shell/dom.js';
import {onceBack, Problem, request} from '../shell/api.js';
import {startPage} from '../shell/page.js';

const content = document.getElementById('content');
const PAGE = 50;
// What people can do about each reason; those that are missing say enough.
const REASONS = {empty_file: 'The file is empty', undecodable: 'The file is damaged', unsupported_format: 'Not a picture format that is read', too_many_pixels: 'More pixels than allowed', too_many_bytes: 'Larger than allowed', truncated: 'The end of the file is missing', vanished: 'The file was gone when it was read', unreadable: 'The file may not be read', removed: 'Taken out by somebody', decoder_timeout: 'Decoding took too long', decoder_memory: 'Decoding needs too much memory'};

const figure = (name, value) => element('div', {}, element('dt', {text: name}), element('dd', {text: value}));
const seconds = value => value < 60 ? `${value.toFixed(1)} s` : `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
const cell = (value, kind = '') => element('td', {class: kind, dir: 'auto'}, value);
const table = (heads, rows) => element('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': heads.map(([name]) => name).join(', ')}, element('table', {}, element('thead', {}, element('tr', {}, heads.map(([name, kind]) => element('th', {class: kind ?? '', scope: 'col', text: name})))), element('tbody', {}, rows)));

async function show() {
  content.setAttribute('aria-busy', 'false');
  try {
    const [index, health, {runs}, {sources}] = await Promise.all([request('/v1/status'), request('/healthz').catch(error => ({status: error.message})), request('/v1/runs'), request('/v1/sources')]);
    const failures = element('section', {'aria-label': 'Failures', class: 'stack'});
    await showFailures(failures, '', 0);
    content.replaceChildren(...indexOf(index, health), failures, runsOf(runs), sourcesOf(sources));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.isOffline) onceBack(show);
    content.replaceChildren(empty('status', 'The status cannot be shown', error.message, error.isOffline ? '' : button('Try again', show)));
  }
}

function indexOf(index, health) {
  const latency = index.timings.latency_ms;
  const measured = Object.entries(index.measures).map(([name, one]) => element('tr', {}, cell(nameOf(name)), cell(one.search === 'scan' ? 'compares all' : 'Annoy'), cell(percent(one.recall), 'number'), cell(one.annoy_recall === undefined ? '' : percent(one.annoy_recall), 'number'), cell(latency[name] ? `${latency[name].p50.toFixed(1)} ms` : '', 'number')));
  return [element('dl', {class: 'figures'}, figure('Service', health.status === 'ok' ? 'Answers' : health.status), figure('Pictures', index.pictures.toLocaleString('en')), figure('Last query', health.seconds === undefined ? '' : `${Math.round(health.seconds * 1000)} ms`), figure('Inbox', health.inbox ? plural(health.inbox.waiting, 'job') : 'empty')),
    element('section', {'aria-label': 'Index', class: 'stack'}, element('h2', {text: 'Index'}), element('p', {class: 'muted'}, `Network ${index.model}, generation `, element('code', {text: index.generation}), `. “Best match” is ${mixOf(index.default.weights)}.`),
      table([['Measure'], ['Search'], ['Finds of the nearest', 'number'], ['with Annoy', 'number'], ['Takes (median)', 'number']], measured))];
}

const mixOf = weights => { const all = Object.entries(weights); return all.length === 1 ? `${nameOf(all[0][0]).toLowerCase()} alone` : all.map(([name, weight]) => `${weight} ${nameOf(name).toLowerCase()}`).join(' + '); };

async function showFailures(place, reason, offset) {
  const {total, reasons, failures} = await request(`/v1/failures?${new URLSearchParams({reason, offset, limit: PAGE})}`);
  const choose = (label, value) => element('button', {type: 'button', 'aria-pressed': value === reason, onclick: () => showFailures(place, value, 0), text: label});
  const all = reasons.reduce((sum, one) => sum + one.count, 0);
  if (!all) { place.replaceChildren(element('h2', {text: 'Files that could not be used'}), element('p', {class: 'muted', text: 'None: every file of every source is in the collection.'})); return; }
  redraw(place, element('h2', {text: 'Files that could not be used'}), element('div', {class: 'segments', role: 'group', 'aria-label': 'Reason'}, choose(`All ${all.toLocaleString('en')}`, ''), reasons.map(one => choose(`${one.reason.replaceAll('_', ' ')} ${one.count.toLocaleString('en')}`, one.reason))),
    table([['File'], ['Why'], ['Exactly']], failures.map(one => element('tr', {}, cell(one.item), cell(REASONS[one.reason] ?? one.reason.replaceAll('_', ' ')), cell(one.detail, 'muted small')))),
    total > PAGE ? element('div', {class: 'row'}, button('Before', () => showFailures(place, reason, offset - PAGE), {disabled: offset === 0}), button('More', () => showFailures(place, reason, offset + PAGE), {disabled: offset + PAGE >= total}), element('span', {class: 'muted number', text: `${offset + 1} to ${Math.min(total, offset + PAGE)} of ${total.toLocaleString('en')}`})) : '');
}

function runsOf(runs) {
  if (!runs.length) return '';
  const rows = runs.slice(0, 16).map(run => element('tr', {}, cell(new Date(run.started).toLocaleString()), cell(run.stage), cell(run.listed.toLocaleString('en'), 'number'), cell(run.done.toLocaleString('en'), 'number'), cell(run.skipped.toLocaleString('en'), 'number'), cell(run.failed.toLocaleString('en'), 'number'), cell(seconds(run.seconds), 'number')));
  return element('section', {'aria-label': 'Runs', class: 'stack'}, element('h2', {text: 'Runs'}), table([['Started'], ['Stage'], ['Listed', 'number'], ['Done', 'number'], ['Skipped', 'number'], ['Failed', 'number'], ['Took', 'number']], rows));
}

function sourcesOf(sources) {
  const browse = text => `${root}/browse?where=${encodeURIComponent(text)}`;
  const credits = one => one.credits.length ? element('details', {}, element('summary', {text: `${plural(one.credits.length, 'licence and author', 'licences and authors')}`}), element('ul', {class: 'small'}, one.credits.map(credit => element('li', {}, credit.license ? element('a', {href: browse(`license=${credit.license}`), dir: 'auto', text: credit.license}) : 'no licence', credit.author ? [', ', element('bdi', {text: credit.author})] : '', `: ${plural(credit.pictures, 'picture')}`)))) : 'not stated';
  return element('section', {'aria-label': 'Sources', class: 'stack'}, element('h2', {text: 'Sources'}), table([['Source'], ['Kind'], ['Pictures', 'number'], ['Licences and credits']], sources.map(one => element('tr', {}, cell(one.source_id || '(none yet)'), cell(one.kind), cell(one.pictures.toLocaleString('en'), 'number'), cell(credits(one))))));
}

startPage();
show();
