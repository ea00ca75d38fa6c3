// Text becomes part of the page as text, never as HTML.
export function element(name, properties, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}
// An address of the service, which may be below a path of another server.
export const at = path => document.body.dataset.root + path;
