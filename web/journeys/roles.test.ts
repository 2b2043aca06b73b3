import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Json } from '../../campaigns/road/api.ts';
import { seriousFindings } from './support/axe.ts';
import { chromiumPath, overflow, personAt, picture, settled, signIn } from './support/browser.ts';
import { openStage, PASSWORD, PICTURES, until, type Stage } from './support/stage.ts';

// A developer ships, an SRE stops the line and goes back, an auditor finds out why it was allowed.

const here = chromiumPath() !== null;
if (!here) console.warn('skipped: no Chromium here (Debian package chromium)');
let stage: Stage;

beforeAll(async () => {
  if (here) stage = await openStage();
}, 600_000);
afterAll(async () => stage?.close(), 60_000);

const looked = async (page: Page, name: string): Promise<void> => {
  await settled(page);
  await picture(page, PICTURES, name);
  expect([...(await seriousFindings(page)), ...(await overflow(page))], name).toEqual([]);
};

async function approve(release: string): Promise<void> {
  const { environments } = await stage.instance.bob.get(`/v1/releases/${release}`);
  const prod = (environments as Json[]).find((one) => one['environment'] === 'prod');
  await stage.instance.bob.send('POST', `/v1/releases/${release}/approvals`, {
    environment: 'prod',
    verdict: 'approve',
    reason: 'read the diff, tried it on dev',
    intent: prod?.['intent'],
    version: prod?.['version'],
  });
}

const runsInProd = async (): Promise<string> => {
  const items = (await stage.ada.get('/v1/environments/prod/services'))['items'] as Json[];
  const running = items.find((one) => one['service'] === 'clock')?.['running'] as Json | null | undefined;
  return String(running?.['release'] ?? '');
};

