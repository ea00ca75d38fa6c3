// A search: from its state to the request of the HTTP interface.
import {config} from '../shell/dom.js';
import {request} from '../shell/api.js';
import {keptFile} from './uploads.js';

export class MissingUpload extends Error {
  constructor(picture) {
    super('missing upload');
    this.picture = picture;
  }
}

export async function ask(state, signal) {
  const form = new FormData(), crops = [];
  const liked = state.pictures.filter(one => one.like);
  for (const one of liked.filter(picture => picture.upload)) {
    const kept = await keptFile(one.upload);
    if (!kept) throw new MissingUpload(one);
    form.append('images', kept.blob, kept.name);
    crops.push(one.crop);
  }
  for (const one of liked.filter(picture => !picture.upload)) {
    form.append('id', one.id);
    crops.push(one.crop);
  }
  const unliked = state.pictures.filter(one => !one.like);
  if (config.can_unlike) unliked.forEach(one => form.append('unlike_id', one.id));
  if (config.can_crop && crops.some(Boolean)) crops.forEach(one => form.append('crop', one || 'whole'));
  if (state.text && config.can_text) form.append('text', state.text);
  state.where.forEach(one => form.append('where', one));
  const weights = Object.entries(state.weights);
  if (weights.some(([, number]) => number > 0)) for (const [measure, number] of weights) if (number > 0) form.append('weight', `${measure}=${number}`);
  form.append('top_k', state.view === 'each' ? Math.min(24, state.count) : state.count);
  if (liked.length > 1) form.append('combine', state.combine);
  if (state.view !== 'each') form.append('measure', state.view);
  if (state.unique) form.append('no_copies', 'yes');
  if (state.diversity) form.append('diversity', state.diversity);
  return request('/v1/query', {method: 'POST', body: form, signal});
}
