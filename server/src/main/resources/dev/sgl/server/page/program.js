// Programs: they are written, get their arguments, and run; their events are shown as they come.

import { chosenArguments, openArguments, setArguments, showParameters } from './arguments.js';
import { showCache } from './cache.js';
import { $, button, copy, element } from './dom.js';
import { openEditor } from './editor.js';
import { addValue, clearFacts, count, showResult, variable } from './facts.js';
import { allEnded, clearLanes, ended, lane, log, message, say } from './lanes.js';
import { pack, unpack } from './link.js';
import { keepRun, openRuns } from './runs.js';
import { samples } from './samples.js';
import { get, stream } from './server.js';
import { newId } from './store.js';

const CACHE_MILLIS = 700;

let editor;
let name = 'program'; // of the program in the editor
let served = {}; // the source and the name of the served program that the editor began with
let running; // the AbortController of the run

const shownBy = {
  began: ({ branch }) => lane(branch),
  message: ({ branch, role }) => message(branch, role),
  written: ({ branch, text }) => say(branch, text, 'written'),
  asked: ({ branch, variable: asked, type }) => variable(branch, asked, type),
  generated({ branch, variable: asked, text }) {
    say(branch, text, 'own');
    addValue(branch, asked, text);
  },
  answered: ({ branch, variable: asked, meta }) => count(branch, asked, meta),
  called: ({ branch, tool, arguments: given, result }) =>
    log(branch, `${tool}(${JSON.stringify(given)}) = ${JSON.stringify(result)}`),
  retried: ({ branch, attempt, why }) => log(branch, `attempt ${attempt} failed: ${why}`),
  logged: ({ branch, text }) => log(branch, text),
  ended: ({ branch }) => ended(branch),
  result: ({ result }) => showResult(result),
};

function showError(text) {
  $('run-error').textContent = text;
  $('run-error').hidden = !text;
}

function clear() {
  showError('');
  clearLanes();
  clearFacts();
}

function setRunning(controller) {
  running = controller;
  $('run').hidden = Boolean(controller);
  $('stop-run').hidden = !controller;
  $('run-status').textContent = controller ? 'The program is running.' : 'The run has ended.';
}

function chosenSeed() {
  return $('seed').value === '' ? null : Number($('seed').value);
}

// The call that runs the program. A served program that was not changed runs as it is served, with
// its tools.
function requested() {
  const source = editor.text();
  const isServed = source === served.source;
  return {
    path: isServed ? `v1/programs/${encodeURIComponent(served.name)}` : 'playground/run',
    body: { ...(!isServed && { source }), arguments: chosenArguments(), seed: chosenSeed() },
  };
}

async function runProgram() {
  if (running) return;
  clear();
  const run = { id: newId(), changed: Date.now(), name, source: editor.text(), events: [] };
  const watching = setInterval(showCache, CACHE_MILLIS);
  try {
    const { path, body } = requested();
    Object.assign(run, { arguments: body.arguments, seed: body.seed });
    setRunning(new AbortController());
    $('lanes').scrollIntoView(); // on a narrow screen it is below the editor
    for await (const { event, data } of stream(path, body, running.signal)) {
      run.events.push({ at: Date.now() - run.changed, event, data });
      shownBy[event]?.(data);
    }
  } catch (error) {
    run.error = error.name === 'AbortError' ? 'The run was stopped.' : error.message;
    showError(run.error);
  }
  clearInterval(watching);
  setRunning(undefined);
  allEnded();
  if (run.events.length)
    await keepRun(run).catch((error) => showError(`This run is not kept: ${error.message}`));
  await showCache();
}

export function stopRun() {
  running?.abort();
}

function showRun(run) {
  if (running) return;
  clear();
  run.events.forEach(({ event, data }) => shownBy[event]?.(data));
  allEnded();
  showError(run.error ?? '');
}

function load({ source, arguments: given, seed }) {
  editor.set(source);
  setArguments(given ?? {});
  $('seed').value = seed ?? '';
}

function problem({ from, message: text, help, severity }) {
  const words = `${editor.place(from)} ${text}${help ? ` (${help})` : ''}`;
  return element(
    'li',
    { className: severity },
    button(words, () => editor.go(from), 'entry'),
  );
}

function checked({ diagnostics, program }) {
  $('problems').replaceChildren(...diagnostics.map(problem));
  if (!program) return;
  name = program.name;
  $('documentation').textContent = program.documentation;
  showParameters(program.parameters);
}

// Puts the program of a link, its arguments and its seed into the editor.
export async function showLinked(packed) {
  const linked = await unpack(packed).catch(() => undefined);
  if (typeof linked?.source !== 'string') throw new Error('The link is broken: it has no program.');
  load(linked);
}

async function copyLink() {
  const program = { source: editor.text(), arguments: chosenArguments(), seed: chosenSeed() };
  history.replaceState(null, '', `#program=${await pack(program)}`);
  await copy(location.href, $('link'));
}

async function begin() {
  const { value, selectedOptions } = $('samples');
  const isServed = selectedOptions[0].parentElement.label !== undefined;
  const source = isServed
    ? (await get(`v1/programs/${encodeURIComponent(value)}`)).source
    : samples[value];
  served = isServed ? { source, name: value } : {};
  editor.set(source);
}

async function openSamples() {
  $('samples').append(...Object.keys(samples).map((one) => new Option(one)));
  $('samples').onchange = () => begin().catch((error) => showError(error.message));
  await begin();
  const { data } = await get('v1/programs');
  if (data.length) {
    const options = data.map(({ id, description }) =>
      Object.assign(new Option(id), { title: description }),
    );
    $('samples').append(element('optgroup', { label: 'served' }, ...options));
  }
}

export async function openProgram() {
  editor = openEditor($('editor'), checked);
  openArguments();
  clearFacts();
  $('arguments').onsubmit = (event) => {
    event.preventDefault();
    runProgram();
  };
  $('stop-run').onclick = stopRun;
  $('link').onclick = copyLink;
  await openRuns({ show: showRun, load });
  await openSamples();
  await showCache();
}
