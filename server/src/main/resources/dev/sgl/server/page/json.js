// Texts in JSON.

// The text laid out if it is an object or a list; else undefined.
export function prettyJson(text) {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return undefined;
  }
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
