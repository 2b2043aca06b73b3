import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Json } from '../../campaigns/road/api.ts';
import { chromiumPath, overflow, personAt, picture, settled, signIn } from './support/browser.ts';
import { seriousFindings } from './support/axe.ts';
import { openStage, PASSWORD, PICTURES, type Stage } from './support/stage.ts';

// A release manager freezes, moves and ends; an exception is asked for and decided; a figure opens; a policy is changed.

const here = chromiumPath() !== null;
if (!here) console.warn('skipped: no Chromium here (Debian package chromium)');
let stage: Stage;

beforeAll(async () => {
  if (!here) return;
  stage = await openStage();
  await stage.ship('one');
  await stage.release('two');
}, 600_000);
afterAll(async () => stage?.close(), 60_000);

const sound = async (page: Page, name: string): Promise<void> => {
  await picture(page, PICTURES, name);
  expect([...(await seriousFindings(page)), ...(await overflow(page))], name).toEqual([]);
};

test.skipIf(!here)('a freeze shows what it would hold before it is saved; moved, it keeps what it was; ended, it is over', async () => {
  const { context, page, oddities } = await personAt(stage.browser, stage.url, { width: 1280, dark: false });
  await signIn(page, 'sam@example.org', PASSWORD);
  await page.goto('/calendar');
  await settled(page);
  await page.keyboard.press('n');
  const form = page.getByRole('dialog');
  await form.getByLabel('Environment', { exact: true }).selectOption('prod');
  await form.getByLabel('Reason', { exact: true }).fill('Stocktaking');
  await form.getByLabel('Ticket').fill('OPS-7');
  const held = form.getByRole('status').filter({ hasText: 'What it would hold' });
  await held.getByText('It holds 1 release that is planned').waitFor();
  await sound(page, 'calendar-form-1280-light');
  const freezes = async (): Promise<Json[]> => (await stage.ada.get('/v1/freezes?ended=true'))['items'] as Json[];
  expect(await freezes(), 'a preview saves nothing').toEqual([]);
  await form.getByRole('button', { name: 'Freeze', exact: true }).click();
  await form.waitFor({ state: 'hidden' });
  const [made] = await freezes();
  expect(made).toMatchObject({ kind: 'deny', scope: { environment: 'prod' }, reason: 'Stocktaking', version: 1, activeNow: true });

  await page
    .getByRole('button', { name: /Freeze: .*Stocktaking/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await form.getByLabel('Until').fill('2031-01-01T00:00');
  await form.getByLabel('Why it is changed').fill('The count takes longer');
  await held.waitFor();
  await form.getByRole('button', { name: 'Save the change' }).click();
  await form.waitFor({ state: 'hidden' });
  const [changed] = await freezes();
  expect(changed).toMatchObject({
    version: 2,
    when: { from: (made?.['when'] as Json | undefined)?.['from'], until: expect.stringMatching(/^20(?:30-12-31|31-01-01)/) },
  });

  await page.goto(`/calendar?freeze=${String(made?.['id'])}`);
  await page.getByText('The count takes longer').waitFor();
  await sound(page, 'calendar-freeze-1280-light');
  await page.getByRole('button', { name: 'End it now' }).click();
  await page.getByLabel('Reason').fill('Counted');
  await page.getByRole('button', { name: 'End it', exact: true }).click();
  await form.waitFor({ state: 'hidden' });
  expect((await freezes())[0]).toMatchObject({ activeNow: false, version: 3 });
  expect(oddities).toEqual([]);
  await context.close();
});

test.skipIf(!here)('on a phone an exception is asked for; another person approves it, who asked can not', async () => {
  const dora = await personAt(stage.browser, stage.url, { width: 390, dark: true });
  await signIn(dora.page, 'dora@example.org', PASSWORD);
  await dora.page.goto('/debts');
  await settled(dora.page);
  await dora.page.getByRole('button', { name: 'Ask for an exception' }).click();
  const form = dora.page.getByRole('dialog');
  await form.getByLabel('Service').selectOption('clock');
  await form.getByLabel('Exactly what').fill('tests-pass');
  await form.getByLabel('Ticket').fill('OPS-8');
  await form.getByLabel('Reason').fill('The fixture server is down');
  await sound(dora.page, 'debts-ask-390-dark');
  await form.getByRole('button', { name: 'Ask', exact: true }).click();
  await form.waitFor({ state: 'hidden' });
  await dora.page.getByRole('button', { name: 'Check skipped' }).click();
  await dora.page.getByText('You may not decide waivers here.', { exact: true }).waitFor();
  await sound(dora.page, 'debts-one-390-dark');
  await dora.context.close();

  const sam = await personAt(stage.browser, stage.url, { width: 1280, dark: true });
  await signIn(sam.page, 'sam@example.org', PASSWORD);
  await sam.page.goto('/debts');
  await sam.page.getByRole('button', { name: 'Check skipped' }).click();
  await sam.page.getByRole('button', { name: 'Approve', exact: true }).click();
  await sam.page.getByLabel('Reason').fill('Seen, until the vendor answers');
  await sam.page.getByRole('button', { name: 'Approve', exact: true }).click();
  await sam.page.getByText('It suspends its rule now.').waitFor();
  await sound(sam.page, 'debts-one-1280-dark');
  expect((await stage.ada.get('/v1/waivers'))['items']).toMatchObject([{ state: 'approved', decided: { by: { name: 'Sam Steady' } } }]);
  expect([...dora.oddities, ...sam.oddities]).toEqual([]);
  await sam.context.close();
});

test.skipIf(!here)('a figure opens to what is behind it, and says the same as ym', async () => {
  const { context, page, oddities } = await personAt(stage.browser, stage.url, { width: 1280, dark: false });
  await signIn(page, 'uma@example.org', PASSWORD);
  await page.goto('/metrics?figure=leadTimeForChanges');
  await settled(page);
  await page.locator('.uplot canvas').waitFor();
  const dora = (await stage.ada.get('/v1/metrics/dora'))['leadTimeForChanges'] as { counted: number; words: string[] };
  expect(dora.counted).toBeGreaterThan(0);
  await page.getByRole('button', { name: `${dora.counted} counted`, exact: true }).click();
  await settled(page);
  const table = page.getByRole('table', { name: /What is behind/ });
  expect(await table.getByRole('row').count()).toBe(dora.counted + 1);
  for (const words of dora.words) await page.getByText(words).waitFor();
  await sound(page, 'metrics-open-1280-light');
  expect(oddities).toEqual([]);
  await context.close();
});

test.skipIf(!here)('a policy is changed as text: an error is shown at its words and can not be saved; right, it is a version', async () => {
  const { context, page, oddities } = await personAt(stage.browser, stage.url, { width: 1280, dark: false });
  await signIn(page, 'sam@example.org', PASSWORD);
  await page.goto('/policies/standard?part=text');
  await settled(page);
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  const text = page.getByLabel('the document of the policy standard');
  const source = await text.inputValue();
  await text.fill(source.replace('soak: 1h', 'soak: soon'));
  await page.getByText('1 error').waitFor();
  expect(await page.locator('.decoration-wavy').innerText()).toBe('soon');
  expect(await page.getByRole('button', { name: /Save as version 2/ }).getAttribute('aria-disabled')).toBe('true');
  await sound(page, 'policy-error-1280-light');
  await text.fill(source.replace('soak: 1h', 'soak: 2h'));
  await page.getByText('It changes what is asked for production for tier 1.').waitFor();
  await page.getByRole('button', { name: 'Hold it against what was decided' }).click();
  await page.getByText(/^(All \d+ decisions would|Of \d+ decisions?, \d+ would|Nothing that this concerns)/).waitFor();
  await sound(page, 'policy-backtest-1280-light');
  await page.getByRole('button', { name: 'Save as version 2' }).click();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByText('standard.yaml, version 2').waitFor();
  await page.getByRole('tab', { name: 'Versions' }).click();
  await page.getByText('production for tier 1').waitFor();
  await sound(page, 'policy-versions-1280-light');
  expect(oddities).toEqual([]);
  await context.close();
});

test.skipIf(!here)('how long things are kept is decided; what a hold keeps is lifted again, with who and why', async () => {
  const { context, page, oddities } = await personAt(stage.browser, stage.url, { width: 360, dark: true });
  await signIn(page, 'ada@example.org', PASSWORD);
  await page.goto('/admin/retention');
  await settled(page);
  await page.getByRole('button', { name: 'change logs' }).click();
  await page.getByLabel('Days').fill('0');
  expect(await page.getByRole('button', { name: 'Decide' }).getAttribute('aria-disabled')).toBe('true');
  await page.getByLabel('Days').fill('30');
  await page.getByRole('button', { name: 'Decide' }).click();
  await page.getByText('usual: 90 days').waitFor();
  await page.getByRole('button', { name: 'Place a hold' }).click();
  await page.getByLabel('What', { exact: true }).selectOption('everything');
  await page.getByLabel('Reason').fill('A court asks for it');
  await page.getByRole('button', { name: 'Hold it' }).click();
  await page.getByRole('button', { name: 'lift the hold A court asks for it' }).click();
  await sound(page, 'retention-lift-360-dark');
  await page.getByLabel('Reason').fill('It is decided');
  await page.getByRole('button', { name: 'Lift it' }).click();
  await page.getByText('It is decided').waitFor();
  await sound(page, 'retention-360-dark');
  expect(oddities).toEqual([]);
  await context.close();
});
