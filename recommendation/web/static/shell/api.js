// The HTTP interface; every error has the form {"error": {"code", "message"}}.
import {element, root} from './dom.js';

export class Problem extends Error {
  constructor(message, status = 0) {
    super(message);
    this.status = status;
    this.isOffline = status === 0;
  }
}

const RETRIES = 3;
const pause = (ms, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener('abort', () => { clearTimeout(timer); reject(signal.reason); }, {once: true});
});

const contentOf = response => {
  const kind = response.headers.get('content-type') ?? '';
  return kind.startsWith('application/json') ? response.json() : kind.startsWith('image/') ? response.blob() : kind.startsWith('application/x-ndjson') ? response.text() : null;
};

// What a request answers with: an object, a picture as a blob, or JSON lines as a text. One that finds no room (503 or 429 with Retry-After) is sent again.
export async function request(path, {method = 'GET', json, body, signal} = {}) {
  const headers = json === undefined ? {} : {'content-type': 'application/json'};
  const options = {method, headers, signal, credentials: 'same-origin', body: json === undefined ? body : JSON.stringify(json)};
  for (let attempt = 0; ; attempt++) {
    let response;
    try {
      response = await fetch(root + path, options);
    } catch (error) {
      if (error.name === 'AbortError') throw error;
      awaitService();
      throw new Problem('The service does not answer. Trying again …');
    }
    const wait = response.headers.get('retry-after');
    if ((response.status === 503 || response.status === 429) && wait && attempt < RETRIES) {
      await pause(1000 * Math.min(5, Number(wait) || 1) * (attempt + 1), signal);
      continue;
    }
    const content = await contentOf(response);
    if (response.status === 404 && path.startsWith('/v1/images/')) throw new Problem('This picture is not, or no longer, in the collection.', 404);
    if (!response.ok) throw new Problem(content?.error?.message ?? `The service answered ${response.status}.`, response.status);
    return content;
  }
}

export const thumbnail = (id, size) => `${root}/v1/images/${id}/thumbnail?size=${size}`;
export const large = id => `${root}/v1/images/${id}/view`;
// The size to ask for: what fills a box of so many CSS pixels on this screen, at most what is stored.
export const sizeFor = px => [96, 128, 192, 256].find(size => size >= px * Math.min(2, devicePixelRatio)) ?? 256;

// A page that failed to load something asks to be called when the service answers again.
const waiting = new Set();
let banner = null;
export const onceBack = work => waiting.add(work);

async function awaitService() {
  if (banner) return;
  banner = element('div', {class: 'offline', role: 'status'}, element('span', {text: 'The service does not answer. This page goes on by itself when it is back.'}));
  document.body.append(banner);
  for (let wait = 1000; ; wait = Math.min(10000, wait * 1.5)) {
    await pause(wait);
    try {
      if ((await fetch(`${root}/v1/status`, {cache: 'no-store'})).ok) break;
    } catch { /* not yet */ }
  }
  banner.remove();
  banner = null;
  const works = [...waiting];
  waiting.clear();
  works.forEach(work => work());
  dispatchEvent(new Event('service-back'));
}
