import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TRUST } from '../contract/runner.ts';
import { headChanges, worthRunning } from './sources/heads.ts';
import { afterLoss, endingOf, retries } from './runners/outcome.ts';
import { endOf, movesOf, type Scheduled } from './engine/schedule.ts';
import { isTerminal } from '../kernel/machine.ts';
import { jobMachine, type JobState } from './states.ts';
import { readableCaches, takes, trustOf } from './trust.ts';

test('trust is where the commit stands, not what is claimed of it', () => {
  const standing = { ref: 'refs/heads/main', protectedBranch: 'main', onProtected: true, onBranch: true };
  expect(trustOf(standing)).toBe('protected');
  expect(trustOf({ ...standing, ref: null })).toBe('protected');
  expect(trustOf({ ...standing, onProtected: false })).toBe('trusted');
  expect(trustOf({ ...standing, ref: 'refs/heads/topic' })).toBe('trusted');
  expect(trustOf({ ...standing, ref: 'refs/tags/main' })).toBe('trusted');
  expect(trustOf({ ...standing, ref: 'main' })).toBe('trusted');
  expect(trustOf({ ...standing, onBranch: false })).toBe('untrusted');
});

test('no level of runner mixes strangers with us, and no level reads caches of a lower one', () => {
  for (const level of TRUST) {
    expect(takes(level).includes('untrusted')).toBe(level === 'untrusted');
    expect(takes(level)).toContain(level);
  }
  expect(takes('untrusted')).toEqual(['untrusted']);
  expect(readableCaches('protected')).toEqual(['protected']);
  expect(readableCaches('trusted')).toEqual(['trusted', 'protected']);
});

test('whatever the jobs do, a run comes to an end, and nothing starts before what it needs has ended', () => {
  const graph = fc.array(
    fc.tuple(
      fc.array(fc.nat(9), { maxLength: 3 }),
      fc.constantFrom('succeeded', 'failed', 'timed-out', 'refused', 'cancelled'),
      fc.constantFrom('run', 'skip', 'unknown'),
    ),
    { minLength: 1, maxLength: 10 },
  );
  fc.assert(
    fc.property(graph, (written) => {
      let jobs: (Scheduled & { index: number })[] = written.map(([needs], index) => ({
        id: `j${index}`,
        index,
        declared: `d${index}`,
        // Only earlier jobs are needed: no cycle.
        needs: needs.filter((need) => need < index).map((need) => `d${need}`),
        state: 'waiting' as JobState,
      }));
      for (let round = 0; round <= written.length; round += 1) {
        const moves = movesOf(jobs, (job, all) => {
          expect(job.needs.every((need) => all.some((one) => one.declared === need && isTerminal(jobMachine, one.state)))).toBe(true);
          const kind = written[job.index]?.[2] ?? 'run';
          return kind === 'run' ? { kind } : { kind, why: 'x' };
        });
        for (const move of moves) jobs = jobs.map((job) => (job.id === move.job ? { ...job, state: move.to } : job));
        expect(endOf('running', jobs) === null).toBe(jobs.some((job) => !isTerminal(jobMachine, job.state)));
        jobs = jobs.map((job) => (job.state === 'queued' ? { ...job, state: written[job.index]?.[1] ?? 'failed' } : job));
      }
      const end = endOf('running', jobs);
      expect(end).not.toBeNull();
      const bad = jobs.some((job) => ['failed', 'timed-out', 'refused'].includes(job.state));
      expect(end === 'failed').toBe(bad);
      expect(end === 'succeeded').toBe(!bad && jobs.every((job) => job.state === 'succeeded' || job.state === 'skipped'));
      expect(endOf('cancelling', jobs)).toBe('cancelled');
    }),
  );
});

test('ends of attempts', () => {
  const told = { result: 'succeeded', cause: null, artifacts: [{ name: 'a' }] } as const;
  const plan = { artifacts: [{ name: 'a', path: 'a' }] };
  expect(endingOf(told, plan, true).result).toBe('succeeded');
  expect(endingOf({ ...told, artifacts: [] }, plan, false).result).toBe('failed');
  expect(endingOf({ ...told, result: 'failed' }, plan, true).result).toBe('cancelled');
  expect(retries({ result: 'failed', cause: null }, 1, 2, false)).toBe(true);
  expect(retries({ result: 'failed', cause: null }, 2, 2, false)).toBe(false);
  expect(retries({ result: 'failed', cause: null }, 1, 2, true)).toBe(false);
  expect(retries({ result: 'refused', cause: null }, 1, 2, false)).toBe(false);
  expect(retries({ result: 'succeeded', cause: null }, 1, 2, false)).toBe(false);
  expect([afterLoss(1, 1, false), afterLoss(2, 1, false), afterLoss(2, 3, false), afterLoss(1, 1, true)]).toEqual([
    'queued',
    'failed',
    'queued',
    'cancelled',
  ]);
});

test('what moved is told by the heads; a first look runs only the protected branches', () => {
  const known = new Map([
    ['refs/heads/main', 'a'],
    ['refs/heads/old', 'b'],
  ]);
  const now = [
    { ref: 'refs/heads/topic', commit: 'c' },
    { ref: 'refs/heads/main', commit: 'd' },
  ];
  const { moved, gone } = headChanges(known, now);
  expect(moved).toEqual([
    { ref: 'refs/heads/main', before: 'a', commit: 'd' },
    { ref: 'refs/heads/topic', before: null, commit: 'c' },
  ]);
  expect(gone).toEqual(['refs/heads/old']);
  expect(worthRunning(moved, true, ['main']).map((change) => change.ref)).toEqual(['refs/heads/main']);
  expect(worthRunning(moved, false, ['main'])).toEqual(moved);
});
