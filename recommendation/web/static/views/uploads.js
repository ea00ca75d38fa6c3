// Pictures of the user's own: kept in this browser under a name made of their content, so that an address can name them and
// Back, reloading and a second tab find them again. The service keeps none. A link for others carries a small copy.
const STORE = 'pictures', KEPT = 60, SHARED_SIDE = 192, SHARED_QUALITY = .6;
export const FILE_LIMIT = 32 << 20;
const memory = new Map();

function open() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open('imagerec', 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, {keyPath: 'key'}).createIndex('used', 'used');
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function inStore(mode, work) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const asked = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked?.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

// SHA-256 where the page may use it (HTTPS, localhost), else two rounds of FNV-1a: it names, it does not protect.
async function keyOf(data) {
  if (globalThis.crypto?.subtle) {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', data));
    return [...digest.slice(0, 16)].map(one => one.toString(16).padStart(2, '0')).join('');
  }
  const octets = new Uint8Array(data), parts = [0x811c9dc5, 0x01234567, 0x89abcdef, 0x2468ace0];
  for (const octet of octets) for (let at = 0; at < 4; at++) parts[at] = Math.imul(parts[at] ^ (octet + at), 0x01000193);
  return parts.map(one => (one >>> 0).toString(16).padStart(8, '0')).join('');
}

// Keeps a file; gives {key, name, blob}.
export async function keepFile(file) {
  const data = await file.arrayBuffer();
  const kept = {key: await keyOf(data), name: file.name || 'picture', blob: new Blob([data], {type: file.type}), used: Date.now()};
  memory.set(kept.key, kept);
  try {
    await inStore('readwrite', store => store.put(kept));
    await forgetOldest();
  } catch { /* private windows keep nothing: this tab still has it */ }
  return kept;
}

async function forgetOldest() {
  const keys = await inStore('readonly', store => store.index('used').getAllKeys());
  if (keys.length > KEPT) await inStore('readwrite', store => { for (const key of keys.slice(0, keys.length - KEPT)) store.delete(key); });
}

export async function keptFile(key) {
  if (!memory.has(key)) {
    try {
      const found = await inStore('readonly', store => store.get(key));
      if (found) memory.set(key, found);
    } catch { /* nothing is kept here */ }
  }
  return memory.get(key) ?? null;
}

// A small copy as text for an address.
export async function toShared(kept) {
  const image = await createImageBitmap(kept.blob);
  const scale = Math.min(1, SHARED_SIDE / Math.min(image.width, image.height));
  const canvas = Object.assign(document.createElement('canvas'), {width: Math.round(image.width * scale), height: Math.round(image.height * scale)});
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/webp', SHARED_QUALITY).replace(/^data:/, '').replace(';base64,', ',').replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

export async function fromShared(text, name) {
  const [type, data] = text.replaceAll('-', '+').replaceAll('_', '/').split(',');
  const octets = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
  return keepFile(new File([octets], name, {type}));
}

// Draws it into a canvas, which the strict policy of the page allows where it allows no blob: address.
export async function draw(canvas, blob, side) {
  const image = await createImageBitmap(blob);
  const scale = Math.min(1, side / Math.max(image.width, image.height));
  canvas.width = Math.round(image.width * scale);
  canvas.height = Math.round(image.height * scale);
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
}
