// The tree of prefixes in the server's cache.

import { $, element } from './dom.js';
import { get } from './server.js';

const DEEPEST = 12; // that is indented further

let known = new Set(); // the runs that were seen

function nodes(runs) {
  const children = runs.map(() => []);
  const roots = [];
  runs.forEach((run, i) => (run.parent < 0 ? roots : children[run.parent]).push(i));
  const all = [];
  const add = (i, depth, path) => {
    const id = `${path}/${runs[i].text}`;
    all.push({ ...runs[i], id, depth });
    children[i].forEach((child) => add(child, depth + 1, id));
  };
  roots.forEach((i) => add(i, 0, ''));
  return all;
}

function shown({ id, depth, tokens, text, used }) {
  const made = element(
    'div',
    { className: 'node', title: text },
    element('b', {}, tokens),
    element('span', {}, text.replace(/\s+/g, ' ')),
  );
  made.classList.toggle('used', used);
  made.classList.toggle('fresh', known.size > 0 && !known.has(id));
  made.style.marginLeft = `${Math.min(depth, DEEPEST) * 0.7}rem`;
  return made;
}

function show({ runs, hidden }) {
  const all = nodes(runs);
  $('cache').replaceChildren(...all.map(shown));
  known = new Set(all.map(({ id }) => id));
  const tokens = runs.reduce((sum, run) => sum + run.tokens, 0);
  $('cache-size').textContent = `${tokens} tokens in ${runs.length + hidden} runs`;
}

// Shows the cache, if the server lets this reader see it.
export async function showCache() {
  try {
    show(await get('cache'));
  } catch (error) {
    $('cache-size').textContent = error.message;
  }
}
