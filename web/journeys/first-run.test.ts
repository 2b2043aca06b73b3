import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answering, freePort } from '../../campaigns/road/instance.ts';
import { daemonOf, endAllOf, type Daemon } from '../../campaigns/road/processes.ts';
import { seriousFindings } from './support/axe.ts';
import { chromiumPath, launch, overflow, personAt, picture, settled, signIn } from './support/browser.ts';
import { PASSWORD, PICTURES, until, words } from './support/stage.ts';

// From an empty instance to a first release in production by what the screens say alone: every command and every file is
// taken from the page. Somebody fills in what is theirs: address, password, where their repository is.

const here = chromiumPath() !== null;
if (!here) console.warn('skipped: no Chromium here (Debian package chromium)');
const root = join(import.meta.dirname, '../..');
const EMAIL = 'ada@example.org';
const APPROVER = 'bo@example.org';
let folder: string;
let port: number;
let browser: Browser;
const daemons: Daemon[] = [];
/** The terminal of the person: what was exported stays. `~` is the instance's own folder. */
const terminal: Record<string, string> = { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: join(tmpdir(), 'ymc-compiled') };

beforeAll(async () => {
  if (!here) return;
  folder = mkdtempSync(join(tmpdir(), 'ymc-'));
  // The database may run as another user, who must be able to pass.
  chmodSync(folder, 0o755);
  terminal['HOME'] = folder;
  port = await freePort();
  const env = { ...terminal, YARDMASTER_STATE: join(folder, 'state'), YARDMASTER_PORT: String(port), YARDMASTER_POLL_MS: '1000' };
  const server = daemonOf({ name: 'server', args: ['server'], env, log: join(folder, 'server.log') });
  daemons.push(server);
  server.start();
  [browser] = await Promise.all([launch(), answering(port, 60_000, join(folder, 'server.log'))]);
}, 600_000);

afterAll(async () => {
  if (!here) return;
  await browser?.close();
  for (const daemon of daemons.toReversed()) await daemon.kill();
  await endAllOf(folder);
  rmSync(folder, { recursive: true, force: true });
}, 600_000);

/** Types what the page shows, line by line; `npx` is answered by this tree. Long-lived programs are started and left running. */
async function type(shown: string, options: readonly string[] = []): Promise<void> {
  for (const typed of shown.replaceAll(/\\\n\s*/g, '').split('\n')) {
    const [program, name = '', ...args] = words(typed);
    const [, key = '', value = ''] = /^(\w+)=(.*)$/.exec(name) ?? [];
    if (program === 'export') terminal[key] = value;
    else if (program === 'npx' && name === 'ym') await ym([...args, ...options]);
    else if (program === 'npx' && name === 'yardmaster') start(args);
    else throw new Error(`nobody could type this: ${typed}`);
  }
}

async function ym(args: readonly string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [join(root, 'bin/ym.mjs'), ...args], { env: terminal, cwd: folder, timeout: 60_000 });
}

function start(args: readonly string[]): void {
  const [name = ''] = args;
  const paths = args.map((word) => word.replace(/^~/, folder));
  const daemon = daemonOf({ name, args: paths, env: terminal, log: join(folder, `${name}.log`) });
  daemons.push(daemon);
  daemon.start();
}

/** Somebody's program as it is before they heard of us, in a repository of their own. */
function theirRepository(): { readonly url: string; readonly push: (path: string, text: string, title: string) => void } {
  const at = join(folder, 'shop');
  const who = { NAME: 'Ada Admin', EMAIL };
  const git = (...args: string[]): unknown =>
    execFileSync('git', args, {
      cwd: at,
      env: {
        PATH: process.env['PATH'],
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_AUTHOR_NAME: who.NAME,
        GIT_AUTHOR_EMAIL: who.EMAIL,
        GIT_COMMITTER_NAME: who.NAME,
        GIT_COMMITTER_EMAIL: who.EMAIL,
      },
    });
  const push = (path: string, text: string, title: string): void => {
    mkdirSync(dirname(join(at, path)), { recursive: true });
    writeFileSync(join(at, path), text);
    git('add', '-A');
    git('commit', '-q', '-m', title);
  };
  mkdirSync(at);
  git('init', '-q', '-b', 'main');
  writeFileSync(join(at, 'package.json'), '{ "name": "shop", "version": "0.0.0", "private": true, "type": "module" }\n');
  writeFileSync(
    join(at, 'shop.test.js'),
    `import { test } from 'node:test';\nimport { equal } from 'node:assert';\ntest('sells', () => equal(1 + 1, 2));\n`,
  );
  push(
    'server.js',
    `import { createServer } from 'node:http';
createServer((request, response) => response.end('open')).listen(Number(process.env.PORT), '127.0.0.1');
`,
    'feat: open the shop',
  );
  return { url: `file://${at}`, push };
}

