import fc from 'fast-check';
import semver from 'semver';
import { expect, test } from 'vitest';
import type { CommitText } from './account.ts';
import type { Lane, LaneRules, OpenLane, Strategy } from './lane.ts';
import { basesOf, heldBy, isWithin, laneOf } from './lane.ts';
import { nextVersion } from './next.ts';
import { DEFAULT_RULES } from './rules.ts';

const rules = (strategy: Strategy): LaneRules => ({ ...DEFAULT_RULES, strategy });
const id = (n: number): string => n.toString(16).padStart(40, '0');
const history = (...subjects: string[]): CommitText[] =>
  subjects.map((subject, at) => ({ id: id(at + 1), parents: at === 0 ? [] : [id(at)], subject, body: '' })).reverse();
const on = (branch: string, strategy: Strategy, commits: CommitText[], tags: Record<string, number>, open: OpenLane[] = []) =>
  nextVersion({
    tagging: { service: 'shop', monorepo: false },
    commits,
    tags: Object.entries(tags).map(([name, at]) => ({ name, commit: id(at) })),
    lane: laneOf(branch, rules(strategy)),
    open,
  });

test('trunk: the branches that semantic-release knows mean what they mean there', () => {
  const lane = (branch: string): Partial<Lane> => laneOf(branch, rules('trunk'));
  expect(lane('main')).toMatchObject({ kind: 'stable', channel: null, prerelease: null, preview: false });
  expect(lane('1.x')).toMatchObject({ kind: 'maintenance', channel: '1.x', within: { major: 1, minor: null } });
  expect(lane('1.2.x')).toMatchObject({ channel: '1.2.x', within: { major: 1, minor: 2 } });
  expect(lane('1.x.x')).toMatchObject({ within: { major: 1, minor: null } });
  expect(lane('next')).toMatchObject({ kind: 'stable', channel: 'next', prerelease: null });
  expect(lane('beta')).toMatchObject({ channel: 'beta', prerelease: 'beta' });
  expect(lane('feature/x')).toMatchObject({ kind: 'stable', preview: true });
  for (const odd of ['1.2.3', '01.x', 'x.x', '__proto__', 'toString', 'hotfix/', '1.2.x.y']) expect(lane(odd).within).toBeNull();
});

test('a maintenance branch stays in its range, and says what does not fit', () => {
  const fix = history('feat: a', 'fix: b');
  expect(on('1.2.x', 'trunk', fix, { 'v1.2.0': 1, 'v1.3.0': 9, 'v2.0.0': 8 }).next).toBe('1.2.1');
  expect(on('1.x', 'trunk', fix, { 'v1.2.0': 1, 'v2.0.0': 8 }).next).toBe('1.2.1');
  const feature = history('feat: a', 'feat: b');
  expect(on('1.2.x', 'trunk', feature, { 'v1.2.0': 1 })).toMatchObject({ next: null, refused: true });
  expect(on('1.2.x', 'trunk', feature, { 'v1.2.0': 1 }).why).toContain('1.3.0 is not within 1.2.x');
  expect(on('1.x', 'trunk', feature, { 'v1.2.0': 1, 'v2.0.0': 8 }).next).toBe('1.3.0');
  expect(on('1.x', 'trunk', feature, { 'v1.2.0': 1, 'v1.3.0': 8 })).toMatchObject({ next: null, refused: true });
  expect(on('1.x', 'trunk', history('feat: a', 'feat!: b'), { 'v1.2.0': 1 })).toMatchObject({ refused: true });
});

test('pre-releases go on from the highest, begin anew above it, and need a commit that asks', () => {
  const tags = { 'v1.0.0': 1, 'v1.1.0-beta.1': 2, 'v1.1.0-beta.3': 3 };
  expect(on('beta', 'trunk', history('fix: a', 'feat: b', 'fix: c', 'fix: d'), tags).next).toBe('1.1.0-beta.4');
  expect(on('beta', 'trunk', history('fix: a', 'feat: b', 'fix: c', 'feat!: d'), tags).next).toBe('2.0.0-beta.1');
  expect(on('beta', 'trunk', history('fix: a', 'feat: b', 'fix: c', 'docs: d'), tags)).toMatchObject({ next: null, refused: false });
  expect(on('main', 'trunk', history('fix: a', 'feat: b', 'fix: c', 'fix: d'), tags).next).toBe('1.1.0');
  expect(on('beta', 'trunk', history('feat: a'), {}).next).toBe('0.1.0-beta.1');
  expect(on('main', 'trunk', history('feat: a', 'fix: b'), { 'v1.0.0-rc.1': 1 }).next).toBe('1.0.0');
});

