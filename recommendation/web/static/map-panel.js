// What is around the map: details of a picture, search, highlights, and the place of a picture of one's own.
import {at, element} from './map-dom.js';

const get = id => document.getElementById(id);
const hasIndex = document.body.dataset.index === 'yes';
const KINDS = {tag: 'tag', category: 'looks like', color: 'colour', user: 'likes of', cluster: 'cluster', name: 'file name'};

async function ask(address, options) {
  const got = await fetch(at(address), options), content = await got.json();
  if (!got.ok) throw new Error(content.error.message);
  return content;
}

export class Panel {
  constructor(map) {
    Object.assign(this, map);
    this.row = -1;
    get('close').onclick = () => this.close();
    get('in').onclick = () => this.zoom(1.5);
    get('out').onclick = () => this.zoom(1 / 1.5);
    get('home').onclick = () => this.home();
    get('help').onclick = () => get('keys').showModal();
    get('chip').querySelector('button').onclick = () => this.showAll();
    this.showFacts();
    this.prepareFind();
    if (hasIndex) this.prepareDrop();
    this.follow(new URLSearchParams(location.search));
  }

  showFacts() {
    const {pictures, layout, quality, clusters} = this.facts, percent = share => `${Math.round(100 * share)} %`;
    const parts = [`${pictures.toLocaleString()} pictures`, `${clusters.length} clusters`, layout === 'umap' ? 'UMAP' : layout,
      `trustworthiness ${quality.trustworthiness.toFixed(3)}`, `${percent(quality.kept)} of the 15 nearest are neighbours here`];
    get('facts').textContent = parts.join(' \u00b7 ');
  }

  // /map?show=IMAGE_ID and /map?tag=Faces, ?color=red, ?user=anna, ...
  async follow(asked) {
    for (const [kind, text] of asked) {
      if (kind === 'show') this.guard(async () => {
        const [row] = await this.rows('id', text);
        if (row < 0) throw new Error('That picture is not on the map.');
        this.flyTo([row]);
        this.open(row);
      });
      else if (KINDS[kind]) this.select({kind, text});
    }
  }

  async rows(kind, text) { return (await ask(`/v1/map/rows?${new URLSearchParams({[kind]: text})}`)).rows; }

  async guard(work) {
    try { await work(); } catch (error) { this.say(error.message); }
  }

  open(row) {
    this.row = row;
    this.choose(row);
    this.guard(async () => {
      const found = await ask(`/v1/map/rows/${row}`);
      const more = hasIndex ? await ask(`/v1/images/${found.image_id}`) : {};
      if (this.row === row) this.show(found, more);
    });
  }

  show(found, more) {
    const group = this.tree.cluster[found.row], cluster = this.facts.clusters.find(one => one.cluster === group);
    const lines = [['cluster', cluster && [this.link('cluster', cluster.name)]], ['tags', more.tags?.map(text => this.link('tag', text))],
      ['looks like', more.category && [this.link('category', more.category)]],
      ['colours', [...new Set(more.color_names ?? [])].map(text => this.link('color', text))],
      ['size', more.width_px && [`${more.width_px} \u00d7 ${more.height_px}`]], ['taken', more.date_taken && [more.date_taken.slice(0, 10)]],
      ['author', more.author && [more.author]], ['licence', more.license && [more.license]]];
    const list = element('dl', {});
    for (const [name, values] of lines) if (values?.length) list.append(element('dt', {textContent: name}), element('dd', {}, ...values));
    get('details').replaceChildren(element('h2', {textContent: more.title || found.filename}), this.picture(found), list);
    if (hasIndex) get('details').append(element('button', {className: 'main', textContent: 'Similar to this', onclick: () => this.similar(found)}));
    get('panel').hidden = false;
    document.body.classList.add('details');
    if (!this.isFlying()) this.reveal(found.row);
  }

  picture(found) {
    if (hasIndex) return element('img', {src: at(`/v1/images/${found.image_id}/thumbnail`), alt: found.filename});
    const canvas = element('canvas', {width: 64, height: 64}), sheet = this.sheetOf(found.row), [name, first] = this.facts.sheets[sheet];
    this.guard(async () => {
      const bitmap = await createImageBitmap(await (await fetch(at(`/map/files/sheet-${name}.jpg`))).blob()), place = found.row - first;
      canvas.getContext('2d').drawImage(bitmap, -64 * (place % 32), -64 * Math.floor(place / 32));
    });
    return canvas;
  }

  link(kind, text) { return element('button', {className: 'link', textContent: text, onclick: () => this.select({kind, text})}); }

  similar(found) {
    this.guard(async () => {
      const form = new FormData();
      for (const [name, value] of Object.entries({id: found.image_id, top_k: 24, measure: 'default'})) form.append(name, value);
      const {results} = await ask('/v1/query', {method: 'POST', body: form});
      await this.answers(Object.values(results)[0], found.row);
    });
  }

  async answers(items, row) {
    const rows = await this.rows('id', items.map(one => one.image_id).join(','));
    const shown = items.map((one, place) => ({...one, row: rows[place]})).filter(one => one.row >= 0);
    const grid = element('div', {className: 'grid'}, ...shown.map(one => element('button',
      {title: one.filename, onclick: () => { this.flyTo([one.row]); this.open(one.row); }},
      element('img', {src: at(`/v1/images/${one.image_id}/thumbnail?size=96`), alt: one.filename, loading: 'lazy'}))));
    get('details').querySelector('.grid')?.remove();
    get('details').append(grid);
    this.choose(row, shown.map(one => one.row));
    this.light(`similar to ${get('details').querySelector('h2').textContent}`, [row, ...shown.map(one => one.row)].filter(one => one >= 0));
    return shown.map(one => one.row);
  }

