// The list of conversations, which this browser keeps.

import { contains, titleOf } from './conversation.js';
import { $, download, entry } from './dom.js';
import * as store from './store.js';

const KIND = 'conversations';

let kept = [];
let current;
let opened = () => {};
const deleted = new Set(); // ids, which are not kept again

function shown(conversation) {
  const made = entry(titleOf(conversation), () => opened(conversation), {
    Rename: () => rename(conversation),
    Save: () => save([conversation]),
    Delete: () => remove(conversation),
  });
  made.firstChild.setAttribute('aria-current', conversation.id === current);
  return made;
}

function show() {
  const text = $('search').value.trim();
  const found = kept.filter((conversation) => !text || contains(conversation, text));
  $('conversation-list').replaceChildren(...found.map(shown));
  $('no-conversations').hidden = found.length > 0;
  $('no-conversations').textContent = text
    ? 'No chat has this text.'
    : 'Chats are kept in this browser only.';
}

function rename(conversation) {
  const title = prompt('The name of this chat', titleOf(conversation));
  if (title === null) return;
  conversation.title = title.trim();
  keep(conversation);
}

function save(conversations) {
  const name = conversations.length === 1 ? titleOf(conversations[0]) : 'chats';
  download(
    `${name.replace(/[^\p{L}\p{N}]+/gu, '-')}.json`,
    'application/json',
    JSON.stringify(conversations, null, 2),
  );
}

async function remove(conversation) {
  if (!confirm(`Delete “${titleOf(conversation)}”?`)) return;
  deleted.add(conversation.id);
  kept = kept.filter((one) => one !== conversation);
  if (conversation.id === current) opened();
  show();
  await store.remove(KIND, conversation.id);
}

// Keeps a conversation as it is now, and shows it first. One that was deleted while its answer was
// written stays deleted.
export async function keep(conversation) {
  if (deleted.has(conversation.id)) return;
  conversation.changed = Date.now();
  kept = [conversation, ...kept.filter((one) => one !== conversation)];
  show();
  await store.keep(KIND, conversation);
}

export function select(conversation) {
  current = conversation.id;
  show();
}

// Shows the list. `open` is called with the conversation that the reader chose, or without one.
export async function openConversations(open) {
  opened = open;
  $('search').oninput = show;
  $('save-all').onclick = () => save(kept);
  kept = await store.all(KIND);
  show();
}
