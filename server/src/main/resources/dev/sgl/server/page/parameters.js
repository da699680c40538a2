// The parameters of a chat, made from the texts in the form of options.

import { readJson } from './json.js';

// The options that are numbers, with their bounds. Browsers count steps from `min`, so that a step
// other than 1 would refuse ordinary values.
export const NUMBERS = [
  { name: 'temperature', label: 'Temperature', min: 0, max: 2, step: 'any' },
  { name: 'max_tokens', label: 'Most tokens', min: 1, step: 1 },
  { name: 'top_p', label: 'Top p', min: 0, max: 1, step: 'any' },
  { name: 'top_k', label: 'Top k', min: -1, step: 1 },
  { name: 'min_p', label: 'Min p', min: 0, max: 1, step: 'any' },
  { name: 'seed', label: 'Seed', step: 1 },
  { name: 'frequency_penalty', label: 'Frequency penalty', min: -2, max: 2, step: 'any' },
  { name: 'presence_penalty', label: 'Presence penalty', min: -2, max: 2, step: 'any' },
  { name: 'repetition_penalty', label: 'Repetition penalty', min: 0.01, max: 10, step: 'any' },
];

// The formats of answers; those with a label need a text.
export const FORMATS = [
  { name: 'text', title: 'Free text' },
  { name: 'json_object', title: 'Any JSON object' },
  { name: 'json_schema', title: 'JSON of a schema', label: 'JSON Schema' },
  { name: 'regex', title: 'Regular expression', label: 'Regular expression' },
  { name: 'choice', title: 'One of several texts', label: 'Texts, one a line' },
];

function lines(text) {
  return text.split('\n').filter((line) => line !== '');
}

function format({ format: name, format_text: text = '' }) {
  switch (name) {
    case 'json_object':
      return { response_format: { type: 'json_object' } };
    case 'json_schema':
      return {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'answer', schema: readJson(text, 'the JSON Schema') },
        },
      };
    case 'regex':
      return { structured_outputs: { regex: text } };
    case 'choice':
      return { structured_outputs: { choice: lines(text) } };
    default:
      return {};
  }
}

// The parameters for the values of the form, which are texts; an empty text leaves a parameter out.
export function parameters(values) {
  const numbers = NUMBERS.filter(({ name }) => values[name]).map(({ name }) => [
    name,
    Number(values[name]),
  ]);
  const tools = readJson(values.tools ?? '', 'the text of the tools') ?? [];
  if (!Array.isArray(tools)) throw new Error('the tools must be a list');
  return {
    ...Object.fromEntries(numbers),
    ...(values.stop && { stop: lines(values.stop) }),
    ...(values.reasoning_effort && { reasoning_effort: values.reasoning_effort }),
    ...(tools.length && { tools }),
    ...format(values),
    ...readJson(values.other ?? '', 'the text of other parameters'),
  };
}
