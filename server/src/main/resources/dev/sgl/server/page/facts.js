// The facts about a run: its variables, its result, and the tokens that it took.

import { $, element } from './dom.js';
import { prettyJson } from './json.js';

const rows = new Map(); // of the table, by branch and variable
let cost;

export function clearFacts() {
  rows.clear();
  cost = { prompt: 0, cached: 0, generated: 0, forced: 0 };
  $('variables').tBodies[0].replaceChildren();
  $('result').textContent = '';
  showTokens();
}

// A variable of a branch, whose value follows.
export function variable(branch, name, type) {
  const inner = [...branch.split('/').slice(1), name].join('.');
  const value = element(
    'td',
    {},
    element('span', { className: 'type' }, type),
    element('span', { className: 'value' }),
  );
  const row = element('tr', {}, element('td', { className: 'name', title: inner }, inner), value);
  rows.set(`${branch} ${name}`, row);
  $('variables').tBodies[0].append(row);
}

// Adds to the value of a variable. A choice is not announced, so that its row may be missing.
export function addValue(branch, name, text) {
  if (!rows.has(`${branch} ${name}`)) variable(branch, name, 'a choice');
  rows.get(`${branch} ${name}`).querySelector('.value').textContent += text;
}

// Counts a request of the run, whose value is whole.
export function count(branch, name, meta) {
  cost.prompt += meta.prompt_tokens;
  cost.cached += meta.cached_tokens;
  cost.generated += meta.generated_tokens;
  cost.forced += meta.forced_tokens;
  const row = rows.get(`${branch} ${name}`);
  if (row) {
    const time = `${Math.round(meta.total_ms)} ms`;
    row.title = `${meta.cached_tokens} of ${meta.prompt_tokens} tokens cached, ${time}`;
    const value = row.querySelector('.value');
    value.textContent = prettyJson(value.textContent) ?? value.textContent;
  }
  showTokens();
}

function part(kind, tokens) {
  const made = element('i', { className: kind });
  made.style.width = `${cost.prompt ? (100 * tokens) / cost.prompt : 0}%`;
  return made;
}

function showTokens() {
  const { prompt, cached, generated, forced } = cost;
  const words = `${generated} generated${forced ? `, ${forced} of them forced` : ''}`;
  $('tokens').replaceChildren(
    element('div', { className: 'bar' }, part('cached', cached), part('computed', prompt - cached)),
    element(
      'div',
      { className: 'legend' },
      element('span', { className: 'cached' }, `${cached} cached`),
      element('span', { className: 'computed' }, `${prompt - cached} computed`),
    ),
    element('div', { className: 'hint' }, words),
  );
}

export function showResult(value) {
  $('result').textContent = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
