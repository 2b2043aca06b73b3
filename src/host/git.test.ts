import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { fetchMirror, listRemoteHeads } from './git-fetch.run.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMIT_FORMAT, parseCommits, parseHeads, readCoAuthors, repositoryUrlFault, validRef } from './git.ts';
import {
  archive,
  changedPaths,
  fileIds,
  isAncestor,
  listHeads,
  listTags,
  onAnyBranch,
  readCommits,
  resolveAncestor,
  resolveRef,
  runGit,
  showFile,
} from './git.run.ts';

let root: string;
let repo: string;
const git = (...args: string[]): string =>
  execFileSync('git', ['-C', repo, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args], {
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' },
  })
    .toString()
    .trim();

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ym-git-'));
  repo = join(root, 'repo');
  execFileSync('git', ['init', '-q', '-b', 'main', repo]);
  writeFileSync(join(repo, 'a.txt'), 'one\n');
  git('add', '.');
  git('commit', '-qm', 'feat: first');
  git('tag', 'v1.0.0');
  writeFileSync(join(repo, 'b.txt'), '');
  git('add', '.');
  git(
    'commit',
    '-q',
    '--author',
    'Bo <bo@example.org>',
    '-m',
    'fix: second\n\nWhy not.\n\nCo-authored-by: Cy <cy@example.org>\nCO-AUTHORED-BY: dee@example.org',
  );
  git('tag', '-am', 'note', 'v1.0.1');
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('commits come newest first, with everybody who had a hand in them', async () => {
  const [second, first, ...none] = await readCommits(repo, { limit: 10 });
  expect(none).toEqual([]);
  expect(second).toMatchObject({
    parents: [first?.id],
    author: { name: 'Bo', email: 'bo@example.org' },
    committer: { name: 'Ada', email: 'ada@example.org' },
    coAuthors: [
      { name: 'Cy', email: 'cy@example.org' },
      { name: '', email: 'dee@example.org' },
    ],
    subject: 'fix: second',
  });
  expect(second?.body.startsWith('Why not.')).toBe(true);
  expect(first?.at).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}\.000Z$/);
  expect(await readCommits(repo, { from: 'v1.0.0', limit: 10 })).toHaveLength(1);
  expect(await readCommits(repo, { paths: ['a.txt'], limit: 10 })).toHaveLength(1);
  expect(await readCommits(repo, { limit: 1 })).toHaveLength(1);
});

test('an ancestor is named by steps from a name, and by nothing else', async () => {
  const before = await resolveRef(repo, 'v1.0.0');
  for (const name of ['HEAD~1', 'HEAD^', 'main^1', 'v1.0.1~', 'HEAD~1~0']) expect(await resolveAncestor(repo, name), name).toBe(before);
  expect(await resolveAncestor(repo, 'v1.0.0')).toBe(before);
  await expect(resolveAncestor(repo, 'HEAD~9')).rejects.toMatchObject({ code: 'git.no-such-ref' });
  for (const name of ['~1', '^', 'HEAD^{/x}', 'HEAD~1x', 'HEAD@{1}~1', ':/fix~1', '-x~1'])
    await expect(resolveAncestor(repo, name), name).rejects.toMatchObject({ code: 'git.bad-ref' });
});

test('annotated tags are peeled to their commit', async () => {
  const head = await resolveRef(repo, 'HEAD');
  expect(await listTags(repo)).toEqual([
    { name: 'v1.0.0', commit: await resolveRef(repo, 'v1.0.0') },
    { name: 'v1.0.1', commit: head },
  ]);
  expect(await isAncestor(repo, 'v1.0.0', 'main')).toBe(true);
  expect(await isAncestor(repo, 'main', 'v1.0.0')).toBe(false);
});

test('a missing file, an empty one and a folder are told apart, and a limit holds', async () => {
  expect((await showFile(repo, 'main', 'a.txt', 100))?.toString()).toBe('one\n');
  expect((await showFile(repo, 'main', 'b.txt', 100))?.length).toBe(0);
  expect(await showFile(repo, 'main', 'none.txt', 100)).toBeNull();
  expect(await showFile(repo, 'main', '', 100)).toBeNull();
  await expect(showFile(repo, 'main', 'a.txt', 3)).rejects.toMatchObject({ code: 'git.too-much-output' });
});

test('a mirror follows its remote, deleted branches included', async () => {
  const mirror = join(root, 'state', 'mirror');
  git('branch', 'topic');
  await fetchMirror(mirror, repo);
  const refs = ['refs/heads/main', 'refs/heads/topic', 'refs/tags/v1.0.0', 'refs/tags/v1.0.1'];
  expect((await listHeads(mirror)).map((head) => head.ref)).toEqual(refs);
  git('branch', '-D', 'topic');
  await fetchMirror(mirror, `file://${repo}`);
  expect((await listHeads(mirror)).map((head) => head.ref)).toEqual(refs.filter((ref) => ref !== 'refs/heads/topic'));
  expect(await listRemoteHeads(repo)).toEqual(await listHeads(mirror));
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive(mirror, await resolveRef(mirror, 'main'))) chunks.push(chunk);
  expect(Buffer.concat(chunks).toString('latin1')).toContain('a.txt');
});

