// A conversation: {id, title, changed, system, messages}. A message is {role, content} and may have
// `pictures` (of the user), `thought`, `calls` and `cost` (of the assistant), `call` (of a tool).

import { newId } from './store.js';

export function fresh() {
  return { id: newId(), title: '', changed: Date.now(), system: '', messages: [] };
}

// The title that was given, else the beginning of the first message.
export function titleOf(conversation) {
  const first = conversation.messages.find((message) => message.role === 'user');
  const line = (first?.content ?? '').trim().split('\n')[0];
  return conversation.title || (line.length > 60 ? line.slice(0, 59) + '…' : line) || 'New chat';
}

// Whether a text is in a conversation, in upper or lower case.
export function contains(conversation, text) {
  const all = [conversation.title, ...conversation.messages.map((message) => message.content)];
  return all.some((one) => one.toLowerCase().includes(text.toLowerCase()));
}

// The calls of tools that have no result yet.
export function openCalls(messages) {
  const last = messages.findLastIndex((message) => message.role === 'assistant');
  const answered = new Set(messages.slice(last + 1).map((message) => message.call));
  return (messages[last]?.calls ?? []).filter((call) => !answered.has(call.id));
}

function content({ content: text, pictures = [] }) {
  if (!pictures.length) return text;
  const urls = pictures.map((url) => ({ type: 'image_url', image_url: { url } }));
  return [...urls, { type: 'text', text }];
}

function sent(message) {
  switch (message.role) {
    case 'tool':
      return { role: 'tool', tool_call_id: message.call, content: message.content };
    case 'assistant': {
      const calls = message.calls?.map(({ id, name, arguments: given }) => ({
        id,
        type: 'function',
        function: { name, arguments: given },
      }));
      return {
        role: 'assistant',
        content: message.content,
        ...(message.thought && { reasoning_content: message.thought }),
        ...(calls?.length && { tool_calls: calls }),
      };
    }
    default:
      return { role: message.role, content: content(message) };
  }
}

// The messages as the server reads them.
export function wire({ system, messages }) {
  const first = system.trim() ? [{ role: 'system', content: system.trim() }] : [];
  return [...first, ...messages.map(sent)];
}
