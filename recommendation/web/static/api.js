// The HTTP interface; every error has the form {"error": {"code", "message"}}.
export async function query(form) {
  const response = await fetch('/v1/query', {method: 'POST', body: form});
  const content = await response.json();
  if (!response.ok) throw new Error(content.error.message);
  return content;
}

export function imageUrl(imageId) {
  return '/v1/images/' + encodeURIComponent(imageId);
}
