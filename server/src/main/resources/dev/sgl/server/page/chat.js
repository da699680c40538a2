// Chats: messages are sent, edited and answered again; answers appear as they are written.

import { Answer } from './answer.js';
import { fresh, openCalls, titleOf, wire } from './conversation.js';
import { keep, openConversations, select } from './conversations.js';
import { $, following, throttled } from './dom.js';
import { growing, resultsForm, shown } from './message.js';
import { chosenParameters, openOptions } from './options.js';
import { attach, openPictures, taken } from './pictures.js';
import { stream } from './server.js';

// In each piece, so that an answer that is stopped has its cost, too.
const USAGE = { include_usage: true, continuous_usage_stats: true };

let conversation = fresh();
let running; // the AbortController of the answer that is being written

function showError(text) {
  $('chat-error').textContent = text;
  $('chat-error').hidden = !text;
}

function actions(message, index) {
  const before = conversation.messages.slice(0, index);
  if (message.role === 'user') {
    return { edit: (content) => ask([...before, { ...message, content }], content) };
  }
  return message.role === 'assistant' ? { again: () => ask(before, '') } : {};
}

function show() {
  const { messages } = conversation;
  $('messages').replaceChildren(
    ...messages.map((message, i) => shown(message, actions(message, i))),
  );
  const calls = openCalls(messages);
  if (calls.length) {
    const results = (texts) =>
      calls.map(({ id }, i) => ({ role: 'tool', call: id, content: texts[i] }));
    $('messages').append(resultsForm(calls, (texts) => ask([...messages, ...results(texts)], '')));
  }
  $('chat-title').textContent = titleOf(conversation);
  $('no-messages').hidden = messages.length > 0;
  $('messages').scrollTop = $('messages').scrollHeight;
}

function open(other = fresh()) {
  running?.abort();
  conversation = other;
  $('system').value = conversation.system;
  showError('');
  select(conversation);
  show();
  document.body.classList.remove('show-conversations');
  $('message').focus();
}

function setRunning(controller) {
  running = controller;
  $('send').hidden = Boolean(controller);
  $('stop-chat').hidden = !controller;
  $('chat-status').textContent = controller
    ? 'The answer is being written.'
    : 'The answer is complete.';
}

// Has the model answer `messages`, which become the conversation. If nothing comes, the
// conversation stays as it was, and `text` goes back into the box if the reader is still there.
async function ask(messages, text) {
  if (running) return;
  showError('');
  const asked = conversation;
  const earlier = asked.messages;
  const say = (text) => asked === conversation && showError(text);
  const answer = new Answer(performance.now());
  try {
    const body = {
      ...chosenParameters(),
      messages: wire({ ...asked, messages }),
      stream_options: USAGE,
    };
    asked.messages = messages;
    show();
    setRunning(new AbortController());
    await write(body, answer);
  } catch (error) {
    const isStopped = error.name === 'AbortError';
    if (!isStopped) say(error.message);
    if (!answer.isEmpty) answer.message.note = isStopped ? 'Stopped.' : 'This answer broke off.';
  }
  if (answer.isEmpty && answer.message.finish === undefined) {
    const pictures = messages.at(-1)?.pictures ?? [];
    asked.messages = earlier;
    if (asked === conversation) putBack(text, pictures);
  } else {
    asked.messages = [...messages, answer.end()];
    await keep(asked).catch((error) => say(`This chat is not kept: ${error.message}`));
  }
  setRunning(undefined);
  if (asked === conversation) show();
}

async function write(body, answer) {
  const growingAnswer = growing();
  $('messages').append(growingAnswer.article);
  $('messages').scrollTop = $('messages').scrollHeight;
  const draw = throttled(80, () =>
    following($('messages'), () => growingAnswer.show(answer.message)),
  );
  for await (const { data } of stream('v1/chat/completions', body, running.signal)) {
    answer.add(data, performance.now());
    draw();
  }
}

function putBack(text, pictures) {
  if (!text || $('message').value) return;
  $('message').value = text;
  attach(pictures);
}

function send() {
  const text = $('message').value.trim();
  if (!text || running) return;
  $('message').value = '';
  const pictures = taken();
  const message = { role: 'user', content: text, ...(pictures.length && { pictures }) };
  ask([...conversation.messages, message], text);
}

// A button that shows a drawer, and hides it again.
function drawer(name) {
  const toggle = (isShown) => {
    document.body.classList.toggle(`show-${name}`, isShown);
    $(`show-${name}`).ariaExpanded = document.body.classList.contains(`show-${name}`);
  };
  $(`show-${name}`).onclick = () => toggle();
  $(`hide-${name}`).onclick = () => toggle(false);
}

export function stopChat() {
  running?.abort();
}

// Shows the chats of this browser, and a new one.
export async function openChat(capabilities) {
  openOptions(capabilities);
  openPictures(capabilities);
  ['conversations', 'options'].forEach(drawer);
  $('new-chat').onclick = () => open();
  $('stop-chat').onclick = stopChat;
  $('system').oninput = () => (conversation.system = $('system').value);
  $('composer').onsubmit = (event) => {
    event.preventDefault();
    send();
  };
  $('message').onkeydown = (event) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  await openConversations(open);
  select(conversation);
  show();
}
