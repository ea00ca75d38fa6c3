// Query jobs: many pictures or a file of queries, answered in the background; they outlive this page and the service's restarts.
import {button, config, element, empty, icon, plural, redraw, root} from '../shell/dom.js';
import {onceBack, Problem, request} from '../shell/api.js';
import {startPage} from '../shell/page.js';
import {person} from '../shell/person.js';
import {makeCard} from '../gallery/card.js';
import {openDetail, searchAddress, startDetail} from '../gallery/detail.js';
import {startGallery} from '../gallery/gallery.js';
import {addAction} from '../gallery/selection.js';
import {toast} from '../shell/toast.js';

const POLL_MS = 1500, AT_ONCE_BYTES = 40 << 20, AT_ONCE = 400, QUERIES_SHOWN = 50, ANSWERS_SHOWN = 12;
const content = document.getElementById('content');
const list = element('div', {class: 'stack', 'aria-live': 'polite'}), sending = element('div', {});
const field = element('input', {type: 'file', multiple: true, hidden: true, accept: 'image/*,.heic,.heif,.jsonl,.ndjson,.json', 'aria-label': 'Pictures or a file of queries'});
let timer = 0;

function form() {
  return element('section', {class: 'drop', 'aria-label': 'New job'}, icon('jobs'), element('h2', {text: 'Drop or choose many pictures, or a file of queries'}),
    element('p', {class: 'muted', text: `Each picture is a query of its own. Pictures and answers are kept for ${plural(config.job_days, 'day')}, then deleted.`}),
    element('button', {type: 'button', class: 'button primary', onclick: () => field.click()}, icon('upload'), 'Choose files'),
    element('details', {class: 'small muted'}, element('summary', {text: 'A file of queries'}), element('p', {text: 'JSON lines, one query each, as in the inbox; names of pictures are those of files sent together with it. For example:'}), element('code', {text: '{"images": ["a.jpg", "b.jpg"], "top_k": 10, "combine": "min"}'})));
}

// Large sets become several jobs: one request holds 64 MiB at most.
function bundles(files) {
  const queries = files.filter(file => /\.(jsonl|ndjson|json)$/i.test(file.name)), pictures = files.filter(file => !queries.includes(file));
  if (queries.length) return [{queries: queries[0], pictures}];
  const made = [];
  let size = Infinity;
  for (const picture of pictures) {
    if (size + picture.size > AT_ONCE_BYTES || made.at(-1).pictures.length >= AT_ONCE) { made.push({pictures: []}); size = 0; }
    made.at(-1).pictures.push(picture);
    size += picture.size;
  }
  return made;
}

async function send(files) {
  if (!files.length) return;
  if (config.read_only) { toast('This service only reads: it takes no jobs.'); return; }
  const all = bundles([...files]), bar = element('progress', {class: 'wide', max: all.length, value: 0, 'aria-label': 'Sending'});
  sending.replaceChildren(element('div', {class: 'panel stack'}, element('p', {text: `Sending ${plural(files.length, 'file')} …`}), bar));
  try {
    for (const {queries, pictures} of all) {
      const body = new FormData();
      if (queries) body.append('queries', queries, queries.name);
      uniquely(pictures).forEach(([picture, name]) => body.append('images', picture, name));
      if (person()) body.append('user_id', person());
      await request('/v1/jobs', {method: 'POST', body});
      bar.value++;
      await show();
    }
    sending.replaceChildren();
  } catch (error) {
    sending.replaceChildren(element('p', {class: 'notice warn', role: 'alert', text: `Not sent: ${error.message}`}));
  }
}

function uniquely(pictures) {
  const seen = new Map();
  return pictures.map(picture => {
    const count = seen.get(picture.name) ?? 0;
    seen.set(picture.name, count + 1);
    return [picture, count ? `${count} ${picture.name}` : picture.name];
  });
}

async function show() {
  clearTimeout(timer);
  try {
    const {jobs} = await request('/v1/jobs');
    const panels = jobs.map(panelOf);
    if (!jobs.length || panels.length !== list.children.length || panels.some((panel, place) => panel !== list.children[place])) redraw(list, ...panels, jobs.length ? '' : empty('jobs', 'No jobs yet', 'What you send here is answered one query after the other.'));
    if (jobs.some(job => job.state !== 'done')) timer = setTimeout(show, POLL_MS);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.isOffline) onceBack(show);
    list.replaceChildren(empty('status', 'The jobs cannot be listed', error.message));
  }
}

