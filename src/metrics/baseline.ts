import type { PipelineBaseline } from '../contract/baseline.ts';
import { between, type Instant } from '../kernel/time.ts';

/** A run that has ended, of whichever origin. */
export type EndedRun = {
  readonly pipeline: string | null;
  readonly origin: 'own' | 'recorded' | 'read';
  readonly system: string | null;
  readonly commit: string | null;
  readonly state: 'succeeded' | 'failed' | 'cancelled';
  readonly startedAt: Instant | null;
  readonly queuedAt: Instant;
  readonly finishedAt: Instant;
};

/** Durations of fewer runs say nothing of the next one. */
const ENOUGH = 5;
const FLAKY_SHOWN = 10;

/** The baseline of each pipeline, those with most runs first. */
export function baselinesOf(runs: readonly EndedRun[]): PipelineBaseline[] {
  const groups = Map.groupBy(runs, ({ pipeline, origin, system }) => JSON.stringify([pipeline, origin, system]));
  return [...groups.values()].map(baselineOf).sort((a, b) => b.runs - a.runs || ((a.pipeline ?? '') < (b.pipeline ?? '') ? -1 : 1));
}

function baselineOf(runs: readonly EndedRun[]): PipelineBaseline {
  const [first] = runs as readonly [EndedRun];
  const counted = runs.filter(({ state }) => state !== 'cancelled');
  const good = counted.filter(({ state }) => state === 'succeeded');
  const lasted = good
    .flatMap(({ startedAt, finishedAt }) => (startedAt === null ? [] : [Math.max(0, between(startedAt, finishedAt))]))
    .sort((a, b) => a - b);
  const flaky = flakyOf(counted);
  const times = runs.map(({ queuedAt }) => queuedAt).sort();
  return {
    pipeline: first.pipeline,
    origin: first.origin,
    system: first.system,
    runs: counted.length,
    cancelled: runs.length - counted.length,
    successRate: counted.length === 0 ? null : Math.round((good.length / counted.length) * 10_000) / 10_000,
    p50: rank(lasted, 50),
    p90: rank(lasted, 90),
    flaky: flaky.slice(0, FLAKY_SHOWN),
    flakyCommits: flaky.length,
    since: times[0] ?? first.queuedAt,
    newest: times.at(-1) ?? first.queuedAt,
  };
}

/** The value that so many percent do not exceed, in seconds: the nearest rank. */
function rank(sorted: readonly number[], percent: number): number | null {
  if (sorted.length < ENOUGH) return null;
  return Math.round(sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0) / 1000;
}

/** Commits whose runs failed first and succeeded later, the newest first. A commit that failed last is broken, not flaky. */
function flakyOf(runs: readonly EndedRun[]): PipelineBaseline['flaky'] {
  const commits = Map.groupBy(
    runs.filter(({ commit }) => commit !== null),
    ({ commit }) => commit ?? '',
  );
  return [...commits]
    .flatMap(([commit, own]) => {
      const inOrder = own.toSorted((a, b) => (a.finishedAt < b.finishedAt ? -1 : 1));
      const failed = inOrder.filter(({ state }) => state === 'failed').length;
      return failed > 0 && inOrder.at(-1)?.state === 'succeeded' ? [{ commit, failed, at: inOrder.at(-1)?.finishedAt ?? '' }] : [];
    })
    .sort((a, b) => (a.at < b.at ? 1 : -1))
    .map(({ commit, failed }) => ({ commit, failed }));
}
