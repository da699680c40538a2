// Texts in JSON.

// The strings of a JSON text, its marks, the spaces between them, and its other values.
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{},:]|\s+|[^\s[\]{},:"]+/g;

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

// The text laid out if it is an object or a list; else undefined. Only the spaces change: numbers
// that JavaScript does not have, and names that come twice, stay as they are.
export function prettyJson(text) {
  if (!/^\s*[[{]/.test(text) || !isJson(text)) return undefined;
  let depth = 0;
  let last = '';
  let laid = '';
  const line = () => '\n' + '  '.repeat(depth);
  for (const token of text.match(TOKENS).filter((one) => one.trim())) {
    const isEnd = token === '}' || token === ']';
    const isFirst = last === '{' || last === '[';
    if (isEnd) depth--;
    if (isEnd !== isFirst || last === ',') laid += line();
    else if (last === ':') laid += ' ';
    laid += token;
    if (token === '{' || token === '[') depth++;
    last = token;
  }
  return laid;
}

// The value that a text writes; an empty text is undefined.
//
// Throws an error that has `name` if the text is not JSON.
export function readJson(text, name) {
  if (!text.trim()) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${name} is not JSON: ${error.message}`);
  }
}