// The panel of a job: the same one, open or not, until something changes.
const panels = new Map();
function panelOf(job) {
  const state = JSON.stringify(job), known = panels.get(job.job_id);
  if (known?.state === state) return known.panel;
  const panel = makePanel(job, known?.panel.querySelector('.answers')?.open);
  panels.set(job.job_id, {state, panel});
  return panel;
}

function makePanel(job, isOpen) {
  const when = new Date(job.created * 1000), isDone = job.state === 'done';
  return element('article', {class: 'panel stack', 'data-state': job.state}, element('div', {class: 'row'}, element('h3', {dir: 'auto', text: job.names.slice(0, 3).join(', ') + (job.queries > 3 ? ` and ${job.queries - 3} more` : '')}), element('span', {class: 'tag push', text: isDone ? 'Done' : job.state === 'working' ? 'Working' : 'Waiting'})),
    element('progress', {class: 'wide', max: job.queries, value: job.answered, 'aria-label': `${job.answered} of ${job.queries} answered`}),
    element('div', {class: 'row small muted'}, element('span', {class: 'number', text: `${job.answered.toLocaleString('en')} of ${plural(job.queries, 'query', 'queries')}`}), element('time', {datetime: when.toISOString(), text: when.toLocaleString()}), job.user_id ? element('bdi', {text: job.user_id}) : null,
      element('span', {text: `deleted on ${new Date(job.expires * 1000).toLocaleDateString()}`}),
      element('span', {class: 'row push'}, job.answered ? element('a', {class: 'button', href: `${root}/v1/jobs/${job.job_id}/answers`, download: `${job.job_id}.jsonl`}, icon('jobs'), isDone ? 'Download' : 'Download so far') : null, config.read_only ? null : button('Delete', () => remove(job), {kind: 'plain danger'}))), job.answered ? answersOf(job, isOpen) : null);
}

// The answers of a job, loaded when somebody looks at them.
function answersOf(job, open) {
  const place = element('div', {class: 'stack'});
  const fill = async () => {
    try {
      const answers = (await request(`/v1/jobs/${job.job_id}/answers`)).split('\n').filter(Boolean).map(line => JSON.parse(line));
      const failed = answers.filter(answer => answer.error).length;
      place.replaceChildren(failed ? element('p', {class: 'notice warn', text: `${plural(failed, 'query', 'queries')} could not be answered.`}) : '', ...answers.slice(0, QUERIES_SHOWN).map(answerOf),
        answers.length > QUERIES_SHOWN ? element('p', {class: 'muted small', text: `The first ${QUERIES_SHOWN} are shown; the download has all ${answers.length.toLocaleString('en')}.`}) : '');
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      place.replaceChildren(element('p', {class: 'notice warn', text: error.message}));
    }
  };
  return element('details', {class: 'answers', open, ontoggle: event => event.target.open && fill()}, element('summary', {text: 'Look at the answers'}), place);
}

const STORED_NAME = /^job-[0-9a-f]+\/\d+-/;
function answerOf({name, error, results}, place) {
  const items = error ? [] : Object.values(results)[0].slice(0, ANSWERS_SHOWN);
  return element('section', {class: 'stack'}, element('h4', {dir: 'auto', text: name || `Query ${place + 1}`}), error ? element('p', {class: 'small', text: error.message.replace(STORED_NAME, '')}) :
    element('ul', {class: 'grid small'}, items.map(item => makeCard(item, {href: `#${item.image_id}`, label: 'Open', caption: false, height: 112, tools: []}))));
}

async function remove(job) {
  try {
    await request(`/v1/jobs/${job.job_id}`, {method: 'DELETE'});
    toast('Deleted, with its pictures and answers');
  } catch (error) {
    toast(error.message);
  }
  show();
}

field.addEventListener('change', () => { send([...field.files]); field.value = ''; });
addEventListener('dragover', event => { event.preventDefault(); document.body.classList.add('dropping'); });
addEventListener('dragleave', event => { if (!event.relatedTarget) document.body.classList.remove('dropping'); });
addEventListener('drop', event => { event.preventDefault(); document.body.classList.remove('dropping'); send([...event.dataTransfer.files]); });
content.setAttribute('aria-busy', 'false');
content.append(config.read_only ? '' : form(), field, sending, list);
startPage();
startGallery({open: openDetail});
addAction('Search with these', 'search', ids => { location.href = searchAddress(...ids.slice(0, config.max_pictures)); });
startDetail();
show();
