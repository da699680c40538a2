// The page in a browser: a program with a fork, a mistake, a chat.
// usage: node page.mjs URL BROWSER; screenshots go beside it
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const [url, executablePath] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.goto(url);
  await page.waitForSelector('text=demo · 2048 tokens');

  await page.click('#program .go');
  await page.waitForFunction(() => document.getElementById('result').textContent);
  const result = JSON.parse(await page.textContent('#result'));
  assert.deepEqual(Object.keys(result), ['title', 'why', 'effort']);
  assert.equal(await page.locator('.lanes > .lane').count(), 3);
  const marked = await page.locator('.lanes .own').allTextContents();
  marked.forEach((text) => JSON.parse(text));
  assert.equal(await page.locator('#variables tr').count(), 4);
  assert.match(await page.textContent('#tokens'), /\d+ cached.*\d+ computed/);
  await page.waitForSelector('#cache .node');
  await page.screenshot({ path: 'program.png' });

  await page.fill('#source', 'program p() { return x }');
  await page.click('#program .go');
  await page.waitForSelector('#error:not([hidden])');
  assert.match(await page.textContent('#error'), /`x` is not defined/);

  await page.selectOption('#samples', 'two');
  await page.waitForFunction(() => document.getElementById('source').value.includes('program two'));
  await page.click('#program .go');
  await page.waitForFunction(() => document.getElementById('result').textContent === '2');

  await page.click('#tab-chat');
  await page.fill('#most', '40');
  await page.fill('#message', 'Give 2 different tips about staying healthy.');
  await page.press('#message', 'Enter');
  await page.waitForSelector('[data-role=assistant] .own');
  await page.waitForFunction(() => document.querySelector('#chat .stop').hidden);
  await page.screenshot({ path: 'chat.png' });
  assert.deepEqual(errors, []);
  console.log('all is well');
} finally {
  await browser.close();
}
