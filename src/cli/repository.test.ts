import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { notes } from './notes.ts';
import { readAsked } from './quick.ts';
import { versionNext } from './version.ts';
import type { VersionArgs } from './version.ts';

const folder = mkdtempSync(join(tmpdir(), 'lanes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let repo = '';
let count = 0;
beforeEach(() => {
  repo = join(folder, `r${(count += 1)}`);
  mkdirSync(repo);
  git('init', '-q', '-b', 'main');
});

const identity = ['-c', 'user.name=A', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false', '-c', 'tag.gpgsign=false'];
function git(...args: string[]): string {
  return execFileSync('git', ['-C', repo, ...identity, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}
function commit(message: string, path = 'file', content = message): void {
  mkdirSync(join(repo, path, '..'), { recursive: true });
  writeFileSync(join(repo, path), content);
  git('add', '.');
  git('commit', '-q', '-m', message);
}
const next = async (more: Partial<VersionArgs> = {}) => (await versionNext({ repo, ...more })).json;

test('a hotfix lane holds its number while the trunk moves on, by name or by what it was cut from', async () => {
  commit('feat: start');
  git('tag', 'v1.2.3');
  git('branch', 'hotfix/payment');
  commit('fix: on the trunk');
  expect((await next()).next).toBe('1.2.4');
  git('checkout', '-q', 'hotfix/payment');
  commit('fix: payment', 'other');
  expect(await next()).toMatchObject({ next: '1.2.4', branch: 'hotfix/payment' });
  git('checkout', '-q', 'main');
  expect(await next()).toMatchObject({ next: '1.2.5', why: expect.stringContaining('1.2.4 is held by hotfix/payment') });
  git('tag', 'v1.2.4', 'hotfix/payment');
  expect((await next()).next).toBe('1.2.5');
  git('merge', '-q', '--no-edit', 'hotfix/payment');
  expect(await next()).toMatchObject({ next: '1.2.5', from: { version: '1.2.4' } });
  git('branch', 'hotfix/1.2.5', 'HEAD~1');
  expect((await next()).next).toBe('1.2.5');
});

test('maintenance, channels and pre-releases by the branch; a detached checkout is asked by its only branch or by --branch', async () => {
  commit('feat: start');
  git('tag', 'v1.0.0');
  git('branch', '1.0.x');
  commit('feat: more');
  git('tag', 'v1.1.0');
  git('checkout', '-q', '1.0.x');
  commit('fix: old', 'old');
  expect(await next()).toMatchObject({ next: '1.0.1', channel: '1.0.x', from: { version: '1.0.0' } });
  git('checkout', '-q', '--detach');
  expect(await next()).toMatchObject({ next: '1.0.1', branch: '1.0.x' });
  commit('feat: too much', 'new');
  expect(await next({ branch: '1.0.x' })).toMatchObject({ next: null, refused: true });
  expect(await next({ branch: 'beta' })).toMatchObject({ next: '1.2.0-beta.1', channel: 'beta' });
});

test('GitFlow and release branches see the branches that are open', async () => {
  commit('feat: start');
  git('tag', 'v1.0.0');
  git('checkout', '-q', '-b', 'develop');
  commit('feat: a');
  git('branch', 'release/1.1.0');
  expect((await next({ strategy: 'gitflow' })).next).toBe('1.1.0-alpha.1');
  git('checkout', '-q', 'release/1.1.0');
  commit('fix: ready', 'ready');
  expect((await next({ strategy: 'gitflow' })).next).toBe('1.1.0-rc.1');
  git('checkout', '-q', 'develop');
  expect((await next({ strategy: 'gitflow' })).next).toBe('1.2.0-alpha.1');
  expect((await next({ strategy: 'release-branch', branch: 'main' })).next).toBe('1.2.0');
});

test('how tags are written is seen: packages by name, path or their own name, one odd prefix, a form that is told', async () => {
  commit('feat: start', 'packages/shop/package.json', '{"name":"@acme/shop"}');
  git('tag', '@acme/shop@1.0.0');
  commit('fix: a', 'packages/shop/a');
  expect(await next({ path: 'packages/shop' })).toMatchObject({ next: '1.0.1', tag: '@acme/shop@1.0.1' });
  git('tag', 'packages/shop/v1.0.1');
  commit('fix: b', 'packages/shop/b');
  expect(await next({ path: './packages/shop/' })).toMatchObject({ tag: 'packages/shop/v1.0.2' });
  git('tag', '-d', '@acme/shop@1.0.0', 'packages/shop/v1.0.1');
  git('tag', 'release-2.0.0', 'HEAD~1');
  expect(await next()).toMatchObject({ next: '2.0.1', tag: 'release-2.0.1' });
  expect(await next({ tag: 'app_{version}_x' })).toMatchObject({ next: '0.1.0', tag: 'app_0.1.0_x' });
});

test('a repository says how it wants its versions, and what is wrong there is pointed at', async () => {
  commit('feat!: start');
  git('tag', 'v0.4.0');
  mkdirSync(join(repo, '.yardmaster'));
  commit(
    'docs: asks for a patch here',
    '.yardmaster/versions.yaml',
    'zero: major\ntypes: {docs: patch}\npackages: {api: {name: interface, initial: 1.0.0}}\n',
  );
  expect((await next()).next).toBe('0.4.1');
  commit('feat!: out of zero', 'api/x');
  expect((await next()).next).toBe('1.0.0');
  expect(await next({ path: 'api' })).toMatchObject({ next: '1.0.0', tag: 'interface@1.0.0' });
  commit('fix: break it', '.yardmaster/versions.yaml', 'strategy: trunks\n');
  await expect(next()).rejects.toMatchObject({ code: 'artifacts.bad-version-settings', message: expect.stringContaining('trunks') });
});

test('calendar versions by flag, and by what the tags show', async () => {
  commit('start');
  expect((await next({ calendar: 'YYYY.0M.MICRO', now: Date.UTC(2026, 0, 5) })).next).toBe('2026.01.0');
  const [year, month] = new Date().toISOString().split('-').map(Number);
  git('tag', `${year}.${month}.0`);
  git('tag', `${year}.${month}.40`);
  commit('docs: more');
  expect(await next()).toMatchObject({ next: `${year}.${month}.41`, strategy: 'calendar', from: { version: `${year}.${month}.40` } });
});

test('what a shallow clone lacks is not guessed', async () => {
  commit('feat: start');
  git('tag', 'v1.0.0');
  commit('fix: a');
  commit('fix: b');
  const origin = repo;
  const clone = join(folder, 'shallow');
  execFileSync('git', ['clone', '-q', '--depth', '1', `file://${origin}`, clone], { stdio: 'ignore' });
  await expect(versionNext({ repo: clone })).rejects.toMatchObject({ code: 'git.shallow-history' });
  execFileSync('git', ['-C', clone, 'fetch', '-q', '--depth', '1', 'origin', 'tag', 'v1.0.0'], { stdio: 'ignore' });
  await expect(versionNext({ repo: clone })).rejects.toMatchObject({ code: 'git.shallow-history' });
});

test('the notes of every version: each commit once, in the lowest version that holds it', async () => {
  commit('feat: one');
  git('tag', 'v1.0.0');
  git('checkout', '-q', '-b', '1.0.x');
  commit('fix: old', 'old');
  git('tag', 'v1.0.1');
  git('checkout', '-q', 'main');
  commit('feat: two (#7)\n\nCloses #5, SHOP-9');
  git('merge', '-q', '--no-edit', '1.0.x');
  git('tag', 'v1.1.0');
  commit('fix: three');
  const { json, text } = await notes({ repo, all: true });
  if (!('releases' in json)) throw new Error('no changelog');
  expect(json.releases.map((one) => [one.version, one.from, one.summary])).toEqual([
    [null, 'v1.1.0', '1 fix.'],
    ['1.1.0', 'v1.0.1', '1 feature.'],
    ['1.0.1', 'v1.0.0', '1 fix.'],
    ['1.0.0', null, '1 feature.'],
  ]);
  expect(json.releases[1]?.sections[0]?.entries[0]?.issues).toEqual(['#7', '#5', 'SHOP-9']);
  expect(text).toMatch(/## Release 1\.1\.0, \d{4}/);
});

test('a second answer is the first one, and every change that matters makes a new one', () => {
  commit('feat: start');
  const home = join(folder, 'home');
  const ym = (...args: string[]): string =>
    execFileSync(process.execPath, ['bin/ym.mjs', ...args], { encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: home } });
  const cache = join(home, '.cache/yardmaster/answers');
  const ask = (): string => (JSON.parse(ym('version', 'next', '--repo', repo, '--json')) as { next: string }).next;
  expect(ask()).toBe('0.1.0');
  const [file = ''] = readdirSync(cache);
  // What is kept is what is answered: seen by changing it.
  const kept = readFileSync(join(cache, file), 'utf8');
  writeFileSync(join(cache, file), kept.replace('"next":"0.1.0"', '"next":"9.9.9"'));
  expect(ask()).toBe('9.9.9');
  git('tag', 'v1.0.0');
  expect(JSON.parse(ym('version', 'next', '--repo', repo, '--json'))).toMatchObject({ next: null });
  commit('fix: a');
  expect(ask()).toBe('1.0.1');
  git('branch', 'hotfix/1.0.1', 'v1.0.0');
  expect(ask()).toBe('1.0.1');
  git('tag', '-d', 'v1.0.0');
  expect(ask()).toBe('0.1.0');
  expect(ym('version', 'next', '--repo', repo, '--json')).toBe(ym('version', 'next', '--repo', repo, '--json', '--no-cache'));
  expect(existsSync(join(repo, '.git/yardmaster'))).toBe(false);
});

test('what the quick way does not know goes to the whole program', () => {
  expect(readAsked(['version', 'next', '--repo', 'x', '--json'])).toMatchObject({ command: 'version', values: { repo: 'x', json: true } });
  expect(readAsked(['version'])).toMatchObject({ command: 'version' });
  for (const odd of [
    ['version', 'nxt'],
    ['version', '--help'],
    ['notes', '--prerelease', 'x'],
    ['version', '--from', 'x'],
    ['notes', 'x'],
  ])
    expect(readAsked(odd)).toBeNull();
});
