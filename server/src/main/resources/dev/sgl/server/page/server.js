// Calls of the server. A server with a key is called with the key that the reader typed, which is
// kept until the tab is closed.

import { $ } from './dom.js';
import { events } from './events.js';

const KEY = 'sgl.key';

// Opens the dialog; gives whether a key was typed.
function askForKey() {
  const dialog = $('key-dialog');
  if (!dialog.open) dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener(
      'close',
      () => {
        if (dialog.returnValue === 'ok') sessionStorage.setItem(KEY, $('key').value);
        $('key').value = '';
        resolve(dialog.returnValue === 'ok');
      },
      { once: true },
    );
  });
}

async function refusal(response) {
  const body = await response.json().catch(() => ({}));
  return new Error(body.error?.message ?? `the server answered ${response.status}`);
}

async function call(path, options) {
  const key = sessionStorage.getItem(KEY);
  const headers = { ...options.headers, ...(key && { Authorization: `Bearer ${key}` }) };
  const response = await fetch(path, { ...options, headers });
  if (response.status === 401 && (await askForKey())) return call(path, options);
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
