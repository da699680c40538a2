// How the editor looks, in the colours of the page.

import { EditorView } from '@codemirror/view';

export const theme = EditorView.theme({
  '&': {
    color: 'var(--ink)',
    backgroundColor: 'var(--card)',
    border: '1px solid var(--line)',
    borderRadius: '6px',
    fontSize: '13px',
  },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '1px' },
  '.cm-scroller': {
    fontFamily: 'var(--mono)',
    lineHeight: '1.55',
    minHeight: '14rem',
    maxHeight: '50vh',
  },
  '.cm-content': { caretColor: 'var(--ink)' },
  '.cm-gutters': { color: 'var(--quiet)', backgroundColor: 'var(--card)', border: '0' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--own)' },
  '.cm-tooltip': {
    color: 'var(--ink)',
    backgroundColor: 'var(--card)',
    border: '1px solid var(--line)',
    borderRadius: '6px',
    maxWidth: 'min(34rem, 90vw)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    color: 'var(--on-accent)',
    backgroundColor: 'var(--accent)',
  },
  '.cm-completionDetail': { color: 'inherit', fontStyle: 'normal', opacity: '0.85' },
  '.cm-diagnostic': { whiteSpace: 'pre-wrap', fontFamily: 'var(--mono)', fontSize: '12px' },
  '.sgl-hover': { padding: '0.3rem 0.6rem', whiteSpace: 'pre-wrap' },
  '.sgl-hover code': { fontFamily: 'var(--mono)' },
  '.sgl-hover p': { margin: '0.3rem 0 0' },
  '.sgl-keyword, .sgl-operator': { color: 'var(--code-keyword)' },
  '.sgl-string, .sgl-pattern': { color: 'var(--code-string)' },
  '.sgl-number': { color: 'var(--code-number)' },
  '.sgl-type, .sgl-module': { color: 'var(--code-type)' },
  '.sgl-function': { color: 'var(--code-function)' },
  '.sgl-comment': { color: 'var(--quiet)', fontStyle: 'italic' },
});
