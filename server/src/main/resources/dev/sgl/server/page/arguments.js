// The arguments of the program in the editor: a form, or all of them as JSON.

import { $ } from './dom.js';
import { argumentsForm } from './form.js';
import { readJson } from './json.js';

let form = argumentsForm([]);
let shown = ''; // the parameters that the form is for, in JSON
let wanted; // values for the form of a program that is being checked

function isJson() {
  return $('as-json').checked;
}

export function chosenArguments() {
  return isJson() ? writtenArguments() : (wanted ?? form.value());
}

// The arguments in JSON.
function writtenArguments() {
  return readJson($('json').value, 'the text of the arguments') ?? {};
}

// Sets the arguments of a program that is in the editor from now on. The form, which is that of the
// program before, gets them when it is made again.
export function setArguments(values) {
  wanted = values;
  writeJson(values);
}

function writeJson(values) {
  $('json').value = JSON.stringify(values, null, 2);
  $('json').setCustomValidity('');
}

// The values that stay when the form is made again: those of parameters that have not changed.
function staying(parameters) {
  const before = new Set(shown ? JSON.parse(shown).map((one) => JSON.stringify(one)) : []);
  const values = formValues();
  const names = parameters.filter((one) => before.has(JSON.stringify(one))).map(({ name }) => name);
  return Object.fromEntries(
    names.filter((name) => name in values).map((name) => [name, values[name]]),
  );
}

// Shows the form for parameters.
export function showParameters(parameters) {
  const described = JSON.stringify(parameters);
  if (described === shown && !wanted) return;
  const values = wanted ?? staying(parameters);
  form = argumentsForm(parameters);
  wanted = undefined;
  shown = described;
  try {
    form.set(values);
  } catch {
    form = argumentsForm(parameters); // a link has values of other types: they are left in JSON
    showAsJson(true);
  }
  $('fields').replaceChildren(...form.elements);
  if (!parameters.length) $('fields').textContent = 'This program takes no arguments.';
}

// The values of the form, without those that are wrong at the moment.
function formValues() {
  try {
    return form.value();
  } catch {
    return {};
  }
}

// Puts the arguments in JSON into the form. If they are wrong, the box says so and stays.
function fillFromJson() {
  try {
    const values = writtenArguments();
    if (wanted) wanted = values;
    else form.set(values);
  } catch (error) {
    showAsJson(true);
    $('json').setCustomValidity(error.message);
    $('json').reportValidity();
  }
}

// Shows the arguments as JSON or in the form. What is hidden is disabled, too: a browser would
// refuse to send a form for a mistake that it cannot show.
function showAsJson(isShown) {
  $('as-json').checked = isShown;
  $('json-field').hidden = !isShown;
  $('json').disabled = !isShown;
  $('fields').hidden = isShown;
  $('fields').disabled = isShown;
}

export function openArguments() {
  $('as-json').onchange = () => {
    showAsJson(isJson());
    if (isJson()) writeJson(wanted ?? formValues());
    else fillFromJson();
  };
  $('json').oninput = () => $('json').setCustomValidity('');
  showAsJson(isJson());
}
