// A slider along the page's edge that reaches every place of a long list.
import {element} from '../shell/dom.js';

// get: gives the place, 0..1; set: goes to one; label: what is at a place.
export function makeScrubber({get, set, label, keys}) {
  const thumb = element('span', {class: 'thumb'}), at = element('span', {class: 'at'});
  const bar = element('div', {class: 'scrubber', role: 'slider', tabindex: 0, 'aria-label': 'Place in the collection', 'aria-orientation': 'vertical', 'aria-valuemin': 0, 'aria-valuemax': 100}, thumb, at);
  const show = (share = get()) => {
    const percent = `${100 * Math.min(1, Math.max(0, share))}%`;
    thumb.style.top = at.style.top = percent;
    at.textContent = label(share);
    bar.setAttribute('aria-valuenow', Math.round(share * 100));
    bar.setAttribute('aria-valuetext', label(share));
  };
  const shareOf = event => { const box = bar.getBoundingClientRect(); return Math.min(1, Math.max(0, (event.clientY - box.top) / box.height)); };
  let moving = false;
  const move = event => { show(shareOf(event)); set(shareOf(event)); };
  bar.addEventListener('pointerdown', event => { moving = true; bar.classList.add('moving'); bar.setPointerCapture(event.pointerId); move(event); });
  bar.addEventListener('pointermove', event => { if (moving) move(event); else show(shareOf(event)); });
  bar.addEventListener('pointerup', () => { moving = false; bar.classList.remove('moving'); show(); });
  bar.addEventListener('pointerleave', () => { if (!moving) show(); });
  bar.addEventListener('keydown', event => {
    const by = {ArrowDown: .01, ArrowUp: -.01, PageDown: .1, PageUp: -.1, Home: -1, End: 1}[event.key];
    if (!by || !keys) return;
    event.preventDefault();
    set(Math.min(1, Math.max(0, get() + by)));
  });
  return {element: bar, show: () => { if (!moving) show(); }};
}