const step = (page: Page, title: string): Locator => page.locator('main details').filter({ hasText: title });
const command = async (place: Locator): Promise<string> => place.locator('code').first().innerText();

/** The step ticks itself off on a page that nobody touches. */
async function ticked(page: Page, title: string, ms = 30_000): Promise<void> {
  await step(page, title)
    .locator('summary')
    .filter({ hasText: '(done)' })
    .waitFor({ timeout: ms, state: 'attached' })
    .catch(async () => {
      throw new Error(`“${title}” did not tick itself off:\n${await page.locator('main').innerText()}`);
    });
}

async function looked(page: Page, name: string): Promise<void> {
  await settled(page);
  await picture(page, PICTURES, `first-run-${name}`);
  expect([...(await seriousFindings(page)), ...(await overflow(page))], name).toEqual([]);
}

test.skipIf(!here)(
  'from an empty instance to a release in production, by what the page says and nothing else',
  // The instance is empty once.
  { retry: 0, timeout: 600_000 },
  async () => {
    const url = `http://127.0.0.1:${port}`;
    const repository = theirRepository();
    const log = (): string => readFileSync(join(folder, 'server.log'), 'utf8');
    const address = await until('the address for the first admin', async () => /http:\S+\/setup#\S+/.exec(log())?.[0] ?? null);
    const { context, page: yard, oddities } = await personAt(browser, url, { width: 1280, dark: false });

    await yard.goto(address);
    await yard.getByLabel('Your name').fill('Ada Admin');
    await yard.getByLabel('Your e-mail').fill(EMAIL);
    await yard.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await looked(yard, '1-become-admin-1280-light');
    await yard.getByRole('button', { name: 'Become admin' }).click();
    await yard.getByRole('heading', { name: 'From here to the first release' }).waitFor();
    await looked(yard, '2-steps-1280-light');
    const phone = await personAt(browser, url, { width: 360, dark: true });
    await signIn(phone.page, EMAIL, PASSWORD);
    await phone.page.goto('/');
    await phone.page.getByRole('heading', { name: 'From here to the first release' }).waitFor();
    await looked(phone.page, '2-steps-360-dark');
    expect(phone.oddities).toEqual([]);
    await phone.context.close();

    // From here on nobody touches this page but to open a step; what is done elsewhere is done on another one.
    await step(yard, 'Sign in').locator('summary').click();
    await type((await command(step(yard, 'Sign in'))).replace('you@example.org', EMAIL), ['--password', PASSWORD]);

    const catalog = await step(yard, 'Say what there is').locator('pre').innerText();
    expect(catalog).toContain('https://git.example.org/shop.git');
    writeFileSync(join(folder, 'yardmaster.yaml'), catalog.replace('https://git.example.org/shop.git', repository.url));
    await type(await command(step(yard, 'Say what there is')), ['--yes']);
    await ticked(yard, 'Say what there is');
    await ticked(yard, 'Its repository is watched');
    await looked(yard, '3-catalog-1280-light');

    const acts = await context.newPage();
    const register = async (title: string, part: 'runner' | 'agent', an: string): Promise<void> => {
      await acts.goto('/');
      await step(acts, title)
        .getByRole('link', { name: /^Admin: / })
        .click();
      await acts.getByRole('button', { name: `Register ${an}` }).click();
      await acts.getByRole('button', { name: 'Make the registration' }).click();
      const dialog = acts.getByRole('dialog', { name: /^Start / });
      await dialog.waitFor();
      await looked(acts, `4-${part}-1280-light`);
      await type(await command(dialog));
      await dialog.getByRole('button', { name: 'I have it' }).click();
      await acts.getByText('here', { exact: true }).waitFor({ timeout: 30_000 });
      await looked(acts, `4-${part}-here-1280-light`);
      await ticked(yard, title);
    };
    await register('Start a runner', 'runner', 'a runner');
    await register('Start an agent', 'agent', 'an agent');
    await looked(yard, '5-build-1280-light');
    const pipeline = await step(yard, 'Build it').locator('pre').innerText();
    repository.push('.yardmaster/pipeline.yaml', `${pipeline}\n`, 'feat: build it by itself');
    await ticked(yard, 'Build it', 60_000);
    await looked(yard, '5-built-1280-light');

    await acts.goto('/');
    await step(acts, 'Cut a release').getByRole('link', { name: 'Services' }).click();
    await acts.getByRole('link', { name: 'shop', exact: true }).click();
    await acts.getByRole('button', { name: 'Cut release' }).click();
    await acts.getByRole('dialog').getByRole('button', { name: 'Cut release' }).click();
    await acts.waitForURL(/\/releases\/rel_/);
    await ticked(yard, 'Cut a release');
    await acts
      .getByText(/approv/i)
      .first()
      .waitFor();
    await looked(acts, '6-release-1280-light');
    await looked(yard, '6-waits-1280-light');

    await acts.goto('/');
    await step(acts, 'Let another person approve').getByRole('link', { name: 'Admin: People' }).click();
    await acts.getByRole('button', { name: 'Invite somebody' }).click();
    await acts.getByLabel('Name', { exact: true }).fill('Bo Boss');
    await acts.getByRole('dialog').getByLabel('E-mail').fill(APPROVER);
    await acts.getByRole('dialog').getByLabel('Role over everything').selectOption('approver');
    await acts.getByRole('button', { name: 'Make the invitation' }).click();
    const invitation = acts.getByRole('dialog', { name: 'The invitation of Bo Boss' });
    await invitation.waitFor();
    await looked(acts, '7-invited-1280-light');
    const link = await command(invitation);

    const bo = await personAt(browser, url, { width: 1280, dark: false });
    await bo.page.goto(link);
    await bo.page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await bo.page.getByRole('button', { name: 'Set password and go in' }).click();
    await bo.page
      .getByRole('link', { name: /^Inbox/ })
      .first()
      .click();
    await bo.page.getByRole('heading', { name: /^Approve shop .* for prod/ }).waitFor();
    await looked(bo.page, '8-inbox-1280-light');
    await bo.page.getByRole('button', { name: 'Approve', exact: true }).click();
    await bo.page.getByLabel('Reason').fill('Read the diff, opened the shop');
    await bo.page.waitForTimeout(450);
    await bo.page.getByRole('button', { name: /^Approve shop .* for prod/ }).click();
    await bo.page.getByText('Nothing waits for you').waitFor();

    // The road is gone from the page that nobody touched, and the version stands where it ends.
    await yard.getByRole('heading', { name: /To the first release/ }).waitFor({ state: 'detached', timeout: 60_000 });
    const board = yard.getByRole('region', { name: 'the board' });
    const release = await acts.evaluate(
      async () => (await (await fetch('/v1/releases?service=shop')).json()) as { items: { version: string }[] },
    );
    const version = release.items[0]?.version ?? 'none';
    const row = board
      .getByRole('row')
      .filter({ has: yard.getByRole('rowheader') })
      .filter({ hasText: 'shop' });
    await until('the version in both places', async () => ((await row.innerText()).split(version).length === 3 ? true : null));
    await looked(yard, '9-in-production-1280-light');
    for (const daemon of daemons) expect(daemon.surprises(), daemon.name).toEqual([]);
    expect([...oddities, ...bo.oddities]).toEqual([]);
    await Promise.all([context.close(), bo.context.close()]);
  },
);
