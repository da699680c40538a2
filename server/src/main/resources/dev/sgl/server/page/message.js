// How a message of a conversation is shown.

import { costInWords } from './answer.js';
import { button, copyButton, element } from './dom.js';
import { prettyJson } from './json.js';
import { render } from './markdown.js';

const NAMES = { user: 'You', assistant: 'Model', tool: 'Result' };

// The thought of an answer, folded once the answer has begun.
function thought({ thought: text, thoughtSeconds, content }) {
  const title =
    thoughtSeconds === undefined ? 'Thinking' : `Thought for ${thoughtSeconds.toFixed(1)} s`;
  const body = element('div', { className: 'thought' }, text);
  return element(
    'details',
    { open: thoughtSeconds === undefined && !content },
    element('summary', {}, title),
    body,
  );
}

function call({ name, arguments: given }) {
  const pre = element(
    'pre',
    { tabIndex: 0, role: 'group', ariaLabel: `arguments of ${name}` },
    prettyJson(given) ?? given,
  );
  return element(
    'div',
    { className: 'call' },
    element('div', { className: 'call-name' }, `calls ${name}`),
    pre,
  );
}

function body(message) {
  if (message.role === 'user') return element('div', { className: 'plain' }, message.content);
  return element('div', { className: 'markdown' }, render(message.content));
}

function picture(url) {
  return element('img', { src: url, alt: 'attached picture', className: 'picture' });
}

// The parts of a message, without its buttons.
function parts(message) {
  const shown = [];
  if (message.thought) shown.push(thought(message));
  shown.push(...(message.pictures ?? []).map(picture));
  if (message.content) shown.push(body(message));
  shown.push(...(message.calls ?? []).map(call));
  if (message.note) shown.push(element('p', { className: 'hint' }, message.note));
  return shown;
}

function frame(message, ...children) {
  const who = element('div', { className: 'who' }, NAMES[message.role]);
  return element(
    'article',
    { className: `message ${message.role}`, ariaLabel: NAMES[message.role] },
    who,
    ...children,
  );
}

function again(answer) {
  return Object.assign(button('Again', answer), { title: 'Replaces this answer and all after it' });
}

// A message that is whole. `actions` may have `edit`, which takes the new text, and `again`.
export function shown(message, actions) {
  const foot = element('div', { className: 'foot' });
  const article = frame(message, ...parts(message), foot);
  if (message.content) foot.append(copyButton(() => message.content));
  if (actions.edit) foot.append(button('Edit', () => edit(article, message, actions.edit)));
  if (actions.again) foot.append(again(actions.again));
  if (message.cost)
    foot.append(element('span', { className: 'hint cost' }, costInWords(message.cost)));
  return article;
}

// A message that is being written: `show` draws the message as it is now.
export function growing() {
  const place = element('div', {});
  const article = frame({ role: 'assistant' }, place);
  article.classList.add('growing');
  return {
    article,
    show(message) {
      const isOpen = place.querySelector('details')?.open;
      place.replaceChildren(...parts(message));
      const details = place.querySelector('details');
      if (details && isOpen !== undefined && !message.content) details.open = isOpen;
    },
  };
}

// Puts a box in the place of a message; sending it replaces the message and all after it.
function edit(article, message, send) {
  const box = element('textarea', { value: message.content, ariaLabel: 'Edited message', rows: 4 });
  const done = () => form.replaceWith(article);
  const form = element(
    'form',
    { className: 'message user editing' },
    box,
    element(
      'div',
      { className: 'foot' },
      element('button', { className: 'small go' }, 'Send'),
      button('Cancel', done),
      element('span', { className: 'hint' }, 'The messages after this one are replaced.'),
    ),
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    if (box.value.trim()) send(box.value.trim());
  };
  form.onkeydown = (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    done();
  };
  article.replaceWith(form);
  box.focus();
}

// A form for the results of calls; `send` takes a text for each.
export function resultsForm(calls, send) {
  const boxes = calls.map(({ name }) =>
    element('textarea', {
      rows: 2,
      className: 'mono',
      required: true,
      ariaLabel: `result of ${name}`,
      placeholder: `the result of ${name}`,
    }),
  );
  const form = element(
    'form',
    { className: 'message tool' },
    ...boxes,
    element(
      'div',
      { className: 'foot' },
      element(
        'button',
        { className: 'small go' },
        calls.length > 1 ? 'Send results' : 'Send result',
      ),
    ),
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    send(boxes.map((box) => box.value));
  };
  return form;
}
