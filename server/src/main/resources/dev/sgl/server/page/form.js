// A form for arguments, made from the types of a program's parameters. A control is
// {element, value, set}: `value` gives undefined for a value that is left out, and throws an error
// for a text that is wrong.

import { button, element } from './dom.js';
import { readJson } from './json.js';
import { bounds, choices, control, readNumber, resolved } from './schema.js';

const SHORT = 60; // characters that fit into one line

function labelled(name, hint, input) {
  const words = element('span', { className: 'label' }, name);
  if (hint) words.append(element('span', { className: 'hint' }, ` ${hint}`));
  return element('label', { className: 'field' }, words, input);
}

function text(name, schema, isRequired) {
  const isShort = schema.maxLength <= SHORT;
  const input = isShort
    ? element('input', { spellcheck: false })
    : element('textarea', { rows: 1 });
  return {
    element: labelled(name, bounds(schema), input),
    value: () => (input.value === '' && !isRequired ? undefined : input.value),
    set: (value) => (input.value = value),
  };
}

function number(name, schema) {
  const input = element('input', { type: 'number', step: schema.type === 'integer' ? 1 : 'any' });
  if (schema.minimum !== undefined) input.min = schema.minimum;
  if (schema.maximum !== undefined) input.max = schema.maximum;
  return {
    element: labelled(name, bounds(schema), input),
    value: () => readNumber(input.value, name, schema),
    set: (value) => (input.value = value),
  };
}

function choice(name, values, isRequired) {
  const options = values.map(
    (value, i) => new Option(typeof value === 'string' ? value : JSON.stringify(value), i),
  );
  const select = element(
    'select',
    {},
    ...(isRequired ? [] : [new Option('(left out)', '')]),
    ...options,
  );
  return {
    element: labelled(name, '', select),
    value: () => values[select.value],
    set: (value) => (select.value = values.indexOf(value)),
  };
}

function flag(name) {
  const input = element('input', { type: 'checkbox' });
  return {
    element: element('label', { className: 'switch' }, input, ` ${name}`),
    value: () => input.checked,
    set: (value) => (input.checked = value),
  };
}

function json(name, hint) {
  const input = element('textarea', { rows: 2, className: 'mono', spellcheck: false });
  return {
    element: labelled(name, `${hint} as JSON`.trim(), input),
    value: () => readJson(input.value, name),
    set: (value) => (input.value = JSON.stringify(value, null, 2)),
  };
}

function record(name, schema, root, depth) {
  const required = new Set(schema.required ?? []);
  const members = Object.entries(schema.properties).map(([key, member]) => [
    key,
    controlOf(key, member, root, required.has(key), depth + 1),
  ]);
  const group = element(
    'fieldset',
    {},
    element('legend', {}, name),
    ...members.map(([, member]) => member.element),
  );
  return {
    element: group,
    value: () => {
      const given = members.map(([key, member]) => [key, member.value()]);
      return Object.fromEntries(given.filter(([, value]) => value !== undefined));
    },
    set: (value) => members.forEach(([key, member]) => key in value && member.set(value[key])),
  };
}

function list(name, schema, root, depth) {
  let items = [];
  const rows = element('div', {});
  const row = (item) =>
    element(
      'div',
      { className: 'item' },
      item.element,
      button('Remove', () => remove(item)),
    );
  const show = () => rows.replaceChildren(...items.map(row));
  const remove = (item) => {
    items = items.filter((one) => one !== item);
    show();
  };
  const add = () => {
    const item = controlOf(`item of ${name}`, schema.items, root, true, depth + 1);
    items.push(item);
    show();
    return item;
  };
  const hint = element('span', { className: 'hint' }, ` ${bounds(schema)}`);
  return {
    element: element('fieldset', {}, element('legend', {}, name, hint), rows, button('Add', add)),
    value: () => items.map((item) => item.value()).filter((value) => value !== undefined),
    set: (values) => {
      items = [];
      show();
      values.forEach((value) => add().set(value));
    },
  };
}

// The control of a value. One that can be left out is in JSON if it has no empty form of its own.
function controlOf(name, schema, root, isRequired, depth, type = '') {
  const own = resolved(schema, root);
  const kind = control(own, root, depth);
  switch (kind) {
    case 'text':
      return text(name, own, isRequired);
    case 'number':
      return number(name, own);
    case 'choice':
      return choice(name, choices(own), isRequired);
    case 'flag':
      return isRequired ? flag(name) : choice(name, [true, false], false);
    default:
      if (!isRequired || kind === 'json') return json(name, type);
      return kind === 'record' ? record(name, own, root, depth) : list(name, own, root, depth);
  }
}

// The form for parameters as the server describes them; a default is there from the start.
export function argumentsForm(parameters) {
  const controls = parameters.map(({ name, type, schema, required, default: standard }) => {
    const made = controlOf(name, schema, schema, required || standard !== undefined, 0, type);
    if (standard !== undefined) made.set(standard);
    return [name, made];
  });
  return {
    elements: controls.map(([, made]) => made.element),
    value: () => {
      const given = controls.map(([name, made]) => [name, made.value()]);
      return Object.fromEntries(given.filter(([, value]) => value !== undefined));
    },
    set: (values) => controls.forEach(([name, made]) => name in values && made.set(values[name])),
  };
}
