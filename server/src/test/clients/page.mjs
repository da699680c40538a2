// The page in a browser, wide and narrow, light and dark: chats, programs, and what axe-core finds.
// usage: node page.mjs URL BROWSER; screenshots go beside it
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const [url, executablePath] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// Takes a picture, and looks for serious faults of accessibility.
async function look(page, name) {
  await page.screenshot({ path: `${name}.png` });
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const told = serious.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(', ')}`,
  );
  assert.deepEqual(told, [], name);
}

// Whether the policy refused a thing of the page. When coloured text is typed over, Chromium itself tries
// inline styles.
function isRefusal(text) {
  return /Content Security Policy/.test(text) && !/^Applying inline style/.test(text);
}

const isQuiet = () => document.getElementById('stop-chat').hidden;

async function say(page, text) {
  await page.fill('#message', text);
  await page.press('#message', 'Enter');
}

async function chat(page, name) {
  const answers = page.locator('.message.assistant .cost');
  await page.click('#show-options');
  await page.fill('[name=max_tokens]', '40');
  await look(page, `options-${name}`);
  await page.click('#hide-options');

  await say(page, 'Give 2 different tips about sleep.');
  await answers.first().waitFor();
  assert.match(
    await answers.first().textContent(),
    /\d+ tokens .*prompt: \d+ cached, \d+ computed/,
  );
  await say(page, 'Give 3 different tips about money.');
  await answers.nth(1).waitFor();
  await look(page, `chat-${name}`);

  await page.locator('.message.user').first().getByRole('button', { name: 'Edit' }).click();
  await look(page, `edit-${name}`);
  await page.fill('.editing textarea', 'Give 4 different tips about tea.');
  await page.click('.editing .go');
  await page.waitForFunction(() => document.querySelectorAll('.message').length === 2);
  await answers.first().waitFor();
  await page.waitForFunction(isQuiet);
  await page.getByRole('button', { name: 'Again' }).click();
  await answers.first().waitFor();
  await page.waitForFunction(isQuiet);
  assert.equal(await page.locator('.message').count(), 2);
}

// A message whose request fails is in the box again; one that is stopped keeps its answer.
async function failAndStop(page) {
  await page.click('#show-options');
  await page.fill('[name=other]', '{"nonsense": 1}');
  await page.click('#hide-options');
  await say(page, 'Hello.');
  await page.waitForSelector('#chat-error:not([hidden])');
  assert.match(await page.textContent('#chat-error'), /nonsense/);
  assert.equal(await page.inputValue('#message'), 'Hello.');
  assert.equal(await page.locator('.message').count(), 2);

  await page.click('#show-options');
  await page.fill('[name=other]', '{"ignore_eos": true, "max_tokens": 1500}');
  await page.click('#hide-options');
  await page.press('#message', 'Enter');
  await page.waitForSelector('.growing .markdown');
  await page.keyboard.press('Escape');
  await page.getByText('Stopped.').waitFor();
  assert.equal(await page.locator('.message').count(), 4);
}

async function keptChats(page, name) {
  await page.reload();
  const drawer = page.locator('#show-conversations');
  if (await drawer.isVisible()) await drawer.click();
  await look(page, `chats-${name}`);
  await page.fill('#search', 'tea');
  await page.locator('#conversation-list .entry').click();
  assert.equal(await page.locator('.message').count(), 4);
}

async function program(page, name) {
  await page.click('#tab-program');
  await page.waitForSelector('#fields textarea');
  await look(page, `program-${name}`);
  await page.locator('#fields input').fill('4');
  await page.click('#run');
  await page.waitForFunction(() => document.getElementById('result').textContent);
  const result = JSON.parse(await page.textContent('#result'));
  assert.deepEqual(Object.keys(result), ['title', 'why', 'effort']);
  assert.equal(await page.locator('.lanes > .lane').count(), 4);
  (await page.locator('.lanes .own').allTextContents()).forEach((text) => JSON.parse(text));
  assert.equal(await page.locator('#variables tbody tr').count(), 5);
  assert.match(await page.textContent('#tokens'), /\d+ cached.*\d+ computed/);
  await page.waitForSelector('#cache .node');
  await look(page, `run-${name}`);
}

async function edit(page, source) {
  await page.locator('#editor .cm-content').press('Control+A');
  await page.keyboard.insertText(source);
}

async function editor(page, name) {
  await edit(page, 'program p() -> int { return x }');
  await page.getByRole('button', { name: '`x` is not defined' }).waitFor();
  await look(page, `problem-${name}`);
  await page.click('#run');
  await page.waitForSelector('#run-error:not([hidden])');

  await page.selectOption('#samples', 'two');
  await page.getByText('This program takes no arguments.').waitFor();
  await page.locator('#editor .cm-content').press('Control+Enter');
  await page.waitForFunction(() => document.getElementById('result').textContent === '2');

  await edit(
    page,
    'program p(names: string<..9>[] = ["a"], mood: "good" | "bad", deep: { n: int, on?: bool } = { n: 1 }) -> int { return 3 }',
  );
  await page.waitForSelector('#fields fieldset >> nth=1');
  await look(page, `form-${name}`);
  await page.click('#as-json');
  assert.deepEqual(JSON.parse(await page.inputValue('#json')), {
    names: ['a'],
    mood: 'good',
    deep: { n: 1 },
  });
}

// A link gives the program back in a new tab; a run that was kept is shown again.
async function linksAndRuns(page) {
  await page.click('#link');
  await page.waitForFunction(() => location.hash.startsWith('#program='));
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.getByText('mood: "good"').waitFor();
  await other.getByRole('button', { name: /^tips,/ }).click();
  assert.match(await other.textContent('#result'), /effort/);
  await other.close();
}

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  for (const [width, height] of [
    [1280, 900],
    [390, 844],
  ]) {
    for (const colorScheme of ['light', 'dark']) {
      const name = `${width}-${colorScheme}`;
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme,
        reducedMotion: 'reduce',
      });
      await context.grantPermissions(['clipboard-read', 'clipboard-write']);
      const page = await context.newPage();
      const errors = [];
      page.on('pageerror', (error) => errors.push(String(error)));
      page.on('console', (said) => isRefusal(said.text()) && errors.push(said.text()));
      await page.goto(url);
      await page.waitForSelector('text=demo · 2,048 tokens');
      await chat(page, name);
      await failAndStop(page);
      await keptChats(page, name);
      await program(page, name);
      await editor(page, name);
      await linksAndRuns(page);
      assert.deepEqual(errors, []);
      await context.close();
    }
  }
  console.log('all is well');
} finally {
  await browser.close();
}
