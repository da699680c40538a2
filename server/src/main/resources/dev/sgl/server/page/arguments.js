// The arguments of the program in the editor: a form, or all of them as JSON.

import { $ } from './dom.js';
import { argumentsForm } from './form.js';
import { readJson } from './json.js';

let form = argumentsForm([]);
let shown = ''; // the parameters that the form is for, in JSON
let wanted = {}; // values for the form of a program that is being checked

function isJson() {
  return $('as-json').checked;
}

export function chosenArguments() {
  return isJson() ? (readJson($('json').value, 'the text of the arguments') ?? {}) : form.value();
}

// Sets the arguments, now and once the form has the parameters of another program.
export function setArguments(values) {
  wanted = values;
  form.set(values);
  $('json').value = JSON.stringify(values, null, 2);
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
  if (described !== shown) {
    const values = { ...staying(parameters), ...wanted };
    form = argumentsForm(parameters);
    form.set(values);
    $('fields').replaceChildren(...form.elements);
    if (!parameters.length) $('fields').textContent = 'This program takes no arguments.';
    shown = described;
  }
  wanted = {};
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
    form.set(readJson($('json').value, 'the text of the arguments') ?? {});
  } catch (error) {
    $('as-json').checked = true;
    $('json').setCustomValidity(error.message);
    $('json').reportValidity();
  }
}

export function openArguments() {
  $('as-json').onchange = () => {
    if (isJson()) $('json').value = JSON.stringify(formValues(), null, 2);
    else fillFromJson();
    $('json-field').hidden = !isJson();
    $('fields').hidden = isJson();
  };
  $('json').oninput = () => $('json').setCustomValidity('');
}
