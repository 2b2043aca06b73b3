import { afterAll, beforeAll, expect, test } from 'vitest';
import { chromiumPath, overflow, personAt, picture, settled, signIn, VIEWS } from './support/browser.ts';
import { seriousFindings } from './support/axe.ts';
import { everyScreen } from './support/screens.ts';
import { openStage, PASSWORD, PICTURES, type Stage } from './support/stage.ts';

const here = chromiumPath() !== null;
if (!here) console.warn('skipped: no Chromium here (Debian package chromium)');
let stage: Stage;
/** Both widths and both colours; all four together with CAMPAIGN_FULL. */
const looked = process.env['CAMPAIGN_FULL'] === undefined ? VIEWS.filter(({ width, dark }) => (width === 360) === dark) : VIEWS;

beforeAll(async () => {
  if (!here) return;
  stage = await openStage();
  await stage.ship('one');
  await stage.release('two');
  await stage.ada
    .send('POST', '/v1/incidents', { title: 'The clock stands still', service: 'clock', environment: 'prod', severity: 'major' })
    .catch(() => undefined);
}, 600_000);
afterAll(async () => stage?.close(), 60_000);

test.skipIf(!here).each(looked)(
  'every screen is accessible, whole and quiet: $width px, dark $dark',
  async (view) => {
    const { context, page, oddities } = await personAt(stage.browser, stage.url, view);
    const found: string[] = [];
    const look = async (path: string): Promise<void> => {
      await page.goto(path);
      await settled(page);
      const name = path
        .replaceAll(/(?:[a-z]{3}_|sha256:)[0-9a-f]{8,}/g, 'one')
        .replaceAll(/[^a-z-]+/g, '-')
        .replace(/^-|-$/g, '');
      await picture(page, PICTURES, `${name || 'yard'}-${view.width}-${view.dark ? 'dark' : 'light'}`);
      for (const what of [...(await seriousFindings(page)), ...(await overflow(page)), ...oddities.splice(0)])
        found.push(`${path}: ${what}`);
      const headings = await page.locator('h1').count();
      if (headings !== 1) found.push(`${path}: ${headings} headings of the first order`);
      const alerts = await page.getByRole('alert').allInnerTexts();
      for (const alert of alerts) found.push(`${path}: it shows a problem: ${alert.slice(0, 200)}`);
    };
    await look('/sign-in');
    await look('/setup');
    await signIn(page, 'ada@example.org', PASSWORD);
    for (const path of await everyScreen(stage)) await look(path);
    await context.close();
    expect(found).toEqual([]);
  },
  600_000,
);
