// Elements of the page.

export const $ = (id) => document.getElementById(id);

// An element with properties, such as `className` and `onclick`, and children.
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

export function button(text, onclick, className = 'small') {
  return element('button', { type: 'button', className, onclick }, text);
}

// An entry of a list of things that this browser keeps. `actions` are functions by the texts of
// their buttons.
export function entry(title, open, actions) {
  const buttons = Object.entries(actions).map(([text, action]) =>
    Object.assign(button(text, action), { ariaLabel: `${text}: ${title}` }),
  );
  return element(
    'li',
    {},
    button(title, open, 'entry'),
    element('span', { className: 'entry-actions' }, ...buttons),
  );
}

// A page that comes over plain HTTP from another machine has no clipboard of its own.
async function write(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const box = element('textarea', { value: text });
  document.body.append(box);
  box.select();
  document.execCommand('copy');
  return box.remove();
}

// Copies a text; the button that was pressed says so for a moment.
export async function copy(text, pressed) {
  const label = pressed.textContent;
  await write(text);
  pressed.textContent = 'Copied';
  setTimeout(() => (pressed.textContent = label), 1500);
}

export function copyButton(text) {
  const made = button('Copy', () => copy(text(), made));
  return made;
}

// Offers a text as a file.
export function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  element('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

// Does `work`, and stays at the end of `scroller` if its end was seen before.
export function following(scroller, work) {
  const isAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 40;
  const done = work();
  if (isAtEnd) scroller.scrollTop = scroller.scrollHeight;
  return done;
}

// Calls `work` at most once in `millis`, and once more for the last call.
export function throttled(millis, work) {
  let timer = 0;
  let isAgain = false;
  return function call() {
    if (timer) {
      isAgain = true;
      return;
    }
    work();
    timer = setTimeout(() => {
      timer = 0;
      if (isAgain) {
        isAgain = false;
        call();
      }
    }, millis);
  };
}
