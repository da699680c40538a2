// Shows the description of all routes: openapi.json.

const description = await (await fetch('openapi.json')).json();

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

/// The schema that a reference leads to; any other as it is.
function resolved(schema) {
  return schema.$ref ? description.components.schemas[schema.$ref.split('/').pop()] : schema;
}

/// All members of an object, with those of its parts.
function members(schema) {
  const own = resolved(schema);
  const parts = (own.allOf ?? []).map(members);
  return Object.assign({}, own.properties ?? {}, ...parts);
}

/// A schema in few words.
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

/// A value that a schema allows, as short as it can be.
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
  return { model: 'demo', messages: [{ role: 'user', content: 'Hello.' }] }[name] ?? example(schema);
}

function table(schema) {
  const required = new Set(resolved(schema).required ?? []);
  const rows = document.createElement('table');
  const head = rows.insertRow();
  head.append(element('th', '', 'member'), element('th', '', 'value'));
  for (const [name, member] of Object.entries(members(schema))) {
    const row = rows.insertRow();
    row.append(element('td', '', required.has(name) ? `${name} (required)` : name));
    const note = resolved(member).description;
    row.append(element('td', '', words(member) + (note ? `: ${note}` : '')));
  }
  const wide = element('div', 'wide', '');
  wide.append(rows);
  return wide;
}

function route(method, path, operation) {
  const details = document.createElement('details');
  const summary = document.createElement('summary');
  summary.append(
    element('span', 'method', method.toUpperCase()),
    element('code', '', path),
    element('span', 'summary', operation.summary),
  );
  details.append(summary);
  const url = new URL(path.slice(1), document.baseURI);
  const schema = operation.requestBody?.content['application/json'].schema;
  const call = schema
    ? `curl ${url} -H 'Content-Type: application/json' -d '${JSON.stringify(example(schema))}'`
    : `curl ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}${url}`;
  if (schema) {
    details.append(table(schema));
  }
  details.append(element('pre', '', call));
  return details;
}

document.querySelector('#about').textContent =
  `${description.info.summary} ${description.info.description}`;
for (const { name } of description.tags) {
  const section = document.createElement('section');
  const heading = element('h2', '', name);
  heading.id = name.replaceAll(' ', '-');
  section.append(heading);
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (operation.tags.includes(name)) {
        section.append(route(method, path, operation));
      }
    }
  }
  document.querySelector('#routes').append(section);
  const link = element('a', '', name);
  link.href = '#' + heading.id;
  document.querySelector('#tags').append(link);
}