test('what changed, and what a file is, is told by commit', async () => {
  const head = await resolveRef(repo, 'main');
  const first = await resolveRef(repo, 'v1.0.0');
  expect(await changedPaths(repo, first, head)).toEqual(['b.txt']);
  const ids = await fileIds(repo, head, ['a.txt', 'none']);
  expect(ids['a.txt']).toMatch(/^[0-9a-f]{40}$/);
  expect(ids['none']).toBeNull();
  expect(await onAnyBranch(repo, first)).toBe(true);
  expect(await onAnyBranch(repo, 'f'.repeat(40))).toBe(false);
});

test('names that look like options or hold shell text run nothing', async () => {
  const bait = join(root, 'bait');
  const evil = [
    `--upload-pack=touch ${bait}`,
    `-x`,
    `$(touch ${bait})`,
    `a;touch ${bait}`,
    `--output=${bait}`,
    'a b',
    'a..b',
    'x.lock',
    '@{u}',
    'a\nb',
    '',
  ];
  for (const name of evil) {
    expect(validRef(name), name).toBe(false);
    await expect(resolveRef(repo, name)).rejects.toMatchObject({ code: 'git.bad-ref' });
    await expect(resolveAncestor(repo, `${name}~1`)).rejects.toMatchObject({ code: 'git.bad-ref' });
    await expect(readCommits(repo, { to: name, limit: 1 })).rejects.toMatchObject({ code: 'git.bad-ref' });
  }
  for (const url of [
    `ext::sh -c touch% ${bait}`,
    `--upload-pack=touch ${bait}`,
    'ssh://-oProxyCommand=x/y',
    'https://u:p@host/x',
    'ftp://host/x',
    'repo',
  ]) {
    expect(repositoryUrlFault(url), url).not.toBeNull();
    await expect(fetchMirror(join(root, 'm2'), url)).rejects.toMatchObject({ code: 'git.bad-url' });
  }
  // A path that looks like an option only ever reaches git on its standard input.
  expect(await showFile(repo, 'main', `--output=${bait}`, 10)).toBeNull();
  expect(existsSync(bait)).toBe(false);
});

test('a hook or program that a repository names is not run', async () => {
  const bait = join(root, 'hooked');
  git('config', 'core.fsmonitor', `touch ${bait}`);
  git('config', 'core.pager', `touch ${bait}`);
  writeFileSync(join(repo, '.git', 'hooks', 'reference-transaction'), `#!/bin/sh\ntouch ${bait}\n`, { mode: 0o755 });
  await readCommits(repo, { limit: 1 });
  await runGit(repo, ['update-ref', 'refs/heads/x', await resolveRef(repo, 'main')]);
  expect(existsSync(bait)).toBe(false);
  rmSync(join(repo, '.git', 'hooks', 'reference-transaction'));
  git('branch', '-D', 'x');
});

test('what is slow is stopped, what fails says why', async () => {
  await expect(runGit(repo, ['cat-file', '--batch'], { input: '', timeoutMs: 5_000 })).resolves.toHaveLength(0);
  await expect(runGit(repo, ['-c', 'alias.nap=!sleep 20', 'nap'], { timeoutMs: 100 })).rejects.toMatchObject({ code: 'git.timeout' });
  await expect(fetchMirror(join(root, 'm3'), join(root, 'nowhere'))).rejects.toMatchObject({ code: 'git.no-such-repository' });
  await expect(resolveRef(repo, 'nobody')).rejects.toMatchObject({ code: 'git.no-such-ref' });
});

test('no message forges a field of another commit', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ name: fc.string(), message: fc.string() }), { maxLength: 5 }), (commits) => {
      const clean = (text: string): string => text.replaceAll('\0', '');
      const id = 'a'.repeat(40);
      const text = commits
        .map(({ name, message }) => [id, '', clean(name), 'e', 'c', 'ce', '0', clean(message)].join('\0') + '\0')
        .join('');
      const parsed = parseCommits(text);
      expect(parsed.map((commit) => commit.author.name)).toEqual(commits.map(({ name }) => clean(name)));
      expect(parsed.every((commit) => commit.id === id)).toBe(true);
    }),
  );
  expect(COMMIT_FORMAT.split('%x00')).toHaveLength(8);
});

test('lines of another form are no heads; co-authors without an address still count', () => {
  expect(parseHeads(`${'a'.repeat(40)}\trefs/heads/x\nfatal\tx\n${'b'.repeat(40)}\tHEAD\n`)).toEqual([
    { ref: 'refs/heads/x', commit: 'a'.repeat(40) },
  ]);
  expect(readCoAuthors('x\n\nCo-Authored-By: Somebody')).toEqual([{ name: '', email: 'Somebody' }]);
});
