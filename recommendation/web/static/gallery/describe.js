// Words about a picture: its name, what a screen reader says of it, whose it is.
export const nameOfPicture = item => item.title || item.filename;
export const isWebAddress = text => /^https?:\/\//i.test(text ?? '');

export function altOf(item) {
  const words = [...new Set([...(item.tags ?? []), item.category].filter(Boolean))];
  return words.length ? words.slice(0, 6).join(', ') : nameOfPicture(item);
}

export const hasOrigin = item => Boolean(item.license || item.author || isWebAddress(item.source_url));

// Title, author, licence and source: what a licence asks to be named. Source: https://wiki.creativecommons.org/wiki/Recommended_practices_for_attribution
export function attributionOf(item) {
  if (item.attribution) return item.attribution;
  const parts = [`“${nameOfPicture(item)}”`];
  if (item.author) parts.push(`by ${item.author}`);
  if (item.license) parts.push(`(${item.license}${item.license_url ? `, ${item.license_url}` : ''})`);
  if (isWebAddress(item.source_url)) parts.push(item.source_url);
  return parts.join(' ');
}

// Very wide and very tall pictures are shown cut, so that rows stay rows.
export const ratioOf = item => Math.min(3.2, Math.max(.45, (item.width_px || 4) / (item.height_px || 3)));
