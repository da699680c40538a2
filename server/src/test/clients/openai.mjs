// OpenAI's client for JavaScript against the server at the URL that is given.
import assert from 'node:assert/strict';
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: process.argv[2], apiKey: 'any', maxRetries: 0 });
const ask = {
  model: 'demo',
  messages: [{ role: 'user', content: 'Give 2 different tips about staying healthy.' }],
  temperature: 0,
  max_tokens: 40,
};

const whole = await client.chat.completions.create({ ...ask, logprobs: true, top_logprobs: 2 });
const text = whole.choices[0].message.content;
const end = whole.choices[0].finish_reason === 'stop' ? 1 : 0; // the token that ends it counts
assert.equal(whole.choices[0].logprobs.content.length + end, whole.usage.completion_tokens);

let streamed = '';
let usage;
for await (const chunk of await client.chat.completions.create({
  ...ask,
  stream: true,
  stream_options: { include_usage: true },
})) {
  streamed += chunk.choices[0]?.delta?.content ?? '';
  usage = chunk.usage ?? usage;
}
assert.equal(streamed, text);
assert.equal(usage.completion_tokens, whole.usage.completion_tokens);
assert.ok(usage.prompt_tokens_details.cached_tokens > 0);

const typed = await client.chat.completions.create({
  ...ask,
  max_tokens: 200,
  response_format: {
    type: 'json_schema',
    json_schema: {
      name: 'mood',
      strict: true,
      schema: {
        type: 'object',
        properties: { mood: { enum: ['good', 'bad'] } },
        required: ['mood'],
        additionalProperties: false,
      },
    },
  },
});
assert.ok(['good', 'bad'].includes(JSON.parse(typed.choices[0].message.content).mood));

const tools = [
  {
    type: 'function',
    function: {
      name: 'weather',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string', maxLength: 9 } },
        required: ['city'],
        additionalProperties: false,
      },
    },
  },
];
const runner = client.chat.completions.stream({
  ...ask,
  max_tokens: 200,
  tools,
  tool_choice: 'required',
  parallel_tool_calls: false,
});
const called = await runner.finalChatCompletion();
const call = called.choices[0].message.tool_calls[0];
assert.equal(called.choices[0].finish_reason, 'tool_calls');
assert.equal(call.function.name, 'weather');
assert.equal(typeof JSON.parse(call.function.arguments).city, 'string');
const after = await client.chat.completions.create({
  ...ask,
  tools,
  tool_choice: 'none',
  messages: [
    ...ask.messages,
    called.choices[0].message,
    { role: 'tool', tool_call_id: call.id, content: 'sunny' },
  ],
});
assert.equal(typeof after.choices[0].message.content, 'string');

const embedded = await client.embeddings.create({ model: 'demo', input: ['a lamp', 'a book'] });
assert.equal(embedded.data.length, 2);
const length = Math.hypot(...embedded.data[0].embedding);
assert.ok(Math.abs(length - 1) < 1e-3, `a vector of length ${length}`);

const completed = await client.completions.create({ model: 'demo', prompt: 'a lamp', max_tokens: 3 });
assert.equal(completed.usage.completion_tokens, 3);

await assert.rejects(
  client.chat.completions.create({ ...ask, temperature: 9 }),
  (error) => error instanceof OpenAI.BadRequestError && error.param === 'temperature',
);
await assert.rejects(
  client.chat.completions.create({ ...ask, model: 'other' }),
  (error) => error instanceof OpenAI.NotFoundError && error.code === 'model_not_found',
);

// a stream that is left
const left = await client.chat.completions.create({ ...ask, max_tokens: 1500, ignore_eos: true, stream: true });
for await (const _ of left) break;

console.log('all is well');
