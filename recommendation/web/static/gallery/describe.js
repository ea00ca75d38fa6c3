// Words about a picture: its name, what a screen reader says of it, whose it is.
export const nameOfPicture = item => item.title || item.filename;
export const isWebAddress = text => /^https?:\/\//i.test(text ?? '');

export function altOf(item) {
  const words = [...new Set([...(item.tags ?? []), item.category].filter(Boolean))];
  return words.length ? words.slice(0, 6).join(', ') : nameOfPicture(item);
}

// The index composes a credit for each picture of which a licence, an author or a source is known.
export const hasOrigin = item => Boolean(item.attribution);

// Very wide and very tall pictures are shown cut, so that rows stay rows.
export const ratioOf = item => Math.min(3.2, Math.max(.45, (item.width_px || 4) / (item.height_px || 3)));
