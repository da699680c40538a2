// The conversation of a run: a lane for each branch. The lanes of a fork are in a row, which is
// swiped on a narrow screen.

import { $, element, following } from './dom.js';

const lanes = new Map(); // by branch

export function clearLanes() {
  lanes.clear();
  $('lanes').replaceChildren();
}

function parentOf(branch) {
  return lanes.get(branch.slice(0, branch.lastIndexOf('/')));
}

// The row of the lanes that leave a lane where it is now.
function rowIn(lane) {
  const last = lane.lastElementChild;
  if (last?.classList.contains('lanes')) return last;
  const row = element('div', {
    className: 'lanes',
    tabIndex: 0,
    role: 'group',
    ariaLabel: 'Branches',
  });
  lane.append(row);
  return row;
}

export function lane(branch) {
  if (lanes.has(branch)) return lanes.get(branch);
  const made = element('div', { className: 'lane runs' });
  const parent = parentOf(branch);
  if (parent) {
    made.append(element('div', { className: 'name' }, branch.slice(branch.lastIndexOf('/') + 1)));
    rowIn(parent).append(made);
  } else {
    $('lanes').append(made);
  }
  lanes.set(branch, made);
  return made;
}

export function message(branch, role) {
  const made = element('div', { className: 'message' });
  if (role) made.append(element('div', { className: 'who' }, role));
  lane(branch).append(made);
  return made;
}

// Adds text to the last message of a branch, in one piece with text of the same kind.
export function say(branch, text, kind) {
  const here = lane(branch);
  let last = here.lastElementChild;
  if (!last?.classList.contains('message')) last = message(branch, '');
  const piece = last.lastElementChild;
  following($('lanes'), () => {
    if (piece?.className === kind) piece.textContent += text;
    else last.append(element('span', { className: kind }, text));
  });
}

export function log(branch, text) {
  lane(branch).append(element('p', { className: 'log' }, text));
}

export function ended(branch) {
  lane(branch).classList.remove('runs');
}

export function allEnded() {
  lanes.forEach((one) => one.classList.remove('runs'));
}
