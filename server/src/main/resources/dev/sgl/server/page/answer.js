// An answer that is being written, put together from the pieces of a stream.

const SHORTEST = 0.1; // seconds over which a speed is measured

export class Answer {
  #began;
  #first = 0; // when the first token came
  #spoke = 0; // when the thought ended
  #last = 0;
  #usage = {};

  // `now`, here and below, is in milliseconds.
  constructor(now) {
    this.#began = now;
    this.message = { role: 'assistant', content: '', thought: '', calls: [] };
  }

  get isEmpty() {
    const { content, thought, calls } = this.message;
    return !content && !thought && !calls.length;
  }

  // Adds a piece: a chunk of a chat completion.
  add(chunk, now) {
    if (chunk.usage) this.#usage = chunk.usage;
    const choice = chunk.choices?.[0];
    if (choice?.finish_reason) this.message.finish = choice.finish_reason;
    const { content, reasoning_content: thought, tool_calls: calls = [] } = choice?.delta ?? {};
    if (!content && !thought && !calls.length) return;
    this.#first ||= now;
    this.#last = now;
    if (thought) this.message.thought += thought;
    if ((content || calls.length) && this.message.thought) this.#spoke ||= now;
    this.message.content += content ?? '';
    calls.forEach((call) => this.#call(call));
  }

  #call({ index, id, function: { name, arguments: piece = '' } }) {
    this.message.calls[index] ??= { id, name, arguments: '' };
    this.message.calls[index].arguments += piece;
  }

  // The whole message, with its cost.
  end() {
    const { prompt_tokens: prompt = 0, completion_tokens: tokens = 0 } = this.#usage;
    const cached = this.#usage.prompt_tokens_details?.cached_tokens ?? 0;
    const seconds = (this.#last - this.#first) / 1000;
    const speed = tokens > 1 && seconds >= SHORTEST ? (tokens - 1) / seconds : 0;
    const wait = this.#first ? (this.#first - this.#began) / 1000 : 0;
    if (this.message.finish === 'length') this.message.note = 'The limit of tokens was reached.';
    this.message.cost = { prompt, cached, tokens, speed, wait };
    if (this.message.thought) {
      this.message.thoughtSeconds = ((this.#spoke || this.#last) - this.#first) / 1000;
    }
    return this.message;
  }
}

// A cost in words.
export function costInWords({ prompt, cached, tokens, speed, wait }) {
  const words = [];
  if (tokens) words.push(`${tokens} tokens`);
  if (speed) words.push(`${speed.toFixed(1)} tokens/s`);
  if (wait) words.push(`first after ${wait.toFixed(2)} s`);
  if (prompt) words.push(`prompt: ${cached} cached, ${prompt - cached} computed`);
  return words.join(' · ');
}