test('GitFlow: alphas above the release that is made ready, candidates of its number, the number itself on the trunk', () => {
  const commits = history('fix: a', 'feat: b');
  const open: OpenLane[] = [{ branch: 'release/1.3.0', kind: 'release', version: '1.3.0' }];
  expect(on('develop', 'gitflow', commits, { 'v1.2.0': 1 }).next).toBe('1.3.0-alpha.1');
  expect(on('develop', 'gitflow', commits, { 'v1.2.0': 1 }, open).next).toBe('1.4.0-alpha.1');
  expect(on('release/1.3.0', 'gitflow', commits, { 'v1.2.0': 1 }, open).next).toBe('1.3.0-rc.1');
  expect(on('release/1.3', 'gitflow', history('feat: a', 'docs: b'), { 'v1.2.0': 1, 'v1.3.0-rc.1': 1 }).next).toBe('1.3.0-rc.2');
  expect(on('main', 'gitflow', commits, { 'v1.2.0': 1 }).next).toBe('1.3.0');
  expect(on('feature/login', 'gitflow', commits, { 'v1.2.0': 1 }).next).toBe('1.3.0-alpha.1');
  expect(laneOf('support/1.x', rules('gitflow')).within).toEqual({ major: 1, minor: null });
  expect(laneOf('support/1.4', rules('gitflow')).within).toEqual({ major: 1, minor: 4 });
});

test('release branches: each begins with its .0 and gives patches, the trunk stands above them', () => {
  const commits = history('fix: a', 'fix: b');
  expect(on('release/1.4', 'release-branch', commits, { 'v1.3.0': 1 })).toMatchObject({ next: '1.4.0', bump: 'named' });
  expect(on('release/1.4', 'release-branch', commits, { 'v1.3.0': 1, 'v1.4.0': 1 }).next).toBe('1.4.1');
  expect(on('release-1.4.x', 'release-branch', history('feat: a', 'feat: b'), { 'v1.4.0': 1 })).toMatchObject({ refused: true });
  const held = heldBy('release/1.4', rules('release-branch'), null);
  expect(held).toEqual({ branch: 'release/1.4', kind: 'release', version: '1.4.0' });
  expect(on('main', 'release-branch', commits, { 'v1.3.0': 1 }, held === null ? [] : [held]).next).toBe('1.5.0');
});

test('a hotfix lane holds its number while the trunk moves on', () => {
  const commits = history('fix: a', 'fix: b');
  const named = heldBy('hotfix/1.2.4', rules('trunk'), null);
  const unnamed = heldBy('hotfix/payment', rules('trunk'), '1.2.3');
  expect([named?.version, unnamed?.version]).toEqual(['1.2.4', '1.2.4']);
  expect(heldBy('hotfix/payment', rules('trunk'), null)).toBeNull();
  for (const open of [named, unnamed]) {
    const answer = on('main', 'trunk', commits, { 'v1.2.3': 1 }, open === null ? [] : [open]);
    expect(answer.next).toBe('1.2.5');
    expect(answer.why).toContain(`1.2.4 is held by ${open?.branch}`);
  }
  expect(on('hotfix/1.2.4', 'trunk', commits, { 'v1.2.3': 1, 'v1.3.0': 9 }).next).toBe('1.2.4');
  expect(on('hotfix/payment', 'trunk', history('fix: a', 'feat!: b'), { 'v1.2.3': 1, 'v1.3.0': 9 }).next).toBe('1.2.4');
  expect(on('hotfix/payment', 'trunk', history('fix: a', 'docs: b'), { 'v1.2.3': 1 }).next).toBe('1.2.4');
  expect(on('hotfix/payment', 'trunk', history('fix: a'), { 'v1.2.3': 1 }).next).toBeNull();
});

test('laws: whatever the branch, a number that is tagged or held is given to nobody, and a range is kept', () => {
  const subject = fc.constantFrom('feat: a', 'fix: b', 'feat!: c', 'docs: d', 'x');
  const branch = fc.constantFrom(
    'main',
    '1.x',
    '1.2.x',
    'beta',
    'develop',
    'release/1.3.0',
    'release/1.4',
    'hotfix/1.2.4',
    'hotfix/x',
    'f',
  );
  const strategy = fc.constantFrom<Strategy>('trunk', 'gitflow', 'release-branch');
  const version = fc.tuple(fc.nat(2), fc.nat(4), fc.nat(5)).map((parts) => parts.join('.'));
  fc.assert(
    fc.property(
      fc.array(subject, { minLength: 1, maxLength: 8 }),
      fc.array(fc.tuple(version, fc.nat(10)), { maxLength: 6 }),
      fc.array(version, { maxLength: 3 }),
      branch,
      strategy,
      (subjects, tagged, held, name, how) => {
        const open = held.map((one): OpenLane => ({ branch: `hotfix/${one}`, kind: 'hotfix', version: one }));
        const tags = Object.fromEntries(tagged.map(([one, at]) => [`v${one}`, at]));
        const lane = laneOf(name, rules(how));
        const answer = on(name, how, history(...subjects), tags, open);
        if (answer.next === null) return;
        expect(Object.keys(tags)).not.toContain(`v${answer.next}`);
        if (answer.next !== lane.named) expect(held).not.toContain(answer.next);
        if (lane.within !== null) expect(isWithin(answer.next, lane.within)).toBe(true);
        if (answer.from !== null) expect(basesOf([answer.from], lane)).toHaveLength(1);
        if (answer.from !== null && lane.named === null) expect(semver.gt(answer.next, answer.from.version)).toBe(true);
      },
    ),
    { numRuns: 300 },
  );
});
