// Shows the description of all routes: openapi.json.

import { $, element } from './dom.js';

const description = await (await fetch('openapi.json')).json();

// The schema that a reference leads to; any other as it is.
function resolved(schema) {
  return schema.$ref ? description.components.schemas[schema.$ref.split('/').pop()] : schema;
}

// All members of an object, with those of its parts.
function members(schema) {
  const own = resolved(schema);
  const parts = (own.allOf ?? []).map(members);
  return Object.assign({}, own.properties ?? {}, ...parts);
}

// A schema in few words.
function words(schema) {
  const own = resolved(schema);
  const choices = own.anyOf ?? own.enum;
  if (own.anyOf) {
    return [...new Set(choices.map(words))].join(' or ');
  }
  if (choices) {
    return choices.map((choice) => JSON.stringify(choice)).join(', ');
  }
  const type = [own.type ?? 'any'].flat().join(' or ');
  if (type === 'array') {
    return 'list of ' + words(own.items ?? {});
  }
  const least = own.minimum === undefined ? '' : ` from ${own.minimum}`;
  return type + least + (own.maximum === undefined ? '' : ` to ${own.maximum}`);
}

// A value that a schema allows, as short as it can be.
function example(schema) {
  const own = resolved(schema);
  if (own.enum) {
    return own.enum[0];
  }
  if (own.anyOf) {
    return example(own.anyOf[0]);
  }
  switch ([own.type ?? 'object'].flat()[0]) {
    case 'string':
      return 'Hello.';
    case 'integer':
    case 'number':
      return Math.max(own.minimum ?? 0, Math.min(64, own.maximum ?? 64));
    case 'boolean':
      return true;
    case 'array':
      return own.minItems || !own.items ? [example(own.items ?? {})] : [];
    default: {
      const all = members(own);
      const required = [own, ...(own.allOf ?? []).map(resolved)].flatMap((s) => s.required ?? []);
      return Object.fromEntries(required.map((name) => [name, sample(name, all[name])]));
    }
  }
}

function sample(name, schema) {
  const samples = { model: 'demo', messages: [{ role: 'user', content: 'Hello.' }] };
  return samples[name] ?? example(schema);
}

function table(schema) {
  const required = new Set(resolved(schema).required ?? []);
  const rows = Object.entries(members(schema)).map(([name, member]) => {
    const note = resolved(member).description;
    return element(
      'tr',
      {},
      element('td', {}, required.has(name) ? `${name} (required)` : name),
      element('td', {}, words(member) + (note ? `: ${note}` : '')),
    );
  });
  const head = element('tr', {}, element('th', {}, 'member'), element('th', {}, 'value'));
  const body = element('tbody', {}, head, ...rows);
  return element('div', { className: 'wide' }, element('table', {}, body));
}

// The command that calls a route.
function command(method, path, schema) {
  const url = new URL(path.slice(1), document.baseURI);
  if (!schema) return `curl ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}${url}`;
  return `curl ${url} -H 'Content-Type: application/json' -d '${JSON.stringify(example(schema))}'`;
}

function route(method, path, operation) {
  const schema = operation.requestBody?.content['application/json'].schema;
  return element(
    'details',
    {},
    element(
      'summary',
      {},
      element('span', { className: 'method' }, method.toUpperCase()),
      element('code', {}, path),
      element('span', { className: 'summary' }, operation.summary),
    ),
    ...(schema ? [table(schema)] : []),
    element('pre', {}, command(method, path, schema)),
  );
}

// The routes with a tag, under its name.
function section({ name }) {
  const routes = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.tags.includes(name))
      .map(([method, operation]) => route(method, path, operation)),
  );
  return element('section', {}, element('h2', { id: anchor(name) }, name), ...routes);
}

function anchor(name) {
  return name.replaceAll(' ', '-');
}

$('about').textContent = `${description.info.summary} ${description.info.description}`;
$('routes').append(...description.tags.map(section));
$('tags').append(
  ...description.tags.map(({ name }) => element('a', { href: `#${anchor(name)}` }, name)),
);
