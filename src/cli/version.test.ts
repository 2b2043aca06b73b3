import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { notes } from './notes.ts';
import { versionNext } from './version.ts';

const repo = mkdtempSync(join(tmpdir(), 'version-'));
afterAll(() => rmSync(repo, { recursive: true, force: true }));

const identity = ['-c', 'user.name=A', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false', '-c', 'tag.gpgsign=false'];
const git = (...args: string[]): void => void execFileSync('git', ['-C', repo, ...identity, ...args], { stdio: 'ignore' });
function commit(path: string, message: string): void {
  mkdirSync(join(repo, path), { recursive: true });
  writeFileSync(join(repo, path, 'file'), message);
  git('add', '.');
  git('commit', '-m', message);
}

test('a real repository: versions by path, notes between two points, no server', async () => {
  git('init', '-q', '-b', 'main');
  commit('shop', 'feat: start');
  git('tag', '-a', 'shop@1.0.0', '-m', 'annotated');
  git('tag', 'v7.0.0');
  commit('other', 'feat!: break the other one');
  commit('shop', 'fix(cart): round\n\nBody.\n\nBREAKING CHANGE: cents are integers');
  commit('shop', 'docs: \u001b[31mred');

  const shop = await versionNext({ repo, path: 'shop' });
  expect(shop.json).toMatchObject({ next: '2.0.0', tag: 'shop@2.0.0', bump: 'major', from: { tag: 'shop@1.0.0' }, notCounted: 1 });
  expect(shop.json.because.map((entry) => entry.kind)).toEqual(['other', 'breaking']);
  expect(shop.text).not.toContain('\u001b');
  expect(shop.text).not.toContain('preview');
  const merged = await versionNext({ repo, path: 'shop', branch: 'feature/x' });
  expect(merged.text).toContain('(a preview: feature/x gives no version by itself');
  expect((await versionNext({ repo, path: 'other' })).json).toMatchObject({ next: '0.1.0', from: null });
  expect((await versionNext({ repo })).json).toMatchObject({ next: '8.0.0', from: { tag: 'v7.0.0' } });
  expect((await versionNext({ repo, prerelease: 'rc' })).json.next).toBe('8.0.0-rc.1');
  await expect(versionNext({ repo, prerelease: 'rc;x' })).rejects.toMatchObject({ code: 'cli.bad-prerelease' });

  const written = await notes({ repo, from: 'v7.0.0', to: 'HEAD', path: 'shop', name: 'shop' });
  expect('sections' in written.json && written.json.sections).toMatchObject([
    { kind: 'breaking', entries: [{ scope: 'cart', text: 'round', breaking: 'cents are integers' }] },
  ]);
  expect(written.text).toContain('- **cart:** round');
  expect((await notes({ repo, path: 'shop' })).json).toMatchObject({ version: '2.0.0', from: 'shop@1.0.0' });
  await expect(notes({ repo, from: '--upload-pack=x' })).rejects.toMatchObject({ code: expect.stringMatching(/ref/) });
});
