import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { questionOf } from './answers.disk.ts';

const folder = mkdtempSync(join(tmpdir(), 'answers-'));
const repo = join(folder, 'repo');
const identity = ['-c', 'user.name=A', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false', '-c', 'tag.gpgsign=false'];
const git = (...args: string[]): void => void execFileSync('git', ['-C', repo, ...identity, ...args], { stdio: 'ignore' });
const commit = (message: string): void => git('commit', '-q', '--allow-empty', '-m', message);
const ask = (...more: string[]): string | null => questionOf(['version', 'next', '--repo', repo, ...more])?.text ?? null;

beforeAll(() => {
  execFileSync('git', ['init', '-q', '-b', 'main', repo]);
  commit('feat: start');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the same question of the same refs has one key; whatever moves a ref makes another', () => {
  const moves: readonly [string, () => void][] = [
    ['a tag', () => git('tag', 'v1.0.0')],
    ['an annotated tag in a folder of names', () => git('tag', '-a', 'shop/v1.0.0', '-m', 'one')],
    ['a commit', () => commit('fix: one')],
    ['a branch', () => git('branch', 'hotfix/1.0.1')],
    ['another branch that is checked out, of the same commit', () => git('checkout', '-q', 'hotfix/1.0.1')],
    ['a detached HEAD', () => git('checkout', '-q', '--detach')],
    ['a moved tag', () => git('tag', '-f', 'v1.0.0')],
    ['a remote branch', () => git('update-ref', 'refs/remotes/origin/main', 'HEAD')],
    ['a tag that is gone', () => git('tag', '-d', 'v1.0.0')],
    ['a packed tag that moves', () => (git('pack-refs', '--all'), commit('fix: two'), git('tag', '-f', 'shop/v1.0.0'))],
    ['a packed tag that is gone', () => (git('pack-refs', '--all'), git('tag', '-d', 'shop/v1.0.0'))],
    ['other parents', () => writeFileSync(join(repo, '.git/info/grafts'), `${'a'.repeat(40)}\n`)],
    ['what a shallow clone lacks', () => writeFileSync(join(repo, '.git/shallow'), `${'a'.repeat(40)}\n`)],
  ];
  const seen = [ask()];
  for (const [what, move] of moves) {
    move();
    const now = ask();
    expect(now, what).toBe(ask());
    expect(seen.includes(now), what).toBe(false);
    seen.push(now);
  }
  rmSync(join(repo, '.git/shallow'));
  rmSync(join(repo, '.git/info/grafts'));
});

test('other words, and other folders, are other questions', () => {
  const keys = [ask(), ask('--json'), ask('--prerelease', 'rc'), ask('--repo', folder), ask('--path', 'shop')];
  expect(new Set(keys).size).toBe(keys.length);
  expect(ask('--repo', folder)).toBe(null);
  expect(ask('--no-cache')).toBe(null);
  expect(questionOf(['run', 'list'])).toBe(null);
});

test('a worktree has its own HEAD and the refs of all', () => {
  const tree = join(folder, 'tree');
  git('worktree', 'add', '-q', '-b', 'next', tree);
  const of = (): string | undefined => questionOf(['notes', `--repo=${tree}`])?.text;
  const before = of();
  expect(before).toContain('refs/heads/next');
  git('tag', 'v2.0.0');
  expect(of()).not.toBe(before);
});

test('refs in tables are seen as well', (context) => {
  const other = join(folder, 'tables');
  try {
    execFileSync('git', ['init', '-q', '--ref-format=reftable', other], { stdio: 'ignore' });
  } catch {
    return context.skip('this git is older than reftables (2.45)');
  }
  const inside = (...args: string[]): void => void execFileSync('git', ['-C', other, ...identity, ...args], { stdio: 'ignore' });
  const of = (): string | undefined => questionOf(['version', '--repo', other])?.text;
  inside('commit', '-q', '--allow-empty', '-m', 'feat: start');
  const before = of();
  inside('tag', 'v1.0.0');
  expect(before).toBeTypeOf('string');
  expect(of()).not.toBe(before);
});
