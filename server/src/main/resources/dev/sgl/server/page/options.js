// The form of options of a chat. Its values are kept in this browser.

import { $, element } from './dom.js';
import { FORMATS, NUMBERS, parameters } from './parameters.js';

const KEPT = 'sgl.options';
const FIRST = { temperature: '0.7', max_tokens: '1024' };
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

const NAMES = [
  ...NUMBERS.map(({ name }) => name),
  'stop',
  'format',
  'format_text',
  'reasoning_effort',
  'tools',
  'other',
];

function field(label, input) {
  return element('label', { className: 'field' }, label, input);
}

function number({ name, label, ...bounds }) {
  return field(label, element('input', { type: 'number', name, ...bounds }));
}

function box(name, label, rows, placeholder = '') {
  return field(
    label,
    element('textarea', { name, rows, spellcheck: false, className: 'mono', placeholder }),
  );
}

function choice(name, label, options) {
  return field(label, element('select', { name }, ...options));
}

// Shows the form; the model's capabilities say which options it has.
export function openOptions(capabilities) {
  const form = $('options-form');
  const numbers = element('div', { className: 'numbers' }, ...NUMBERS.map(number));
  const formats = FORMATS.map(({ name, title }) => new Option(title, name));
  form.append(
    numbers,
    box('stop', 'Stop texts, one a line', 1),
    choice('format', 'Answer', formats),
    box('format_text', '', 4),
  );
  if (capabilities.includes('thinking')) {
    const efforts = EFFORTS.map((effort) => new Option(effort));
    form.append(
      choice('reasoning_effort', 'Thinking', [new Option("the model's own", ''), ...efforts]),
    );
  }
  if (capabilities.includes('tools')) {
    const example = '[{"type": "function", "function": {"name": …, "parameters": {…}}}]';
    form.append(box('tools', 'Tools, as a list in JSON', 4, example));
  }
  form.append(box('other', 'Other parameters, as JSON', 2, '{"logit_bias": {…}}'));
  fill(form, { ...FIRST, ...JSON.parse(localStorage.getItem(KEPT) ?? '{}') });
  form.oninput = () => {
    showFormat(form);
    localStorage.setItem(KEPT, JSON.stringify(values(form)));
  };
  form.onsubmit = (event) => event.preventDefault();
  $('reset-options').onclick = () => {
    fill(form, FIRST);
    localStorage.removeItem(KEPT);
  };
}

function fill(form, texts) {
  for (const name of NAMES) {
    const input = form.elements[name];
    if (input) input.value = texts[name] ?? (name === 'format' ? 'text' : '');
  }
  showFormat(form);
}

// Shows the box for the format's text if the format needs one.
function showFormat(form) {
  const { label } = FORMATS.find(({ name }) => name === form.elements.format.value);
  const shown = form.elements.format_text.parentElement;
  shown.hidden = !label;
  shown.firstChild.textContent = label ?? '';
}

function values(form) {
  const inputs = NAMES.map((name) => form.elements[name]).filter(Boolean);
  return Object.fromEntries(inputs.map((input) => [input.name, input.value]));
}

// The parameters that the form says.
//
// Throws an error if a text in it is not JSON.
export function chosenParameters() {
  const form = $('options-form');
  if (!form.reportValidity()) throw new Error('an option is outside its range');
  return parameters(values(form));
}
