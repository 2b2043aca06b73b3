/** What of a job its timing is read from. */
export type Timed = {
  readonly id: string;
  readonly name: string;
  readonly needs: readonly string[];
  readonly queuedAt: string | null;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
};
/** A job that was skipped, or cancelled before a runner took it, took no time. */
function tookTime(job: Timed): boolean {
  return job.queuedAt !== null && (job.startedAt !== null || job.finishedAt === null);
}

export type Bar<Job> = {
  readonly job: Job;
  readonly queued: number;
  readonly started: number;
  readonly ended: number;
  readonly critical: boolean;
};

/**
 * When each job waited and ran, in ms since `from`; what has not ended goes on until `now`. Jobs that never waited for a
 * runner are left out. `critical`: had it been shorter, the run would have ended sooner.
 */
export function barsOf<Job extends Timed>(jobs: readonly Job[], from: string, now: number): Bar<Job>[] {
  const zero = Date.parse(from);
  const since = (at: string | null): number => (at === null ? now - zero : Math.max(0, Date.parse(at) - zero));
  const path = criticalPath(jobs, now);
  return jobs.filter(tookTime).map((job) => ({
    job,
    queued: since(job.queuedAt),
    started: since(job.startedAt ?? job.finishedAt),
    ended: since(job.finishedAt),
    critical: path.has(job.id),
  }));
}

/** Ids of the jobs on the critical path: from the one that ended last, back through whichever it waited for longest. */
export function criticalPath(jobs: readonly Timed[], now: number): Set<string> {
  const end = (job: Timed): number => (!tookTime(job) ? -Infinity : job.finishedAt === null ? now : Date.parse(job.finishedAt));
  const latest = (some: readonly Timed[]): Timed | undefined =>
    some.reduce<Timed | undefined>((best, job) => (best === undefined || end(job) > end(best) ? job : best), undefined);
  const byName = new Map(jobs.map((job) => [job.name, job]));
  const path = new Set<string>();
  for (let job = latest(jobs); job !== undefined && tookTime(job) && !path.has(job.id);) {
    path.add(job.id);
    job = latest(job.needs.flatMap((name) => byName.get(name) ?? []));
  }
  return path;
}