  close() {
    this.row = -1;
    get('panel').hidden = true;
    document.body.classList.remove('details');
    this.choose(-1);
  }

  escape() {
    if (!get('found').hidden) this.hideFound();
    else if (!get('panel').hidden) { this.close(); get('over').focus(); } else this.showAll();
  }

  light(text, rows) {
    this.highlight(rows);
    get('chip').hidden = false;
    get('chip').firstElementChild.textContent = `${text}: ${rows.length.toLocaleString()}`;
  }

  showAll() {
    this.highlight(null);
    this.pin(null);
    this.choose(this.row);
    get('chip').hidden = true;
  }

  select({kind, text}) {
    this.hideFound();
    this.guard(async () => {
      const rows = kind === 'cluster' ? this.rowsOfCluster(text) : await this.rows(kind, text);
      if (!rows.length) throw new Error('No picture on the map.');
      this.light(`${KINDS[kind]} ${text}`, rows);
      if (kind === 'cluster' || rows.length === 1) this.flyTo(rows);
      if (rows.length === 1) this.open(rows[0]);
    });
  }

  rowsOfCluster(name) {
    const number = this.facts.clusters.find(one => one.name === name)?.cluster, rows = [];
    this.tree.cluster.forEach((group, row) => { if (group === number) rows.push(row); });
    return rows;
  }

  prepareFind() {
    const text = get('text');
    text.onfocus = () => this.guard(async () => { this.values ??= this.readValues(); await this.values; this.suggest(); });
    text.oninput = () => this.suggest();
    text.onblur = () => setTimeout(() => this.hideFound(), 150);
    text.onkeydown = event => {
      const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
      if (step && this.options?.length) { this.mark((this.marked + step + this.options.length) % this.options.length); event.preventDefault(); }
      if (event.key === 'Enter' && this.options?.[Math.max(0, this.marked)]) { this.select(this.options[Math.max(0, this.marked)]); text.blur(); get('over').focus(); }
    };
  }

  async readValues() {
    const clusters = this.facts.clusters.map(one => ['cluster', one.name, one.pictures]);
    const users = hasIndex ? (await ask('/v1/users')).map(one => ['user', one.user_id ?? one.user ?? '', 0]) : [];
    this.known = [...clusters, ...users.filter(one => one[1]), ...await ask('/v1/map/values')];
  }

  suggest() {
    if (!this.known) return;
    const wanted = get('text').value.trim().toLowerCase(), rank = text => text.toLowerCase().startsWith(wanted) ? 0 : 1;
    const fitting = this.known.filter(([, text]) => text.toLowerCase().includes(wanted));
    fitting.sort((one, other) => rank(one[1]) - rank(other[1]) || other[2] - one[2]);
    this.options = fitting.slice(0, 30).map(([kind, text, count]) => ({kind, text, count}));
    if (wanted) this.options.push({kind: 'name', text: get('text').value.trim()});
    get('found').replaceChildren(...this.options.map((one, place) => {
      const item = element('li', {id: `option-${place}`, onmousedown: event => { event.preventDefault(); this.select(one); get('text').blur(); }},
        element('small', {textContent: KINDS[one.kind]}), element('span', {textContent: one.text}), element('small', {textContent: one.count ? one.count.toLocaleString() : ''}));
      item.setAttribute('role', 'option');
      return item;
    }));
    get('found').hidden = !this.options.length;
    get('text').setAttribute('aria-expanded', String(!get('found').hidden));
    this.mark(-1);
  }

  mark(place) {
    this.marked = place;
    [...get('found').children].forEach((item, number) => item.setAttribute('aria-selected', String(number === place)));
    if (place >= 0) { get('text').setAttribute('aria-activedescendant', `option-${place}`); get('found').children[place].scrollIntoView({block: 'nearest'}); }
    else get('text').removeAttribute('aria-activedescendant');
  }

  hideFound() {
    get('found').hidden = true;
    get('text').setAttribute('aria-expanded', 'false');
  }

  prepareDrop() {
    get('drop').onclick = () => get('file').click();
    get('file').onchange = () => { if (get('file').files[0]) this.locate(get('file').files[0]); get('file').value = ''; };
    addEventListener('dragover', event => { event.preventDefault(); document.body.classList.add('dropping'); });
    addEventListener('dragleave', event => { if (!event.relatedTarget) document.body.classList.remove('dropping'); });
    addEventListener('drop', event => {
      event.preventDefault();
      document.body.classList.remove('dropping');
      if (event.dataTransfer.files[0]) this.locate(event.dataTransfer.files[0]);
    });
    addEventListener('paste', event => { if (event.clipboardData.files[0]) this.locate(event.clipboardData.files[0]); });
  }

  // A picture's place is the median of those of the five most similar ones.
  locate(file) {
    this.say('Looking for its place \u2026');
    this.guard(async () => {
      const form = new FormData();
      for (const [name, value] of Object.entries({images: file, top_k: 24, measure: 'embedding'})) form.append(name, value);
      const {results, queries} = await ask('/v1/query', {method: 'POST', body: form});
      get('details').replaceChildren(element('h2', {textContent: queries[0].filename}), element('p', {className: 'muted', textContent: 'The most similar pictures:'}));
      get('panel').hidden = false;
      document.body.classList.add('details');
      this.row = -1;
      const rows = await this.answers(results.embedding, -1), places = rows.slice(0, 5).map(row => this.tree.place(row));
      if (!places.length) throw new Error('No similar picture is on the map.');
      const median = axis => places.map(one => one[axis]).sort((one, other) => one - other)[Math.floor((places.length - 1) / 2)];
      this.pin([median(0), median(1)], await createImageBitmap(file));
      this.fly(median(0), median(1), Math.max(2500, Math.min(innerWidth, innerHeight) * 4));
      this.say('');
    });
  }
}