test.skipIf(!here)(
  'a developer ships before lunch: a push builds, one button cuts the release, the page says who is missing and follows to production',
  async () => {
    const { context, page, oddities } = await personAt(stage.browser, stage.url, { width: 1280, dark: false });
    await signIn(page, 'dora@example.org', PASSWORD);
    const commit = stage.instance.repository.commit('lunch');
    await page.goto('/runs?service=clock');
    await page.getByRole('link', { name: /clock/ }).first().waitFor({ timeout: 30_000 });
    await until('the run to end', async () => {
      const [run] = (await stage.ada.get(`/v1/runs?service=clock&commit=${commit}`))['items'] as Json[];
      return run?.['state'] === 'succeeded' ? run : null;
    });
    await looked(page, 'developer-runs-1280-light');
    await page.goto('/services/clock');
    await page.getByRole('button', { name: 'Cut release' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cut release' }).click();
    await page.waitForURL(/\/releases\/rel_/);
    const release = page.url().split('/').at(-1)?.split('?')[0] ?? '';
    await page
      .getByText(/Bob Boss/)
      .first()
      .waitFor({ timeout: 30_000 });
    await until('dev', async () => {
      const items = (await stage.ada.get(`/v1/deployments?service=clock&release=${release}`))['items'] as Json[];
      return items.find((one) => one['environment'] === 'dev' && one['state'] === 'succeeded') ?? null;
    });
    await looked(page, 'developer-release-waits-1280-light');
    expect(await page.getByRole('button', { name: /^Approve/ }).getAttribute('aria-disabled'), 'its author can not approve it').toBe(
      'true',
    );
    await approve(release);
    await until('production', async () => ((await runsInProd()) === release ? release : null));
    // Nobody loads the page again: what happened came to it.
    await page
      .getByRole('main')
      .getByText(/runs in prod|runs here/)
      .last()
      .waitFor({ timeout: 15_000 });
    await looked(page, 'developer-release-arrived-1280-light');
    expect(oddities).toEqual([]);
    await context.close();
  },
  600_000,
);

test.skipIf(!here)(
  'an SRE at three at night stops the line, goes back past the freeze, and starts it again',
  async () => {
    await stage.ship('good');
    const good = await runsInProd();
    await stage.ship('bad');
    const bad = await runsInProd();
    expect(bad).not.toBe(good);
    const { context, page, oddities } = await personAt(stage.browser, stage.url, { width: 1280, dark: true });
    await signIn(page, 'sam@example.org', PASSWORD);
    await page.goto('/');
    await page.getByRole('button', { name: 'Stop the line' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('What', { exact: true }).selectOption('environment prod');
    await dialog.getByLabel('Ticket').fill('INC-7');
    await dialog.getByLabel('Reason').fill('The clock is wrong for everybody');
    await looked(page, 'sre-stop-the-line-1280-dark');
    await dialog.getByRole('button', { name: 'Stop the line' }).click();
    await page.getByRole('region', { name: 'the line is stopped' }).waitFor();
    await looked(page, 'sre-line-stopped-1280-dark');
    // Nothing new begins: an approved release waits.
    const next = await stage.release('held');
    await approve(next);
    await page.goto('/services/clock');
    await page.getByRole('button', { name: 'Roll back' }).click();
    await page.getByRole('dialog').getByLabel('Where').selectOption('prod');
    await page.getByRole('dialog').getByLabel('Reason').fill('back to the one that told the time');
    await looked(page, 'sre-roll-back-1280-dark');
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
    await until('the way back', async () => ((await runsInProd()) === good ? good : null));
    const begun = (await stage.ada.get(`/v1/deployments?service=clock&environment=prod&release=${next}`))['items'] as Json[];
    expect(begun.filter((one) => one['startedAt'] !== null)).toEqual([]);
    await page.goto('/');
    await page.getByRole('button', { name: 'Start it again' }).click();
    await page.getByRole('dialog').getByLabel('Reason').fill('the cause is known');
    await page.getByRole('dialog').getByRole('button', { name: 'Start it again' }).click();
    await page.getByRole('region', { name: 'the line is stopped' }).waitFor({ state: 'detached' });
    await looked(page, 'sre-line-goes-1280-dark');
    expect(oddities).toEqual([]);
    await context.close();
  },
  600_000,
);

test.skipIf(!here)(
  'an auditor finds why a release was allowed, derives the answer again, and takes the proof along, which verifies without the server',
  async () => {
    const release = await runsInProd();
    const { context, page, oddities } = await personAt(stage.browser, stage.url, { width: 1280, dark: false });
    await signIn(page, 'uma@example.org', PASSWORD);
    await page.goto('/evidence');
    await page.getByLabel('Service').fill('clock');
    await page.getByLabel('Environment').fill('prod');
    await page.getByLabel('Answer').selectOption('allow');
    await page.getByText('approved by Bob Boss').first().waitFor();
    await looked(page, 'auditor-evidence-1280-light');
    await page
      .getByRole('link', { name: /every rule/i })
      .first()
      .click();
    await page.waitForURL(/\/decisions\/dec_/);
    await settled(page);
    await page.getByRole('button', { name: 'Derive it again' }).first().click();
    await page
      .getByText(/same answer/i)
      .first()
      .waitFor();
    await looked(page, 'auditor-decision-1280-light');
    await page.goto(`/releases/${release}`);
    await settled(page);
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download the bundle' }).click()]);
    const bundle = join(stage.instance.folder, 'bundle.json');
    await download.saveAs(bundle);
    const trust = join(stage.instance.folder, 'trust.json');
    writeFileSync(trust, JSON.stringify(await stage.ada.get('/v1/trust')));
    const verified = JSON.parse(await stage.type(`ym verify ${bundle} --trust ${trust} --json`)) as { ok?: boolean; verified?: boolean };
    expect(verified.ok ?? verified.verified).toBe(true);
    const whole = readFileSync(bundle, 'utf8');
    const at = whole.search(/"payload": ?"/) + 40;
    const bent = `${whole.slice(0, at)}${whole[at] === 'A' ? 'B' : 'A'}${whole.slice(at + 1)}`;
    writeFileSync(bundle, bent);
    await expect(stage.type(`ym verify ${bundle} --trust ${trust} --json`)).rejects.toThrow();
    expect(oddities).toEqual([]);
    await context.close();
  },
  600_000,
);
