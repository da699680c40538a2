// The editor of programs. It knows nothing of the language: colours, mistakes, completions and
// types of names come from the server.

import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, indentUnit } from '@codemirror/language';
import { linter, lintKeymap } from '@codemirror/lint';
import { EditorState, StateEffect, StateField } from '@codemirror/state';
import { Decoration, EditorView, hoverTooltip, keymap, lineNumbers } from '@codemirror/view';
import { element } from './dom.js';
import { post } from './server.js';
import { theme } from './theme.js';

const KINDS = {
  keyword: 'keyword',
  function: 'function',
  type: 'type',
  module: 'namespace',
  variable: 'variable',
  property: 'property',
  option: 'property',
};

const colour = StateEffect.define();

const colours = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    const effect = transaction.effects.find((one) => one.is(colour));
    return effect ? effect.value : marks.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

function marks(highlights) {
  return Decoration.set(
    highlights
      .filter(({ from, to }) => from < to)
      .map(({ from, to, kind }) => Decoration.mark({ class: `sgl-${kind}` }).range(from, to)),
  );
}

function diagnostic({ from, to, severity, message, help }) {
  return { from, to, severity, message: help ? `${message}\nhelp: ${help}` : message };
}

async function complete(context) {
  const word = context.matchBefore(/[\p{L}\p{N}_]*/u);
  const isAfterDot = context.state.sliceDoc(word.from - 1, word.from) === '.';
  if (!context.explicit && word.from === word.to && !isAfterDot) return null;
  const body = { source: context.state.doc.toString(), offset: context.pos };
  const { completions } = await post('playground/complete', body);
  const options = completions.map(({ text, kind, detail, documentation }) => ({
    label: text,
    type: KINDS[kind],
    detail,
    info: documentation || undefined,
  }));
  return { from: word.from, options, validFor: /^[\p{L}\p{N}_]*$/u };
}

async function hover(view, offset) {
  const found = await post('playground/hover', { source: view.state.doc.toString(), offset });
  if (!found.shown) return null;
  const dom = element('div', { className: 'sgl-hover' }, element('code', {}, found.shown));
  if (found.documentation) dom.append(element('p', {}, found.documentation));
  return { pos: found.from, end: found.to, create: () => ({ dom }) };
}

// An editor in `parent`. `checked` is called with each answer of the server on the text.
export function openEditor(parent, checked) {
  async function check(view) {
    const doc = view.state.doc;
    const answer = await post('playground/check', { source: doc.toString() });
    if (view.state.doc !== doc) return [];
    view.dispatch({ effects: colour.of(marks(answer.highlights)) });
    checked(answer);
    return answer.diagnostics.map(diagnostic);
  }
  // In a shadow root, CodeMirror's styles are adopted style sheets, which the page's policy allows.
  const root = parent.attachShadow({ mode: 'open' });
  const view = new EditorView({
    root,
    parent: root,
    extensions: [
      lineNumbers(),
      history(),
      bracketMatching(),
      closeBrackets(),
      indentUnit.of('  '),
      EditorState.tabSize.of(2),
      EditorState.languageData.of(() => [{ commentTokens: { line: '//' } }]),
      EditorView.contentAttributes.of({
        'aria-label': 'Source of the program; Escape, then Tab leaves it',
        tabindex: '0',
      }),
      keymap.of([
        ...closeBracketsKeymap,
        ...completionKeymap,
        ...lintKeymap,
        ...historyKeymap,
        indentWithTab,
      ]),
      keymap.of(defaultKeymap.filter(({ key }) => key !== 'Mod-Enter')), // runs the program
      autocompletion({ override: [complete], icons: false }),
      linter(check, { delay: 250 }),
      hoverTooltip(hover),
      colours,
      theme,
    ],
  });
  return {
    text: () => view.state.doc.toString(),
    set: (text) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text } }),
    // The line and the column of an offset, both from 1.
    place(offset) {
      const line = view.state.doc.lineAt(offset);
      return `${line.number}:${offset - line.from + 1}`;
    },
    go(offset) {
      view.dispatch({ selection: { anchor: offset }, scrollIntoView: true });
      view.focus();
    },
  };
}
