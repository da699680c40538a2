// The page: its two views, the model, and keys that work everywhere.

import { openChat, stopChat } from './chat.js';
import { $, element } from './dom.js';
import { openProgram, showLinked, stopRun } from './program.js';
import { get, post } from './server.js';

const VIEWS = ['chat', 'program'];

function show(name) {
  for (const view of VIEWS) {
    const tab = $(`tab-${view}`);
    $(view).hidden = view !== name;
    tab.ariaSelected = view === name;
    tab.tabIndex = view === name ? 0 : -1;
  }
}

// The view that the address names; a link to a program has the program in it.
async function showAddress() {
  const [name, packed] = location.hash.slice(1).split('=');
  show(VIEWS.includes(name) ? name : 'chat');
  if (packed) await showLinked(packed);
}

// Does a part of the beginning and gives what it gives. One that fails says so, and leaves the rest
// of the page as it is.
async function attempt(part) {
  try {
    return await part();
  } catch (error) {
    const said = [...$('page-error').children].map((line) => line.textContent);
    if (!said.includes(error.message)) $('page-error').append(element('div', {}, error.message));
    return undefined;
  }
}

for (const [i, view] of VIEWS.entries()) {
  $(`tab-${view}`).onclick = () => (location.hash = view);
  $(`tab-${view}`).onkeydown = (event) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    location.hash = VIEWS[1 - i];
    $(`tab-${VIEWS[1 - i]}`).focus();
  };
}
addEventListener('hashchange', () => {
  $('page-error').replaceChildren();
  attempt(showAddress);
});

// Keys that a menu of the editor has used are left alone.
document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented) return;
  const isProgram = !$('program').hidden;
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && isProgram) {
    event.preventDefault();
    $('arguments').requestSubmit();
  } else if (event.key === 'Escape' && !document.querySelector('dialog[open]')) {
    (isProgram ? stopRun : stopChat)();
    document.body.classList.remove('show-conversations', 'show-options');
  }
});

// Shows the model; gives what it is capable of.
async function showModel() {
  const { served_model_name: model, context_length: length } = await get('model_info');
  $('model').textContent = `${model} · ${length.toLocaleString('en')} tokens`;
  return (await post('api/show', { model })).capabilities;
}

const capabilities = (await attempt(showModel)) ?? [];
await attempt(() => openChat(capabilities));
await attempt(openProgram);
await attempt(showAddress);
