import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Json } from '../../campaigns/road/api.ts';
import { chromiumPath, overflow, personAt, picture, settled, signIn } from './support/browser.ts';
import { seriousFindings } from './support/axe.ts';
import { openStage, PASSWORD, PICTURES, until, type Stage } from './support/stage.ts';

// An approver decides: with the thumb on a phone of 390 px, and with the keyboard alone.

const here = chromiumPath() !== null;
if (!here) console.warn('skipped: no Chromium here (Debian package chromium)');
let stage: Stage;

beforeAll(async () => {
  if (here) stage = await openStage();
}, 600_000);
afterAll(async () => stage?.close(), 60_000);

const votesOn = async (release: string): Promise<Json[]> => (await stage.ada.get(`/v1/releases/${release}`))['votes'] as Json[];

test.skipIf(!here)(
  'with the thumb: what it is about is shown, one tap decides nothing, the second does, and the release goes on',
  async () => {
    const release = await stage.release('thumb');
    const { context, page, oddities } = await personAt(stage.browser, stage.url, { width: 390, dark: true });
    await signIn(page, 'bob@example.org', PASSWORD);
    await page.goto('/inbox');
    await settled(page);
    expect(await page.title()).toMatch(/^\(1\) Inbox/);
    await picture(page, PICTURES, 'approver-inbox-390-dark');
    await page.getByRole('button', { name: /Approve clock/ }).tap();
    await settled(page);
    const item = page.getByRole('article');
    for (const word of ['intent', 'bytes', 'changes', 'If nobody does anything']) expect(await item.innerText()).toContain(word);
    await picture(page, PICTURES, 'approver-item-390-dark');
    expect([...(await seriousFindings(page)), ...(await overflow(page))]).toEqual([]);

    const approve = page.getByRole('button', { name: 'Approve', exact: true });
    const box = await approve.boundingBox();
    expect(box?.height).toBeGreaterThanOrEqual(44);
    expect((box?.y ?? 0) + (box?.height ?? 0), 'within the reach of a thumb').toBeGreaterThan(370);
    await approve.tap();
    expect(await votesOn(release), 'one tap is no decision').toEqual([]);
    const confirm = page.getByRole('button', { name: /^Approve clock .* for prod/ });
    await confirm.tap({ force: true });
    expect(await votesOn(release), 'without a reason neither').toEqual([]);
    await page.getByLabel('Reason').fill('Tried it on dev, the hands move');
    await picture(page, PICTURES, 'approver-reason-390-dark');
    await page.waitForTimeout(450);
    await confirm.tap();
    await page.getByText('Nothing waits for you').waitFor();
    expect(await votesOn(release)).toMatchObject([
      { verdict: 'approve', name: expect.any(String), reason: 'Tried it on dev, the hands move' },
    ]);
    await until('the release in prod', async () => {
      const items = (await stage.ada.get(`/v1/deployments?release=${release}`))['items'] as Json[];
      return items.find((one) => one['environment'] === 'prod' && one['state'] === 'succeeded') ?? null;
    });
    await page.goto(`/releases/${release}`);
    await settled(page);
    await page.getByText('Tried it on dev').first().waitFor();
    expect(oddities).toEqual([]);
    await context.close();
  },
  600_000,
);

test.skipIf(!here)(
  'with the keyboard alone: to the inbox, to the item, a no with its reason; the answer says who must take it back',
  async () => {
    const release = await stage.release('keys');
    const { context, page, oddities } = await personAt(stage.browser, stage.url, { width: 1280, dark: false });
    await signIn(page, 'bob@example.org', PASSWORD);
    await page.goto('/releases');
    await page.getByRole('navigation', { name: 'screens' }).waitFor();
    await settled(page);
    await page.keyboard.press('g');
    await page.keyboard.press('i');
    await page.getByRole('heading', { name: 'Inbox', level: 1 }).waitFor();
    await page.getByRole('heading', { name: /Approve clock/ }).waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.keyboard.press('r');
    await page.getByLabel('Reason').waitFor();
    await page.waitForTimeout(450);
    await page.keyboard.type('The hands stand still');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Nothing waits for you').waitFor();
    expect(await votesOn(release)).toMatchObject([{ verdict: 'reject', reason: 'The hands stand still' }]);

    await page.goto(`/releases/${release}?environment=prod`);
    await settled(page);
    const answer = page.getByRole('region', { name: /may not go to prod/ });
    const words = (await stage.ada.get(`/v1/releases/${release}/may-ship?environment=prod`))['words'] as {
      headline: string;
      missing: string[];
    };
    expect(await answer.innerText()).toContain(words.headline);
    for (const line of words.missing) expect(await answer.innerText(), 'the same words as every door').toContain(line);
    expect(words.missing.join()).toMatch(/withdrawn: .* can see to it/);
    await picture(page, PICTURES, 'release-rejected-1280-light');
    expect([...(await seriousFindings(page)), ...(await overflow(page)), ...oddities]).toEqual([]);
    await context.close();
  },
  600_000,
);
