// Reads the samples with the grammar: words have the scopes that they should have.
import assert from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import oniguruma from 'vscode-oniguruma';
import textmate from 'vscode-textmate';

const require = createRequire(import.meta.url);
const wasm = readFileSync(require.resolve('vscode-oniguruma/release/onig.wasm'));
await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));

const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async () => {
    const file = new URL('../syntaxes/sgl.tmLanguage.json', import.meta.url);
    return textmate.parseRawGrammar(readFileSync(file, 'utf8'), 'sgl.tmLanguage.json');
  },
});
const grammar = await registry.loadGrammar('source.sgl');

/** Each piece of the text with the innermost of its scopes, and whether all was closed at the end. */
function scopes(source) {
  const found = new Map();
  let state = textmate.INITIAL;
  for (const line of source.split('\n')) {
    const result = grammar.tokenizeLine(line, state);
    for (const token of result.tokens) {
      const text = line.slice(token.startIndex, token.endIndex).trim();
      if (text) {
        found.set(text, token.scopes.at(-1));
      }
    }
    state = result.ruleStack;
  }
  return { found, depth: state.depth };
}

const { found } = scopes(`/// Documentation.
program tips(topic: string = "sl{topic.upper()}eep \\n {{x}}") -> Tip {
  assistant gen tip: Tip (temperature: 0.7) // comment
  let p = r"[0-9]+\\"x"
  user """
    block {1 + 2}
    """
}`);
const expected = {
  program: 'storage.type.sgl',
  tips: 'entity.name.function.sgl',
  string: 'support.type.sgl',
  assistant: 'storage.modifier.role.sgl',
  gen: 'keyword.control.sgl',
  '0.7': 'constant.numeric.sgl',
  upper: 'entity.name.function.call.sgl',
  '\\n': 'constant.character.escape.sgl',
  '{{': 'constant.character.escape.sgl',
  '// comment': 'comment.line.double-slash.sgl',
  '/// Documentation.': 'comment.line.documentation.sgl',
  'r"[0-9]+\\"x"': 'string.regexp.sgl',
  block: 'string.quoted.triple.sgl',
};
for (const [word, scope] of Object.entries(expected)) {
  assert.equal(found.get(word), scope, `the scope of ${word}`);
}

// every sample ends where it began: no text or brace is taken to be open
const samples = new URL(process.argv[2] ? `file://${process.argv[2]}/` : '../../../samples/', import.meta.url);
const files = readdirSync(samples).filter((file) => file.endsWith('.sgl'));
assert.ok(files.length > 0, 'there are no samples');
for (const file of files) {
  assert.equal(scopes(readFileSync(new URL(file, samples), 'utf8')).depth, 1, file);
}
console.log(`${Object.keys(expected).length} words and ${files.length} samples: ok`);
