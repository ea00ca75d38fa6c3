import {imageUrl, query} from './api.js';
import {element} from './dom.js';

const form = document.querySelector('form');
const message = document.getElementById('message');
const answer = document.getElementById('answer');

function figure(item) {
  const url = imageUrl(item.image_id);
  const licence = item.license ? ` (${item.license})` : '';
  return element('figure', {},
    element('a', {href: url}, element('img', {src: `${url}/thumbnail`, alt: item.filename, loading: 'lazy'})),
    element('figcaption', {textContent: `${item.score.toFixed(3)} ${item.filename}${licence}`}));
}

function show(content) {
  message.textContent = `Answered in ${(content.seconds * 1000).toFixed(0)} ms.`;
  for (const [measure, items] of Object.entries(content.results)) {
    answer.append(element('h2', {textContent: measure}), element('div', {className: 'row'}, ...items.map(figure)));
  }
}

form.addEventListener('submit', async event => {
  event.preventDefault();
  answer.replaceChildren();
  message.textContent = 'Searching ...';
  try {
    show(await query(new FormData(form)));
  } catch (error) {
    message.textContent = error instanceof TypeError ? `The service does not answer: ${error.message}` : error.message;
  }
});
