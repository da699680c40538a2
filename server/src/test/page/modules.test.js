// Tests of the page's modules that need no browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Answer, costInWords } from './answer.js';
import { contains, openCalls, titleOf, wire } from './conversation.js';
import { events } from './events.js';
import { prettyJson, readJson } from './json.js';
import { pack, unpack } from './link.js';
import { NUMBERS, parameters } from './parameters.js';
import { bounds, choices, control, readNumber } from './schema.js';

async function read(...pieces) {
  const all = [];
  for await (const event of events(pieces)) all.push(event);
  return all;
}

test('events are the same however their bytes are cut', async () => {
  const text =
    ': a comment\n\nevent: written\ndata: {"text": "a: b"}\n\ndata: {"x": [1]}\r\n\r\ndata: [DONE]\n\n';
  const expected = [
    { event: 'written', data: { text: 'a: b' } },
    { event: '', data: { x: [1] } },
  ];
  assert.deepEqual(await read(text), expected);
  assert.deepEqual(await read(...text), expected);
});

test('a link gives its program back, and is safe in a URL', async () => {
  const program = { source: 'user "😀"\n'.repeat(200), arguments: { n: 1 }, seed: null };
  const packed = await pack(program);
  assert.match(packed, /^[\w-]+$/);
  assert.ok(packed.length < 300);
  assert.deepEqual(await unpack(packed), program);
});

const chat = {
  title: '',
  system: 'Be brief. ',
  messages: [
    { role: 'user', content: 'Hello\nthere', pictures: ['data:image/png;base64,AA=='] },
    {
      role: 'assistant',
      content: '',
      thought: 'hm',
      calls: [
        { id: 'a', name: 'f', arguments: '{}' },
        { id: 'b', name: 'g', arguments: '{}' },
      ],
      cost: {},
    },
    { role: 'tool', call: 'a', content: '1' },
  ],
};

test('a conversation is sent without the facts that only the page needs', () => {
  const [system, user, assistant, tool] = wire(chat);
  assert.deepEqual(system, { role: 'system', content: 'Be brief.' });
  assert.equal(user.content[0].type, 'image_url');
  assert.equal(user.content[1].text, 'Hello\nthere');
  assert.deepEqual(Object.keys(assistant), ['role', 'content', 'reasoning_content', 'tool_calls']);
  assert.deepEqual(assistant.tool_calls[1], {
    id: 'b',
    type: 'function',
    function: { name: 'g', arguments: '{}' },
  });
  assert.deepEqual(tool, { role: 'tool', tool_call_id: 'a', content: '1' });
});

test('calls are open until they have results', () => {
  assert.deepEqual(
    openCalls(chat.messages).map(({ id }) => id),
    ['b'],
  );
  assert.deepEqual(openCalls([]), []);
});

test('a conversation is found by its texts and called by its first line', () => {
  assert.equal(titleOf(chat), 'Hello');
  assert.equal(titleOf({ title: '', messages: [] }), 'New chat');
  assert.equal(contains(chat, 'HELLO'), true);
  assert.equal(contains(chat, 'bye'), false);
});

test('an answer is put together from its pieces', () => {
  const answer = new Answer(0);
  const piece = (delta, now) => answer.add({ choices: [{ delta }] }, now);
  assert.equal(answer.isEmpty, true);
  piece({ role: 'assistant' }, 100);
  piece({ reasoning_content: 'hm' }, 500);
  piece({ content: 'Yes' }, 1500);
  piece({ content: '.' }, 2500);
  piece({ tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '{"x"' } }] }, 2500);
  piece({ tool_calls: [{ index: 0, function: { arguments: ':1}' } }] }, 2500);
  answer.add({ choices: [{ delta: {}, finish_reason: 'tool_calls' }] }, 2500);
  answer.add(
    {
      choices: [],
      usage: {
        prompt_tokens: 9,
        completion_tokens: 11,
        prompt_tokens_details: { cached_tokens: 4 },
      },
    },
    2600,
  );
  const message = answer.end();
  assert.equal(message.content, 'Yes.');
  assert.equal(message.thoughtSeconds, 1);
  assert.deepEqual(message.calls, [{ id: 'a', name: 'f', arguments: '{"x":1}' }]);
  assert.equal(
    costInWords(message.cost),
    '11 tokens · 5.0 tokens/s · first after 0.50 s · prompt: 4 cached, 5 computed',
  );
});

