// Clients of the Responses API, of Anthropic's and of Ollama's, against the server at the URL that is given.
import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import { createOpenAI } from '@ai-sdk/openai';
import { Agent, Runner, OpenAIProvider, setTracingDisabled, tool as agentTool } from '@openai/agents';
import { generateText, Output, streamText, tool } from 'ai';
import { Ollama } from 'ollama';
import OpenAI from 'openai';
import { z } from 'zod';

const url = process.argv[2];
const model = 'demo';
const question = 'Give 2 different tips about staying healthy.';
const city = z.object({ city: z.string().max(9) });
const mood = z.object({ mood: z.enum(['good', 'bad']) });

// --- the answer of a chat, which every API gives

const openai = new OpenAI({ baseURL: url + '/v1', apiKey: 'any', maxRetries: 0 });
const chat = await openai.chat.completions.create({
  model,
  messages: [{ role: 'user', content: question }],
  temperature: 0,
  max_tokens: 100,
  reasoning_effort: 'none',
});
const expected = chat.choices[0].message.content;

// --- OpenAI's client

const stream = openai.responses.stream({
  model,
  input: question,
  temperature: 0,
  max_output_tokens: 100,
  reasoning: { effort: 'none' },
});
const response = await stream.finalResponse();
assert.equal(response.output_text, expected);
assert.equal(response.usage.output_tokens, chat.usage.completion_tokens);
const next = await openai.responses.create({
  model,
  input: 'Another.',
  previous_response_id: response.id,
  max_output_tokens: 20,
});
assert.ok(next.usage.input_tokens > response.usage.input_tokens);

// --- Vercel's AI SDK; its second turn refers to the items of the first

const vercel = createOpenAI({ baseURL: url + '/v1', apiKey: 'any' })(model);
const options = {
  model: vercel,
  temperature: 0,
  maxRetries: 0,
  maxOutputTokens: 300,
};
const user = { role: 'user', content: question };
const first = await generateText({ ...options, messages: [user] });
assert.ok(first.text.length > 0);
const messages = [user, ...first.response.messages, { role: 'user', content: 'Another.' }];
const second = await generateText({ ...options, messages });
assert.ok(second.usage.inputTokens > first.usage.inputTokens);

let streamed = '';
for await (const piece of streamText({ ...options, messages: [user] }).textStream) {
  streamed += piece;
}
assert.equal(streamed, first.text);

const typed = await generateText({
  ...options,
  prompt: 'How are you?',
  output: Output.object({ schema: mood }),
});
assert.ok(['good', 'bad'].includes(typed.output.mood));

const called = await generateText({
  ...options,
  prompt: 'How is the weather?',
  toolChoice: 'required',
  tools: { weather: tool({ inputSchema: city, execute: ({ city }) => city + ' is sunny.' }) },
});
assert.equal(called.toolResults[0].output, called.toolCalls[0].input.city + ' is sunny.');

// --- OpenAI's agents

setTracingDisabled(true);
let asked = '';
const weather = agentTool({
  name: 'weather',
  description: 'The weather of a city.',
  parameters: city,
  execute: ({ city }) => (asked = city + ' is sunny.'),
});
const agent = new Agent({
  name: 'helper',
  model,
  tools: [weather],
  modelSettings: {
    temperature: 0,
    maxTokens: 300,
    toolChoice: 'required',
    reasoning: { effort: 'none' },
  },
});
const runner = new Runner({ modelProvider: new OpenAIProvider({ openAIClient: openai }) });
const run = await runner.run(agent, 'How is the weather?');
assert.ok(asked.endsWith(' is sunny.'));
assert.equal(typeof run.finalOutput, 'string');

// --- Anthropic's client

const anthropic = new Anthropic({ baseURL: url, apiKey: 'any', maxRetries: 0 });
const ask = { model, max_tokens: 100, messages: [user] };
const message = await anthropic.messages.stream(ask).finalMessage();
assert.equal(message.content[0].type, 'text');
const whole = await anthropic.messages.create(ask);
assert.deepEqual(message.content, whole.content);
const use = await anthropic.messages.create({
  ...ask,
  max_tokens: 200,
  tool_choice: { type: 'any' },
  tools: [
    {
      name: 'weather',
      input_schema: {
        type: 'object',
        properties: { city: { enum: ['Rome'] } },
        required: ['city'],
      },
    },
  ],
});
assert.equal(use.stop_reason, 'tool_use');
assert.equal(use.content.at(-1).input.city, 'Rome');
await assert.rejects(
  () => anthropic.messages.create({ ...ask, model: 'other' }),
  Anthropic.NotFoundError,
);

// --- Ollama's client

const ollama = new Ollama({ host: url });
assert.equal((await ollama.list()).models[0].name, model);
const local = { model, messages: [user], think: false, options: { temperature: 0, num_predict: 100 } };
assert.equal((await ollama.chat(local)).message.content, expected);
let lines = '';
for await (const part of await ollama.chat({ ...local, stream: true })) {
  lines += part.message.content;
}
assert.equal(lines, expected);
const format = z.toJSONSchema(mood);
const held = await ollama.chat({ ...local, format });
assert.ok(['good', 'bad'].includes(JSON.parse(held.message.content).mood));
