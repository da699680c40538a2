// Calls of the server. A server with a key is called with the key that the reader typed, which is
// kept until the tab is closed.

import { $ } from './dom.js';
import { events } from './events.js';

const KEY = 'sgl.key';

let asking; // the promise of the dialog that is open

// Opens the dialog; gives whether a key was typed. Escape leaves the dialog's last value as it is.
function openDialog() {
  const dialog = $('key-dialog');
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    const closed = () => {
      const key = dialog.returnValue === 'ok' ? $('key').value.trim() : '';
      $('key').value = '';
      if (key) sessionStorage.setItem(KEY, key);
      resolve(Boolean(key));
    };
    dialog.addEventListener('close', closed, { once: true });
  });
}

// Asks for a key, once for all calls that wait for one. A call that was refused with an older key
// than the one that is known now need not ask.
async function hasOtherKey(tried) {
  if (sessionStorage.getItem(KEY) !== tried) return true;
  asking ??= openDialog().finally(() => (asking = undefined));
  return asking;
}

async function refusal(response) {
  const body = await response.json().catch(() => ({}));
  return new Error(body.error?.message ?? `the server answered ${response.status}`);
}

async function call(path, options) {
  const key = sessionStorage.getItem(KEY);
  const headers = { ...options.headers, ...(key && { Authorization: `Bearer ${key}` }) };
  const response = await fetch(path, { ...options, headers });
  if (response.status === 401 && (await hasOtherKey(key))) return call(path, options);
  if (!response.ok) throw await refusal(response);
  return response;
}

function posted(path, body, signal) {
  const headers = { 'Content-Type': 'application/json' };
  return call(path, { method: 'POST', headers, body: JSON.stringify(body), signal });
}

export async function get(path) {
  return (await call(path, {})).json();
}

export async function post(path, body, signal) {
  return (await posted(path, body, signal)).json();
}

async function* pieces(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    yield value;
  }
}

// The events of an answer; an error in it is thrown.
export async function* stream(path, body, signal) {
  for await (const event of events(pieces(await posted(path, { ...body, stream: true }, signal)))) {
    if (event.data.error) throw new Error(event.data.error.message);
    yield event;
  }
}
