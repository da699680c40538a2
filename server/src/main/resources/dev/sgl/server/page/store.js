// Things that this browser keeps, by their `id`.

const NAMES = ['conversations', 'runs'];

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

let opened;

function database() {
  if (!opened) {
    const request = indexedDB.open('sgl', 1);
    request.onupgradeneeded = () =>
      NAMES.forEach((name) => request.result.createObjectStore(name, { keyPath: 'id' }));
    opened = settled(request);
  }
  return opened;
}

async function files(name, mode) {
  return (await database()).transaction(name, mode).objectStore(name);
}

// An id that nothing else has. Browsers make random UUIDs for secure pages only.
export function newId() {
  return `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;
}

// All that is kept under a name, the last changed first; nothing if the browser keeps nothing, as
// in some private windows.
export async function all(name) {
  try {
    const kept = await settled((await files(name, 'readonly')).getAll());
    return kept.sort((one, other) => other.changed - one.changed);
  } catch {
    return [];
  }
}

export async function keep(name, thing) {
  await settled((await files(name, 'readwrite')).put(thing));
}

export async function remove(name, id) {
  await settled((await files(name, 'readwrite')).delete(id));
}
