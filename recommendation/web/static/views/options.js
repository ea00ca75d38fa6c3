// Options of a search: the weights of the measures as sliders, how many answers, copies left out, variety.
import {button, config, debounced, element, nameOf, redraw} from '../shell/dom.js';

const COUNTS = [25, 50, 100, 200];

export function optionsPanel(get, change) {
  const place = element('div', {hidden: true});
  const measures = config.measures.filter(one => one !== 'default');
  const reset = button('Weights of the collection', () => change({...get(), weights: {}}), {kind: 'plain small'});
  const soon = debounced(next => change(next, true), 120);

  const weightOf = measure => Object.keys(get().weights).length ? get().weights[measure] ?? 0 : config.weights[measure] ?? 0;
  function weights() {
    const outputs = {}, all = Object.fromEntries(measures.map(one => [one, weightOf(one)])); // as the sliders are, before the address is
    const set = (measure, number) => {
      all[measure] = number;
      outputs[measure].textContent = number.toFixed(2);
      if (Object.values(all).some(one => one > 0)) soon({...get(), view: 'default', weights: {...all}});
    };
    return [measures.map(one => {
      const id = `weight-${one}`;
      outputs[one] = element('output', {class: 'muted number', for: id, text: all[one].toFixed(2)});
      return element('div', {class: 'weight'}, element('label', {for: id, text: nameOf(one)}), outputs[one],
        element('input', {type: 'range', id, min: 0, max: 1, step: .05, value: all[one], oninput: event => set(one, +event.target.value)}));
    }), reset];
  }

  function show() {
    reset.hidden = !Object.keys(get().weights).length;
    if (place.contains(document.activeElement) && document.activeElement.type === 'range') return; // a slider that is being moved stays
    const state = get();
    const check = (label, checked, onchange) => element('label', {}, element('input', {type: 'checkbox', checked, 'data-key': label, onchange: event => onchange(event.target.checked)}), element('span', {text: label}));
    redraw(place, element('details', {open: Object.keys(state.weights).length > 0}, element('summary', {text: 'Weights of “Best match”'}), weights()),
      element('details', {open: state.unique || state.diversity > 0}, element('summary', {text: 'Answers'}), element('div', {class: 'facet'}, check('Leave out copies', state.unique, unique => change({...get(), unique})),
        element('div', {class: 'weight'}, element('label', {for: 'diversity', text: 'Variety'}), element('output', {class: 'muted number', text: state.diversity.toFixed(1)}), element('input', {type: 'range', id: 'diversity', min: 0, max: 1, step: .1, value: state.diversity, onchange: event => change({...get(), diversity: +event.target.value})})),
        element('label', {}, element('span', {text: 'How many'}), element('select', {class: 'field', 'aria-label': 'How many answers', onchange: event => change({...get(), count: +event.target.value})}, COUNTS.map(one => element('option', {value: one, selected: state.count === one, text: one})))))));
  }
  return {element: place, show};
}
