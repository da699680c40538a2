// Which control of a form a JSON Schema gets, and values of texts.

const DEEPEST = 3;

// The schema that a reference within `root` leads to.
export function resolved(schema, root) {
  const name = schema.$ref?.match(/^#\/\$defs\/(.+)$/)?.[1];
  return name ? root.$defs[name] : schema;
}

// The values of a schema that allows a few values only; else undefined.
export function choices(schema) {
  if ('const' in schema) return [schema.const];
  if (schema.enum) return schema.enum;
  const parts = schema.anyOf?.map(choices);
  return parts?.every(Boolean) ? parts.flat() : undefined;
}

// The control of a schema: `choice`, `flag`, `number`, `text`, `record`, `list`, or `json` for any
// other.
export function control(schema, root, depth = 0) {
  const own = resolved(schema, root);
  if (choices(own)) return 'choice';
  if (own.type === 'boolean') return 'flag';
  if (own.type === 'integer' || own.type === 'number') return 'number';
  if (own.type === 'string') return 'text';
  if (depth < DEEPEST && own.type === 'object' && Object.keys(own.properties ?? {}).length)
    return 'record';
  if (depth < DEEPEST && own.type === 'array' && own.items) return 'list';
  return 'json';
}

// The bounds of a schema in words.
export function bounds(schema) {
  const range = (least, most) => {
    if (least !== undefined && most !== undefined) return `${least} to ${most}`;
    if (least !== undefined) return `from ${least}`;
    return most === undefined ? '' : `up to ${most}`;
  };
  const unit = schema.type === 'string' ? ' characters' : schema.type === 'array' ? ' items' : '';
  const words = range(
    schema.minimum ?? schema.minLength ?? schema.minItems,
    schema.maximum ?? schema.maxLength ?? schema.maxItems,
  );
  return words && words + unit;
}

// The number that a text writes; an empty text is undefined.
export function readNumber(text, name, schema) {
  if (!text.trim()) return undefined;
  const number = Number(text);
  if (Number.isNaN(number) || (schema.type === 'integer' && !Number.isInteger(number))) {
    throw new Error(`${name} must be ${schema.type === 'integer' ? 'an integer' : 'a number'}`);
  }
  return number;
}
