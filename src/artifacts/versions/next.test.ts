import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import semver from 'semver';
import { expect, test } from 'vitest';
import type { CommitText } from './account.ts';
import { nextVersion } from './next.ts';
import type { VersionRequest } from './next.ts';
import { strictVersion, versionsOf } from './tags.ts';

const corpus = process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus';
const id = (n: number): string => n.toString(16).padStart(40, '0');

/** A straight history from oldest to newest; answered newest first, as git lists it. */
function history(...messages: (string | [string, string])[]): CommitText[] {
  return messages
    .map((message, at) => ({
      id: id(at + 1),
      parents: at === 0 ? [] : [id(at)],
      subject: typeof message === 'string' ? message : message[0],
      body: typeof message === 'string' ? '' : message[1],
    }))
    .reverse();
}

const shop = { service: 'shop', monorepo: false };
const next = (commits: CommitText[], tags: Record<string, number | null>, more: Partial<VersionRequest> = {}) =>
  nextVersion({
    tagging: shop,
    commits,
    tags: Object.entries(tags).map(([name, at]) => ({ name, commit: at === null ? null : id(at) })),
    ...more,
  });

test('each kind of commit raises what SemVer says', () => {
  const tag = { 'v1.2.3': 1 };
  expect(next(history('chore: a', 'fix: b'), tag).next).toBe('1.2.4');
  expect(next(history('chore: a', 'perf: b'), tag).next).toBe('1.2.4');
  expect(next(history('chore: a', 'fix: b', 'feat: c', 'fix: d'), tag).next).toBe('1.3.0');
  expect(next(history('chore: a', 'feat!: b', 'fix: c'), tag).next).toBe('2.0.0');
  expect(next(history('chore: a', ['fix: b', 'BREAKING CHANGE: gone'], 'feat: c'), tag).next).toBe('2.0.0');
  expect(next(history('chore: a', 'docs!: even docs'), tag).next).toBe('2.0.0');
});

test('before 1.0.0 a breaking change raises the minor, and says so', () => {
  const answer = next(history('chore: a', 'feat!: b'), { 'v0.4.2': 1 });
  expect(answer).toMatchObject({ next: '0.5.0', tag: 'v0.5.0', bump: 'major', from: { version: '0.4.2' } });
  expect(answer.why).toContain('before 1.0.0');
});

test('no commit that asks for a release: no version, and the reason', () => {
  const answer = next(history('feat: a', 'docs: b', 'tidy up'), { 'v1.0.0': 1 });
  expect(answer).toMatchObject({ next: null, bump: null, why: 'none of the 2 commits since v1.0.0 asks for a release' });
  expect(answer.because.map((entry) => entry.kind)).toEqual(['unconventional', 'other', 'released']);
  expect(next(history('feat: a'), { 'v1.0.0': 1 }).why).toBe('there is no commit since v1.0.0');
  expect(next(history('feat: a', 'docs: b'), { 'v1.0.0': 1 }, { atLeast: 'patch' }).next).toBe('1.0.1');
});

test('the first version is 0.1.0 whatever its commits say; no commit, no version', () => {
  expect(next(history('import everything'), {})).toMatchObject({ next: '0.1.0', bump: 'first', from: null });
  expect(next(history('feat!: a', 'feat: b'), {}).next).toBe('0.1.0');
  expect(next([], {}).next).toBeNull();
});

test('a revert cancels what was never released, and only that', () => {
  const undone = next(history('chore: base', 'fix: a', 'feat!: b', ['Revert "feat!: b"', `This reverts commit ${id(3)}.`]), {
    'v1.0.0': 1,
  });
  expect(undone.next).toBe('1.0.1');
  expect(undone.because.map((entry) => entry.kind)).toEqual(['undoing', 'undone', 'fix', 'released']);
  const released = next(history('chore: base', 'feat: a', ['Revert "feat: a"', `This reverts commit ${id(2)}.`]), { 'v1.1.0': 2 });
  expect(released).toMatchObject({ next: '1.1.1', because: [{ kind: 'revert' }, { kind: 'released' }, { kind: 'released' }] });
  const twice = next(
    history('chore: base', 'feat: a', ['revert: feat: a', `Refs: ${id(2)}`], ['revert: revert: feat: a', `Refs: ${id(3)}`]),
    { 'v1.0.0': 1 },
  );
  expect(twice).toMatchObject({
    next: '1.1.0',
    because: [{ kind: 'undoing' }, { kind: 'undone' }, { kind: 'feature' }, { kind: 'released' }],
  });
});

test('no message can cancel a commit that is newer, or one that it does not revert', () => {
  expect(next(history('chore: base', ['Revert "x"', `This reverts commit ${id(3)}.`], 'feat!: b'), { 'v1.0.0': 1 }).next).toBe('2.0.0');
  expect(next(history('chore: base', 'feat!: b', ['fix: c', `This reverts commit ${id(2)}.`]), { 'v1.0.0': 1 }).next).toBe('2.0.0');
});

