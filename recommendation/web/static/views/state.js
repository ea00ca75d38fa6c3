// The state of a search is its address: which pictures, how they count, filters and options. Nothing else decides what is shown.
import {config} from '../shell/dom.js';

export const MOST_PICTURES = config.max_pictures ?? 5;
const ID = /^[0-9a-f]{32}$/;
const DEFAULT_COUNT = 50;

// pictures: [{id} or {upload, name}, each with like: false for one that answers should not be like, crop: "x,y,w,h"].
export const emptyState = () => ({pictures: [], text: '', where: [], weights: {}, combine: 'mean', view: 'default', count: DEFAULT_COUNT, unique: false, diversity: 0});

export function readState(search = location.search) {
  const given = new URLSearchParams(search), state = emptyState();
  for (const [name, value] of given) {
    if (name === 'id' || name === 'upload' || name === 'unlike') {
      const [key, crop, shown] = value.split('~');
      if (ID.test(key)) state.pictures.push({[name === 'upload' ? 'upload' : 'id']: key, name: shown ?? '', like: name !== 'unlike', crop: crop || ''});
    } else if (name === 'weight') {
      const [measure, number] = value.split('=');
      if (Number.isFinite(+number)) state.weights[measure] = Math.min(1, Math.max(0, +number));
    } else if (name === 'where' && value) state.where.push(value);
  }
  state.pictures = state.pictures.slice(0, 2 * MOST_PICTURES);
  state.text = given.get('text') ?? '';
  if (['mean', 'min', 'max'].includes(given.get('combine'))) state.combine = given.get('combine');
  if (['each', ...config.measures ?? []].includes(given.get('view'))) state.view = given.get('view');
  state.count = Math.min(200, Math.max(1, Math.floor(+given.get('count')) || DEFAULT_COUNT));
  state.unique = given.get('unique') === 'yes';
  state.diversity = Math.min(1, Math.max(0, +given.get('diversity') || 0));
  return state;
}

export function addressOf(state) {
  const made = new URLSearchParams(), plain = emptyState();
  for (const one of state.pictures) {
    const kind = one.upload ? 'upload' : one.like ? 'id' : 'unlike';
    made.append(kind, [one.upload ?? one.id, one.crop, one.upload ? one.name.replaceAll('~', '-') : ''].join('~').replace(/~+$/, ''));
  }
  if (state.text) made.append('text', state.text);
  state.where.forEach(one => made.append('where', one));
  for (const [measure, number] of Object.entries(state.weights)) made.append('weight', `${measure}=${number}`);
  for (const name of ['combine', 'view', 'count', 'diversity']) if (state[name] !== plain[name]) made.append(name, state[name]);
  if (state.unique) made.append('unique', 'yes');
  const text = made.toString();
  return location.pathname + (text ? `?${text}` : '');
}

export const isEmpty = state => !state.pictures.some(one => one.like) && !state.text;
export const likedOf = state => state.pictures.filter(one => one.like);
