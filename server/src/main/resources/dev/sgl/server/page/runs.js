// The last runs of programs, with their events, which this browser keeps.

import { $, download, entry } from './dom.js';
import * as store from './store.js';

const KIND = 'runs';
const MOST = 20;

let kept = [];
let actions = {};

function title({ name, changed, error }) {
  const time = new Date(changed).toLocaleString([], { dateStyle: 'short', timeStyle: 'medium' });
  return `${name}, ${time}${error ? ', failed' : ''}`;
}

function save({ name, events }) {
  const lines = events.map((event) => JSON.stringify(event) + '\n').join('');
  download(`${name}.jsonl`, 'application/jsonl', lines);
}

function shown(run) {
  return entry(title(run), () => actions.show(run), {
    Program: () => actions.load(run),
    'Save events': () => save(run),
    Delete: () => remove(run),
  });
}

function show() {
  $('runs').replaceChildren(...kept.map(shown));
}

async function remove(run) {
  kept = kept.filter((one) => one !== run);
  show();
  await store.remove(KIND, run.id);
}

// Keeps a run; the oldest of too many is forgotten.
export async function keepRun(run) {
  kept = [run, ...kept];
  show();
  await store.keep(KIND, run);
  if (kept.length > MOST) await remove(kept.at(-1));
}

// Shows the list. `show` is called with a run to be looked at again, `load` with one whose program
// goes into the editor.
export async function openRuns(given) {
  actions = given;
  kept = await store.all(KIND);
  show();
}