test('tags: highest by SemVer, not by text; strict; own service only in a monorepo', () => {
  const commits = history('chore: a', 'fix: b');
  expect(next(commits, { 'v1.9.0': 1, 'v1.10.0': 1 }).next).toBe('1.10.1');
  expect(next(commits, { 'v01.2.3': 1, 'v1.2': 1, latest: 1, '1.0.0': 1 }).next).toBe('1.0.1');
  expect(next(commits, { '1.0.0': 1 }).tag).toBe('1.0.1');
  const mono = { tagging: { service: 'shop', monorepo: true } };
  expect(next(commits, { 'v9.0.0': 1, 'shop@1.0.0': 1, 'shop-admin@5.0.0': 1, 'shop-admin-v6.0.0': 1 }, mono)).toMatchObject({
    next: '1.0.1',
    tag: 'shop@1.0.1',
  });
  expect(next(commits, { 'shop-v2.0.0': 1 }, mono).tag).toBe('shop-v2.0.1');
  expect(next(commits, { 'v9.0.0': 1 }, mono)).toMatchObject({ next: '0.1.0', tag: 'shop@0.1.0' });
});

test('pre-releases count up, and are no base for a stable version', () => {
  const commits = history('chore: a', 'feat: b', 'fix: c');
  const tags = { 'v1.0.0': 1, 'v1.1.0-rc.1': 2 };
  expect(next(commits, tags, { prerelease: 'rc' }).next).toBe('1.1.0-rc.2');
  expect(next(commits, { 'v1.0.0': 1 }, { prerelease: 'rc' }).next).toBe('1.1.0-rc.1');
  expect(next(commits, tags).next).toBe('1.1.0');
});

test('a maintenance branch counts from its own last version and takes no number twice', () => {
  const branch = history('feat: a', 'fix: b');
  expect(next(branch, { 'v1.4.0': 1, 'v2.0.0': 99 }).next).toBe('1.4.1');
  expect(next(branch, { 'v1.4.0': 1, 'v1.4.1': 99 }).next).toBe('1.4.2');
});

test('a merge brings its commits: what only the branch before knew is released', () => {
  const merge: CommitText[] = [
    { id: id(5), parents: [id(2), id(4)], subject: "Merge branch 'topic'", body: '' },
    { id: id(4), parents: [id(3)], subject: 'feat: on the topic', body: '' },
    { id: id(3), parents: [id(1)], subject: 'fix: on the topic', body: '' },
    { id: id(2), parents: [id(1)], subject: 'feat!: released', body: '' },
    { id: id(1), parents: [], subject: 'chore: start', body: '' },
  ];
  const answer = next(merge, { 'v1.0.0': 2 });
  expect(answer.next).toBe('1.1.0');
  expect(answer.because.map((entry) => entry.kind)).toEqual(['merge', 'feature', 'fix', 'released', 'released']);
});

test('laws: every commit is accounted for once, and the next version is new, higher and right', () => {
  const subject = fc.constantFrom('feat: a', 'fix: b', 'feat!: c', 'docs: d', 'whatever', 'perf: e', 'Revert "feat: a"', 'Merge x');
  const version = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3)).map((parts) => parts.join('.'));
  fc.assert(
    fc.property(fc.array(subject, { maxLength: 12 }), fc.array(fc.tuple(version, fc.nat(12)), { maxLength: 6 }), (subjects, tagged) => {
      const commits = history(...subjects);
      const tags = tagged.map(([name, at]) => ({ name: `v${name}`, commit: id(at) }));
      const answer = nextVersion({ tagging: shop, commits, tags });
      expect(answer.because.map((entry) => entry.commit)).toEqual(commits.map((commit) => commit.id));
      if (answer.next === null) return;
      expect(tags.map((tag) => tag.name)).not.toContain(`v${answer.next}`);
      if (answer.from !== null) expect(semver.gt(answer.next, answer.from.version)).toBe(true);
    }),
  );
});

test('strict versions agree with node-semver’s fixtures', ({ skip }) => {
  const file = join(corpus, 'expected/node-semver-fixtures.json');
  if (!existsSync(file)) skip(`no corpus at ${corpus}`);
  const { fixtures } = JSON.parse(readFileSync(file, 'utf8')) as { fixtures: Record<string, unknown[][]> };
  for (const [higher, lower, loose] of fixtures['comparisons'] ?? []) {
    if (loose !== undefined) continue;
    const sorted = versionsOf(
      [
        { name: `v${String(lower)}`, commit: null },
        { name: `v${String(higher)}`, commit: null },
      ],
      shop,
    );
    expect(sorted[0]?.tag).toBe(`v${String(higher)}`);
  }
  for (const [text] of fixtures['invalid-versions'] ?? []) {
    if (typeof text === 'string') expect(strictVersion(text), text).toBeNull();
  }
});

test('names of tags are data: no naughty string is a version or breaks anything', ({ skip }) => {
  const file = join(corpus, 'strings/minimaxir+big-list-of-naughty-strings/blns.json');
  if (!existsSync(file)) skip(`no corpus at ${corpus}`);
  const names = JSON.parse(readFileSync(file, 'utf8')) as string[];
  // One of them is a real version.
  const tags = names.filter((name) => name !== '0.0.0').map((name) => ({ name, commit: id(1) }));
  const answer = nextVersion({ tagging: shop, tags, commits: history(...names.map((name) => `fix: ${name}`), ...names) });
  expect(answer.next).toBe('0.1.0');
  expect(answer.because).toHaveLength(names.length * 2);
});
