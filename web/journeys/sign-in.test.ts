import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Json } from '../../campaigns/road/api.ts';
import { seriousFindings } from './support/axe.ts';
import { chromiumPath, overflow, personAt, picture, settled } from './support/browser.ts';
import { openStage, PASSWORD, PICTURES, type Stage } from './support/stage.ts';

// Coming in: by a link, by password; a session that ends meanwhile, and what was typed then.

const here = chromiumPath() !== null;
if (!here) console.warn('skipped: no Chromium here (Debian package chromium)');
let stage: Stage;

beforeAll(async () => {
  if (here) stage = await openStage();
}, 600_000);
afterAll(async () => stage?.close(), 60_000);

test.skipIf(!here)('an invited person comes in by the link, once; its secret is asked of no server', async () => {
  const added = await stage.ada.send('POST', '/v1/people', { name: 'Ina Invited', emails: ['ina@example.org'] });
  const { context, page, oddities } = await personAt(stage.browser, stage.url, { width: 360, dark: false });
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  const address = `/setup#${String(added['invitation'])}`;
  await page.goto(address);
  await page.getByRole('heading', { name: 'Welcome, Ina Invited' }).waitFor();
  await picture(page, PICTURES, 'setup-360-light');
  expect([...(await seriousFindings(page)), ...(await overflow(page))]).toEqual([]);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Set password and go in' }).tap();
  await page.waitForURL((url) => url.pathname === '/');
  expect(asked.filter((url) => url.includes('ym_link_'))).toEqual([]);
  await context.clearCookies();
  await page.goto('about:blank');
  await page.goto(address);
  await page.getByText('This link is not valid').waitFor();
  expect(oddities).toEqual([]);
  await context.close();
});

test.skipIf(!here)('who asks for a page signs in and gets it; an address elsewhere leads nobody away', async () => {
  const { context, page } = await personAt(stage.browser, stage.url, { width: 1280, dark: true });
  const enter = async (): Promise<void> => {
    await page.getByLabel('E-mail').fill('ada@example.org');
    await page.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
  };
  await page.goto('/admin/tokens?kind=session');
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await picture(page, PICTURES, 'sign-in-1280-dark');
  expect(await seriousFindings(page)).toEqual([]);
  await page.getByLabel('E-mail').fill('ada@example.org');
  await page.getByLabel('Password').fill('not the password');
  await page.keyboard.press('Enter');
  await page.getByText('E-mail and password do not belong together.').waitFor();
  await enter();
  await page.waitForURL((url) => url.pathname === '/admin/tokens' && url.search === '?kind=session');
  const cookies = await context.cookies();
  expect(cookies).toMatchObject([{ httpOnly: true, sameSite: 'Strict' }]);
  for (const to of ['https://evil.example/', '//evil.example/', '/\\evil.example/', 'javascript:alert(1)']) {
    await context.clearCookies();
    await page.goto(`/sign-in?to=${encodeURIComponent(to)}`);
    await enter();
    await page.waitForURL((url) => url.pathname === '/');
  }
  await context.close();
});

test.skipIf(!here)('a session that ends while somebody types is opened again over the page, and nothing typed is lost', async () => {
  const { context, page } = await personAt(stage.browser, stage.url, { width: 1280, dark: false });
  await page.goto('/admin/people');
  await page.getByLabel('E-mail').fill('ada@example.org');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Invite somebody' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Late Larry');
  await page.getByRole('dialog').getByLabel('E-mail').fill('larry@example.org');
  // Elsewhere somebody ends the browser's session.
  const { items } = (await stage.ada.get('/v1/me/sessions')) as unknown as { items: Json[] };
  for (const one of items) if (one['screen'] === true) await stage.ada.send('DELETE', `/v1/sessions/${String(one['id'])}`, undefined);
  // The page hears of it by itself, and asks over what is being typed.
  const again = page.getByRole('dialog', { name: 'You were signed out' });
  await again.waitFor();
  await picture(page, PICTURES, 'signed-out-1280-light');
  expect(await seriousFindings(page)).toEqual([]);
  await again.getByLabel('E-mail').fill('ada@example.org');
  await again.getByLabel('Password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await again.waitFor({ state: 'detached' });
  expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Late Larry');
  await page.getByRole('button', { name: 'Make the invitation' }).click();
  await page.getByRole('dialog', { name: 'The invitation of Late Larry' }).waitFor();
  await settled(page);
  const people = (await stage.ada.get('/v1/people'))['items'] as Json[];
  expect(people.filter(({ name }) => name === 'Late Larry')).toHaveLength(1);
  await context.close();
});
