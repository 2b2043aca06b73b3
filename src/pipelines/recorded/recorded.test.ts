import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Told } from '../../kernel/told.ts';
import type { Witness } from '../../kernel/witness.ts';
import { isRepositoryOf } from '../../kernel/told.ts';
import { standingOf, type Word } from './recorded.ts';
import { trustOfWorkload } from './workload-trust.ts';

const told: Told = { by: 'bot:bot_1', via: 'token', workload: null };
const at = (minute: number): string => `2026-11-01T10:0${minute}:00.000Z`;
const word = (more: Partial<Word> & Pick<Word, 'kind' | 'phase'>, minute = 0): Word => ({
  job: '',
  name: '',
  body: {},
  told,
  trust: 'protected',
  at: at(minute),
  ...more,
});

const WORDS: readonly Word[] = [
  word({ kind: 'run', phase: 'started', body: { url: 'https://ci.example/1', startedAt: at(1) } }, 1),
  word({ kind: 'job', job: 'test', name: 'test', phase: 'started' }, 2),
  word({ kind: 'artifact', job: 'build', name: 'shop', phase: 'made', body: { digest: 'sha256:a', ref: 'refs/heads/main' } }, 3),
  word({ kind: 'report', job: 'test', name: 'junit/junit', phase: 'made', trust: 'trusted' }, 4),
  word({ kind: 'job', job: 'test', name: 'test', phase: 'ended', body: { outcome: 'failed', finishedAt: at(5) } }, 5),
  word({ kind: 'run', phase: 'ended', body: { outcome: 'succeeded', finishedAt: at(6) } }, 6),
];

test('what a run is does not depend on the order in which its words are looked at', () => {
  const expected = standingOf(WORDS);
  expect(expected).toEqual({
    state: 'succeeded',
    trust: 'trusted',
    ref: 'refs/heads/main',
    url: 'https://ci.example/1',
    startedAt: at(1),
    finishedAt: at(6),
    jobs: [
      { name: 'build', state: 'succeeded', startedAt: at(3), finishedAt: at(6) },
      { name: 'test', state: 'failed', startedAt: at(2), finishedAt: at(5) },
    ],
  });
  fc.assert(
    fc.property(fc.shuffledSubarray([...WORDS], { minLength: WORDS.length }), (order) => {
      expect(standingOf(order)).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});

test('a run is as trusted as its least trusted word, and one of which nothing was told is not trusted', () => {
  expect(standingOf([...WORDS, word({ kind: 'report', job: 'x', name: 'y', phase: 'made', trust: 'untrusted' })]).trust).toBe('untrusted');
  expect(standingOf([]).trust).toBe('untrusted');
});

const workload: Witness = {
  trust: 'github',
  repositoryId: '1',
  environment: null,
  issuer: 'https://token.actions.githubusercontent.com',
  subject: 'repo:acme/shop:ref:refs/heads/main',
  repository: 'acme/shop',
  ref: 'refs/heads/main',
  refProtected: true,
  workflow: 'acme/shop/.github/workflows/ci.yml@refs/heads/main',
  runId: '41',
  sha: 'c'.repeat(40),
};

test("a workload's claims count for the repository of its own forge alone", () => {
  expect(isRepositoryOf(workload, 'https://github.com/Acme/shop.git')).toBe(true);
  expect(isRepositoryOf(workload, 'git@github.com:acme/shop.git')).toBe(true);
  expect(isRepositoryOf(workload, 'ssh://git@github.com/acme/shop')).toBe(true);
  expect(isRepositoryOf(workload, 'https://gitlab.example.com/acme/shop')).toBe(false);
  expect(isRepositoryOf(workload, 'https://github.com.evil.example/acme/shop')).toBe(false);
  expect(isRepositoryOf(workload, 'https://github.com/acme/shop-fork')).toBe(false);
  expect(isRepositoryOf({ ...workload, issuer: 'https://gitlab.example.com' }, 'https://gitlab.example.com/acme/shop')).toBe(true);
  expect(isRepositoryOf({ ...workload, issuer: 'http://gitlab.example.com' }, 'https://gitlab.example.com/acme/shop')).toBe(false);
  expect(isRepositoryOf({ ...workload, repository: null }, 'https://github.com/acme/shop')).toBe(false);
});

test('a workload makes its own commit on the protected ref protected, and no other', () => {
  const commit = 'c'.repeat(40);
  expect(trustOfWorkload(workload, commit, 'main')).toBe('protected');
  expect(trustOfWorkload({ ...workload, refProtected: null }, commit, 'main')).toBe('trusted');
  expect(trustOfWorkload({ ...workload, ref: 'refs/heads/topic' }, commit, 'main')).toBe('trusted');
  expect(trustOfWorkload({ ...workload, sha: null }, commit, 'main')).toBe('trusted');
  expect(trustOfWorkload(workload, 'd'.repeat(40), 'main')).toBe('untrusted');
  // A pull request of a fork runs in the name of the repository, at a merge commit on a ref of its own.
  expect(trustOfWorkload({ ...workload, ref: 'refs/pull/7/merge' }, commit, 'main')).toBe('untrusted');
});
