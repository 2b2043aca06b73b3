// A run of 500 jobs and a log of 100 MB: node web/journeys/big-run.ts [--pictures FOLDER] [--brief]
// Opens it in Chromium and measures how it scrolls; the last line is `N passed, N failed`.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Page } from 'playwright-core';
import { startServer } from '../../src/app/server.system.ts';
import { parseConfig } from '../../src/platform/config.ts';
import { launch, overflow, personAt, picture, settled, signIn, VIEWS } from './support/browser.ts';
import { BIG_RUN, seedBigRun, type BigRun } from './support/seed-big-run.ts';

const { values } = parseArgs({
  options: { pictures: { type: 'string' }, brief: { type: 'boolean', default: false }, serve: { type: 'boolean', default: false } },
});
const PASSWORD = 'a long enough password';
let passed = 0;
let failed = 0;

function check(what: string, good: boolean, figure: string): void {
  if (good) passed += 1;
  else failed += 1;
  process.stdout.write(`${good ? 'ok' : 'FAILED'}: ${what}: ${figure}\n`);
}

const folder = mkdtempSync(join(tmpdir(), 'ym-big-run-'));
chmodSync(folder, 0o755);
const port = await freePort();
const server = await startServer(
  parseConfig(
    { ...process.env, YARDMASTER_STATE: join(folder, 'state'), YARDMASTER_PORT: String(port), YARDMASTER_LOG_LEVEL: 'error' },
    process.getuid?.() === 0,
  ),
);
try {
  const body = { link: server.firstAdmin, name: 'Ada', email: 'ada@example.org', password: PASSWORD };
  const made = await fetch(`${server.url}/v1/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (made.status >= 300) throw new Error(`no first admin: ${await made.text()}`);
  const big = await seedBigRun(server.floor, BIG_RUN);
  process.stdout.write(`${server.url}/runs/${big.run}?job=${big.logJob} (${big.lines} lines)\n`);
  if (values.serve) await new Promise((resolve) => process.once('SIGINT', resolve));
  else await look(big);
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
  rmSync(`${join(folder, 'state')}.keys`, { recursive: true, force: true });
}
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);

async function look(big: BigRun): Promise<void> {
  const browser = await launch();
  try {
    for (const view of values.brief ? VIEWS.slice(0, 1) : VIEWS) {
      const { context, page, oddities } = await personAt(browser, server.url, view);
      await signIn(page, 'ada@example.org', PASSWORD);
      const address = `/runs/${big.run}?job=${big.logJob}`;
      const began = performance.now();
      await page.goto(address);
      await page.waitForSelector('[data-line]', { timeout: 15_000 });
      const shown = performance.now() - began;
      await settled(page);
      const name = `${view.width}-${view.dark ? 'dark' : 'light'}`;
      if (values.pictures !== undefined) await pictures(page, values.pictures, name, address, big);
      const wide = await overflow(page);
      check(`${name}: nothing sticks out sideways`, wide.length === 0, wide.join('; ') || 'nothing');
      if (view.width > 600 && !view.dark) await measured(page, big, shown);
      check(`${name}: nothing odd`, oddities.length === 0, oddities.join('; ') || 'nothing');
      await context.close();
    }
  } finally {
    await browser.close();
  }
}

async function measured(page: Page, big: BigRun, shown: number): Promise<void> {
  check('the run with its log is there', shown < 8000, `${Math.round(shown)} ms`);
  const frames = await scrolled(page);
  check(
    'long frames while it scrolls',
    frames.p95 < 250,
    `p50 ${frames.p50} ms, p95 ${frames.p95} ms, worst ${frames.worst} ms over ${frames.count} frames`,
  );
  check('lines in the page at once', frames.rows < 200, `${frames.rows}`);
  const end = await page.evaluate(async () => {
    const box = document.querySelector('[aria-label="log"]');
    if (box === null) return 0;
    const began = performance.now();
    box.scrollTop = box.scrollHeight;
    while (performance.now() - began < 5000) {
      await new Promise(requestAnimationFrame);
      if ((box.textContent ?? '').includes('failed with exit code 1 after 12 min')) return Math.round(performance.now() - began);
    }
    return 9999;
  });
  check('from anywhere to the end', end < 4000, `${end} ms`);
  const searching = performance.now();
  await page.fill('[aria-label="search the log"]', 'needle');
  await page.waitForFunction((count) => document.body.innerText.includes(`1 of ${count}`), big.needleLines.length, { timeout: 20_000 });
  check('a word in all of it is found', true, `${Math.round(performance.now() - searching)} ms, ${big.needleLines.length} lines`);
  await page.keyboard.press('Enter');
  await page.waitForSelector(`[data-line="${big.needleLines[1]}"]`, { timeout: 5000 });
  check('the next hit is gone to', true, `line ${big.needleLines[1]}`);
  const line = Math.floor(big.lines * 0.7);
  await page.goto(`/runs/${big.run}?job=${big.logJob}#L${line}`);
  await page.waitForSelector(`[data-line="${line}"]`, { timeout: 10_000 });
  const seen = await page.evaluate((number) => {
    const row = document.querySelector(`[data-line="${number}"]`)?.getBoundingClientRect();
    const box = document.querySelector('[aria-label="log"]')?.getBoundingClientRect();
    return row !== undefined && box !== undefined && row.top >= box.top && row.bottom <= box.bottom;
  }, line);
  check('a link to a line opens at it', seen, `line ${line}`);
  const { rss } = process.memoryUsage();
  check('memory of server and database client', rss < 600e6, `${Math.round(rss / 1e6)} MB`);
}

/** Scrolls by the wheel for some seconds and measures the time between frames. */
async function scrolled(page: Page): Promise<{ p50: number; p95: number; worst: number; count: number; rows: number }> {
  return page.evaluate(async () => {
    const box = document.querySelector('[aria-label="log"]');
    if (box === null) throw new Error('there is no log');
    const times: number[] = [];
    let rows = 0;
    let before = performance.now();
    for (let frame = 0; frame < 240; frame += 1) {
      box.scrollTop += frame < 120 ? 100 : 20_000;
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      times.push(now - before);
      before = now;
      rows = Math.max(rows, box.querySelectorAll('[data-line]').length);
    }
    times.sort((one, other) => one - other);
    const at = (part: number): number => Math.round(times[Math.floor(part * times.length)] ?? 0);
    return { p50: at(0.5), p95: at(0.95), worst: Math.round(times.at(-1) ?? 0), count: times.length, rows };
  });
}

async function pictures(page: Page, to: string, name: string, address: string, big: BigRun): Promise<void> {
  await picture(page, to, `run-${name}`);
  for (const part of ['list', 'timing', 'reports', 'artifacts']) {
    await page.goto(`${address}&part=${part}`);
    await settled(page);
    await picture(page, to, `run-${part}-${name}`);
  }
  await page.goto(`${address}#L${big.needleLines[1]}`);
  await settled(page);
  await picture(page, to, `run-line-${name}`);
  await page.goto('/runs');
  await settled(page);
  await picture(page, to, `runs-${name}`);
  await page.goto(address);
  await settled(page);
}

async function freePort(): Promise<number> {
  return new Promise((done) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const at = probe.address();
      probe.close(() => done(typeof at === 'object' && at !== null ? at.port : 0));
    });
  });
}
