// Texts of models as elements: JSON laid out, all others as Markdown. Nothing is loaded from other
// hosts: a picture from elsewhere becomes a link.

import DOMPurify from 'dompurify';
import { marked } from 'marked';
import { copyButton, element } from './dom.js';
import { prettyJson } from './json.js';

const CLEAN = {
  RETURN_DOM_FRAGMENT: true,
  USE_PROFILES: { html: true },
  FORBID_TAGS: ['style', 'form', 'button', 'textarea', 'select'],
  FORBID_ATTR: ['style', 'class', 'id', 'name'],
  ALLOW_DATA_ATTR: false,
};

// A block of code with its language and a button.
function codeBlock(text, language) {
  const head = element(
    'div',
    { className: 'code-head' },
    element('span', {}, language),
    copyButton(() => text),
  );
  const pre = element(
    'pre',
    { tabIndex: 0, role: 'group', ariaLabel: language || 'code' },
    element('code', {}, text),
  );
  return element('div', { className: 'code' }, head, pre);
}

function tokensToHtml(text) {
  const languages = [];
  const tokens = marked.lexer(text);
  marked.walkTokens(tokens, (token) => {
    if (token.type === 'code') languages.push((token.lang ?? '').split(/\s/)[0]);
  });
  return { html: marked.parser(tokens), languages };
}

function markdown(text) {
  const { html, languages } = tokensToHtml(text);
  const clean = DOMPurify.sanitize(html, CLEAN);
  clean
    .querySelectorAll('pre')
    .forEach((pre, i) =>
      pre.replaceWith(codeBlock(pre.textContent.replace(/\n$/, ''), languages[i] ?? '')),
    );
  clean
    .querySelectorAll('a[href]')
    .forEach((link) => Object.assign(link, { target: '_blank', rel: 'noopener noreferrer' }));
  clean.querySelectorAll('img').forEach((picture) => {
    if (/^(data|blob):/.test(picture.src)) return;
    const label = picture.alt || picture.src;
    picture.replaceWith(
      element('a', { href: picture.src, target: '_blank', rel: 'noopener noreferrer' }, label),
    );
  });
  clean.querySelectorAll('input').forEach((box) => (box.ariaLabel = box.checked ? 'done' : 'open'));
  clean.querySelectorAll('table').forEach((table) => {
    const wide = element('div', { className: 'wide', tabIndex: 0 });
    table.replaceWith(wide);
    wide.append(table);
  });
  return clean;
}

export function render(text) {
  const pretty = prettyJson(text);
  return pretty ? codeBlock(pretty, 'json') : markdown(text);
}