test('options become parameters, and empty ones none', () => {
  assert.deepEqual(parameters({ temperature: '0', top_p: '', stop: 'a\n\nb', format: 'text' }), {
    temperature: 0,
    stop: ['a', 'b'],
  });
  assert.deepEqual(parameters({ format: 'choice', format_text: 'yes\nno' }), {
    structured_outputs: { choice: ['yes', 'no'] },
  });
  assert.deepEqual(
    parameters({ format: 'json_schema', format_text: '{}' }).response_format.json_schema.schema,
    {},
  );
  assert.deepEqual(parameters({ other: '{"top_k": 3}' }), { top_k: 3 });
  assert.throws(() => parameters({ tools: '{' }), /the tools is not JSON/);
  assert.throws(() => parameters({ tools: '{}' }), /must be a list/);
});

test('ordinary values of options are on a step, which is counted from the least value', () => {
  const ordinary = { temperature: 0.75, top_p: 0.92, min_p: 0.005, repetition_penalty: 1.1 };
  for (const { name, min = 0, step } of NUMBERS) {
    const steps = ((ordinary[name] ?? 4) - min) / step;
    assert.ok(step === 'any' || Number.isInteger(steps), name);
  }
  assert.deepEqual(
    parameters({ temperature: '0.75', repetition_penalty: '1.05', min_p: '0.005', top_p: '0.92' }),
    { temperature: 0.75, repetition_penalty: 1.05, min_p: 0.005, top_p: 0.92 },
  );
});

test('a schema has the control that fits it', () => {
  const root = { $defs: { Tip: { type: 'object', properties: { a: { type: 'string' } } } } };
  assert.equal(control({ $ref: '#/$defs/Tip' }, root), 'record');
  assert.equal(control({ $ref: '#/$defs/Tip' }, root, 3), 'json');
  assert.equal(control({ type: 'integer' }, root), 'number');
  assert.equal(control({ type: 'boolean' }, root), 'flag');
  assert.equal(control({ enum: ['a', 'b'] }, root), 'choice');
  assert.equal(control({ type: 'array', items: { type: 'string' } }, root), 'list');
  assert.equal(control({ type: 'object', additionalProperties: { type: 'string' } }, root), 'json');
  assert.equal(control({}, root), 'json');
  assert.deepEqual(choices({ anyOf: [{ const: 'a' }, { const: 1 }] }), ['a', 1]);
  assert.equal(choices({ anyOf: [{ const: 'a' }, { type: 'string' }] }), undefined);
});

test('bounds are words', () => {
  assert.equal(bounds({ type: 'integer', minimum: 0, maximum: 8 }), '0 to 8');
  assert.equal(bounds({ type: 'string', maxLength: 60 }), 'up to 60 characters');
  assert.equal(bounds({ type: 'array', minItems: 1 }), 'from 1 items');
  assert.equal(bounds({ type: 'number' }), '');
});

test('texts of a form are read, or refused with the name of the parameter', () => {
  assert.equal(readNumber('1.5', 'x', { type: 'number' }), 1.5);
  assert.equal(readNumber('', 'x', { type: 'integer' }), undefined);
  assert.throws(() => readNumber('1.5', 'x', { type: 'integer' }), /x must be an integer/);
  assert.deepEqual(readJson('[1]', 'x'), [1]);
  assert.throws(() => readJson('[', 'x'), /x is not JSON/);
});

test('objects and lists are laid out, other texts are left', () => {
  assert.equal(prettyJson('{"a":1}'), '{\n  "a": 1\n}');
  assert.equal(prettyJson('{"a":'), undefined);
  assert.equal(prettyJson('12'), undefined);
});

test('laying out changes spaces only', () => {
  const values = '[9007199254740993, 1e400, 1.0, -0, {"a": 1, "a": 2}]';
  assert.equal(
    prettyJson(values),
    '[\n  9007199254740993,\n  1e400,\n  1.0,\n  -0,\n  {\n    "a": 1,\n    "a": 2\n  }\n]',
  );
  assert.equal(prettyJson(' {"a":\n[ ] , "b" :{\t}} '), '{\n  "a": [],\n  "b": {}\n}');
  const strange = '{"a\\"{": "\\u00e9, [: ]}\\\\", " b  ": ["", "\u2028 \u00a0"]}';
  const laid = JSON.stringify(JSON.parse(strange), null, 2).replace('é', '\\u00e9');
  assert.equal(prettyJson(strange), laid);
  const long = JSON.stringify({ text: 'a"\\'.repeat(1e6), list: [true, null] });
  assert.equal(prettyJson(long), JSON.stringify(JSON.parse(long), null, 2));
  assert.equal(prettyJson('{"a": 01}'), undefined);
});
