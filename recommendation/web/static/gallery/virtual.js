// A list of any length as sections of 200 pictures, of which only those near the screen exist.
// Browsers cut boxes above about 16 million px, so a window of at most MOST_PX of sections is laid out, and moved along when its end comes near.
import {element} from '../shell/dom.js';
import {makeCard} from './card.js';
import {estimatedHeight, layoutRows} from './layout.js';

export const SECTION = 200;
const MOST_PX = 6e6, NEAR = 1.5, FIRST_RATIO = 1.35, KEPT = 60;

export class VirtualList {
  // options: load(section) gives the items of a section; href(item); rowHeight(width); moved(list): called when another place is shown.
  constructor(place, options) {
    Object.assign(this, {place, ...options, total: 0, first: 0, wanted: null, items: new Map(), loading: new Map(), shown: new Map(), heights: [], ratio: FIRST_RATIO, generation: 0});
    addEventListener('scroll', () => this.plan(), {passive: true});
    new ResizeObserver(() => { if (this.place.clientWidth && this.place.clientWidth !== this.width) this.resize(); }).observe(place);
  }

  get sections() { return Math.ceil(this.total / SECTION); }
  countOf(section) { return Math.min(SECTION, this.total - section * SECTION); }
  topOf(section) { let top = 0; for (let at = this.first; at < section; at++) top += this.heights[at]; return top; }

  // Another list: forget everything.
  reset(total, firstItems = null) {
    this.generation++;
    for (const part of this.shown.values()) part.remove();
    this.shown.clear();
    this.items.clear();
    this.loading.clear();
    this.total = total;
    if (firstItems) this.items.set(0, firstItems);
    this.first = 0;
    this.resize();
  }

  resize() {
    const at = this.total ? this.position() : 0;
    this.width = this.place.clientWidth;
    this.row = this.rowHeight(this.width);
    this.place.style.setProperty('--row', `${this.row}px`);
    if (!this.width) return;
    this.heights = Array.from({length: this.sections}, (_, section) => this.heightOf(section));
    for (const part of this.shown.values()) part.remove();
    this.shown.clear();
    this.goTo(at);
  }

  heightOf(section) {
    const items = this.items.get(section);
    return items ? layoutRows(items, this.width, this.row).height : estimatedHeight(this.countOf(section), this.ratio, this.width, this.row);
  }

  // Sections that are laid out: from `first` as many as fit into MOST_PX.
  last() {
    let top = 0, at = this.first;
    while (at < this.sections && top < MOST_PX) top += this.heights[at++];
    return at;
  }

  // The place in the list that is at the top of the screen, as a number of pictures.
  position() {
    let top = this.place.getBoundingClientRect().top;
    if (top >= 0) return this.first * SECTION;
    for (let at = this.first; at < this.sections; at++) {
      if (top + this.heights[at] > 0) return Math.round((at + Math.min(1, -top / this.heights[at])) * SECTION);
      top += this.heights[at];
    }
    return this.total;
  }

  // Shows a place in the list at the top of the screen.
  goTo(picture) {
    const section = Math.min(this.sections - 1, Math.max(0, Math.floor(picture / SECTION)));
    if (section < 0) { this.setHeight(); this.plan(); return; }
    this.wanted = this.items.has(section) ? null : picture; // where it is exactly, its pictures say
    const isIn = section >= this.first && section < this.last();
    if (!isIn) this.window(section);
    const inside = this.heights[section] * (picture / SECTION - section);
    this.setHeight();
    if (picture > 0) scrollTo(0, this.place.getBoundingClientRect().top + scrollY + this.topOf(section) + inside);
    else if (this.place.getBoundingClientRect().top < 0) scrollTo(0, 0);
    this.plan();
  }

  // Moves the window so that a section is in its middle.
  window(section) {
    let before = 0;
    this.first = section;
    while (this.first > 0 && before + this.heights[this.first - 1] < MOST_PX / 2) before += this.heights[--this.first];
    for (const part of this.shown.values()) part.remove();
    this.shown.clear();
  }

  setHeight() {
    let height = 0;
    const last = this.last();
    for (let at = this.first; at < last; at++) height += this.heights[at];
    this.place.style.height = `${height}px`;
  }

  plan() {
    if (this.planned) return;
    this.planned = requestAnimationFrame(() => { this.planned = 0; this.update(); });
  }

