import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Json } from '../../campaigns/road/api.ts';
import { answering } from '../../campaigns/road/instance.ts';
import { chromiumPath, personAt, picture, settled, signIn, VIEWS } from './support/browser.ts';
import { openStage, PASSWORD, PICTURES, until, type Stage } from './support/stage.ts';

const here = chromiumPath() !== null;
if (!here) console.warn('skipped: no Chromium here (Debian package chromium)');
let stage: Stage;
const [view = { width: 1280, dark: false }] = VIEWS;

beforeAll(async () => {
  if (here) stage = await openStage();
}, 600_000);
afterAll(async () => stage?.close(), 60_000);

const live = (page: Page) => page.getByRole('status').filter({ hasText: /^(?:live|behind|not live)/ });

/**
 * A commit whose test step fails, prints what strangers print, and leaves a report that says why. It ends by itself: what
 * Node has not written yet is lost where process.exit() is called.
 */
function failingCommit(): string {
  const { path } = stage.instance.repository;
  const text = `import { mkdirSync, writeFileSync } from 'node:fs';
const esc = String.fromCharCode(27);
for (let line = 1; line <= 300; line += 1) console.log('line ' + line);
console.log(esc + '[31m<img src=x onerror=alert(1)>' + esc + '[0m');
console.log(esc + ']8;;javascript:alert(2)' + esc + '\\\\\\\\click' + esc + ']8;;' + esc + '\\\\\\\\');
mkdirSync('reports', { recursive: true });
writeFileSync('reports/junit.xml', '<testsuite name="clock" tests="2" failures="1"><testcase name="ticks"/><testcase classname="clock" name="&lt;script&gt;alert(3)&lt;/script&gt;"><failure message="expected 3, got 2">at clock.test.mjs:31</failure></testcase></testsuite>');
process.exitCode = 7;
`;
  writeFileSync(join(path, 'test.mjs'), text);
  // Another one each time: a test that is asked again commits again.
  return stage.instance.repository.commit(`it-fails-${Date.now()}`);
}

test.skipIf(!here)(
  'a run shows itself as it goes, why it failed, and runs again; nothing of its log is more than text',
  async () => {
    const { context, page, oddities } = await personAt(stage.browser, stage.url, view);
    await signIn(page, 'ada@example.org', PASSWORD);
    await page.goto('/runs');
    await settled(page);
    const commit = failingCommit();
    const run = await until('the run that fails', async () => {
      const [found] = (await stage.ada.get(`/v1/runs?service=clock&commit=${commit}`))['items'] as Json[];
      return found === undefined ? null : String(found['id']);
    });
    // Nobody loads the page again.
    await page.locator(`main a[href^="/runs/${run}"]`).first().click({ timeout: 20_000 });
    await page.getByRole('heading', { name: /test failed in the step “test” with exit code 7/ }).waitFor({ timeout: 60_000 });
    await page.getByText('<script>alert(3)</script>').first().waitFor();
    await page.getByText('expected 3, got 2').first().waitFor();
    const log = page.getByRole('region', { name: 'log' });
    // A long log shows the lines in sight: go where this one is.
    await page.getByLabel('search the log').fill('onerror');
    await page.getByText('1 of 1', { exact: true }).waitFor();
    await log.getByText('<img src=x onerror=alert(1)>').waitFor({ timeout: 45_000 });
    expect(await log.locator('img').count()).toBe(0);
    expect(await page.locator('a[href^="javascript:"]').count()).toBe(0);
    expect(await log.locator('.text-deny').first().innerText()).toContain('<img');

    await page.getByLabel('search the log').fill('LINE 2');
    await page.getByText('1 of 111').waitFor();
    await page.keyboard.press('Enter');
    await page.getByText('2 of 111').waitFor();
    await log.locator('[data-line="21"] a').click();
    expect(new URL(page.url()).hash).toBe('#L21');
    await log.locator('[data-line="24"] a').click({ modifiers: ['Shift'] });
    expect(new URL(page.url()).hash).toBe('#L21-L24');
    await picture(page, PICTURES, 'run-failed');
    await page.reload();
    await log.locator('[data-line="21"]').waitFor();
    await page.getByText('lines 21–24').waitFor();

    const before = page.url().split('?')[0];
    await page.keyboard.press('e');
    await page.getByRole('dialog').getByRole('button', { name: 'Run it again' }).click();
    await page.waitForFunction((old) => !location.href.startsWith(old), before ?? '');
    await page.keyboard.press('x');
    const dialog = page.getByRole('dialog');
    if (await dialog.isVisible().catch(() => false)) {
      await dialog.getByRole('textbox').fill('it fails anyway');
      await dialog.getByRole('button', { name: 'Cancel the run' }).click();
    }
    await page
      .getByText(/^(?:cancelled|failed)$/)
      .first()
      .waitFor({ timeout: 30_000 });
    expect(oddities).toEqual([]);
    await context.close();
  },
  600_000,
);

test.skipIf(!here)(
  'tabs of one browser share one stream; it says when it is behind, and catches up',
  async () => {
    const { context, page } = await personAt(stage.browser, stage.url, view);
    const streams: string[] = [];
    context.on('request', (request) => {
      if (new URL(request.url()).pathname === '/v1/live') streams.push(request.url());
    });
    await signIn(page, 'ada@example.org', PASSWORD);
    await page.goto('/runs');
    await live(page).getByText('live').waitFor();
    const second = await context.newPage();
    await second.goto(`${stage.url}/runs`);
    await live(second).getByText('live').waitFor({ timeout: 5000 });
    expect(streams.length, 'streams of two tabs').toBe(1);
    await page.close();
    await expect.poll(() => streams.length, { timeout: 10_000 }).toBe(2);
    expect(streams[1], 'the next tab goes on from where the first was').toMatch(/after=1\.\d+/);

    const [server] = stage.instance.servers;
    await server?.kill();
    await live(second).getByText('behind').waitFor({ timeout: 45_000 });
    server?.start();
    await answering(stage.instance.ports[0] ?? 0, 90_000, `${stage.instance.folder}/server-1.log`);
    await live(second).getByText('live').waitFor({ timeout: 45_000 });
    const items = second.getByRole('link', { name: /clock main/ });
    const count = await items.count();
    stage.instance.repository.commit('after-the-cut');
    await expect.poll(() => items.count(), { timeout: 20_000 }).toBeGreaterThan(count);
    await context.close();
  },
  600_000,
);