  update() {
    const box = this.place.getBoundingClientRect(), room = innerHeight * NEAR, last = this.last(), near = [];
    let top = box.top;
    for (let at = this.first; at < last; at++) {
      if (top < innerHeight + room && top + this.heights[at] > -room) near.push(at);
      top += this.heights[at];
    }
    for (const [at, part] of this.shown) if (!near.includes(at)) { if (!part.contains(document.activeElement)) { part.remove(); this.shown.delete(at); } }
    near.forEach(at => this.show(at));
    if (near.length && ((near.at(-1) >= last - 1 && last < this.sections) || (near[0] <= this.first && this.first > 0))) this.shift(near);
    this.moved?.(this);
  }

  // The window's end is near: lay out another window around the same place, without a visible jump.
  shift(near) {
    const at = near[Math.floor(near.length / 2)], before = this.place.getBoundingClientRect().top + this.topOf(at);
    this.window(at);
    this.setHeight();
    scrollTo(0, scrollY + this.place.getBoundingClientRect().top + this.topOf(at) - before);
    near.forEach(one => this.show(one));
  }

  async show(section) {
    if (this.shown.has(section)) { this.shown.get(section).style.top = `${this.topOf(section)}px`; return; }
    if (!this.items.has(section)) {
      if (this.loading.has(section)) return;
      const {generation} = this;
      this.loading.set(section, true);
      try {
        const items = await this.load(section);
        if (generation !== this.generation) return;
        this.items.set(section, items);
        this.forget(section);
      } finally {
        if (generation === this.generation) this.loading.delete(section);
      }
      this.settle(section);
      this.plan();
      return;
    }
    this.draw(section);
  }

  // The true height of a section takes the place of the estimated one; what is on the screen stays where it is.
  settle(section) {
    const items = this.items.get(section), old = this.heights[section];
    const seen = [...this.items.values()].slice(-8).flat();
    this.ratio = seen.reduce((sum, one) => sum + Math.min(3.2, Math.max(.45, one.width_px / one.height_px)), 0) / Math.max(1, seen.length) || FIRST_RATIO;
    const bottom = this.place.getBoundingClientRect().top + this.topOf(section) + old;
    this.heights[section] = layoutRows(items, this.width, this.row).height;
    this.setHeight();
    for (const [at, part] of this.shown) part.style.top = `${this.topOf(at)}px`;
    if (bottom <= 0 && section >= this.first) scrollBy(0, this.heights[section] - old);
    else if (this.wanted !== null && Math.floor(this.wanted / SECTION) === section && Math.abs(this.position() - this.wanted) < SECTION) this.goTo(this.wanted);
  }

  draw(section) {
    const items = this.items.get(section), {boxes, height} = layoutRows(items, this.width, this.row);
    const part = element('ul', {class: 'section', 'aria-label': `Pictures ${section * SECTION + 1} to ${section * SECTION + items.length}`});
    items.forEach((item, place) => {
      const card = makeCard(item, {href: this.href(item), label: 'Open', caption: false, height: Math.round(this.row), tools: []});
      const {x, y, width, height: high} = boxes[place];
      Object.assign(card.style, {left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${high}px`});
      if (item.color) card.querySelector('.pic').style.background = item.color;
      part.append(card);
    });
    Object.assign(part.style, {top: `${this.topOf(section)}px`, height: `${height}px`});
    this.shown.set(section, part);
    const after = [...this.shown].filter(([at]) => at > section).sort(([one], [other]) => one - other)[0]?.[1];
    this.place.insertBefore(part, after ?? null);
  }

  // Items of sections that are far away are loaded again when they are needed.
  forget(near) {
    if (this.items.size <= KEPT) return;
    const far = [...this.items.keys()].filter(at => !this.shown.has(at)).sort((one, other) => Math.abs(other - near) - Math.abs(one - near));
    far.slice(0, this.items.size - KEPT).forEach(at => this.items.delete(at));
  }

  // The picture beside another one, for the arrow keys of the large view.
  beside(id, step) {
    for (const [section, items] of this.items) {
      const place = items.findIndex(item => item.image_id === id);
      if (place >= 0) return items[place + step] ?? (step > 0 ? this.items.get(section + 1)?.[0] : this.items.get(section - 1)?.at(-1));
    }
    return undefined;
  }
}
