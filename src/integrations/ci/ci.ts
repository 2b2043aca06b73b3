import type { Caller } from '../connections/vendor.ts';
import type { Instant, Millis } from '../../kernel/time.ts';
import type { ReadRun as SeenRun } from '../../pipelines/read/read-run.ts';

/** Runs of a CI server in the words of our run model, as every vendor's translation says them. */
export type {
  ReadJob as SeenJob,
  ReadJobState as SeenJobState,
  ReadPipeline as SeenPipeline,
  ReadRun as SeenRun,
  ReadState as SeenState,
  ReadStep as SeenStep,
} from '../../pipelines/read/read-run.ts';
export { isOver as ended } from '../../pipelines/read/read-run.ts';

/** What runs are listed by: a repository, a project, a job. */
export type Place = {
  readonly key: string;
  readonly name: string;
  /** The address of its repository; null: its runs say it, or nobody does. */
  readonly repository: string | null;
  readonly url: string | null;
  /** Its default branch. */
  readonly branch: string | null;
};

export type Window = { readonly since: Instant; readonly until: Instant };
/** A page of runs, newest first. `next`: what to ask for the page behind it; null: that was all. It is kept, and may be asked much later. */
export type RunPage = { readonly runs: readonly SeenRun[]; readonly next: string | null };

/** How runs are read from one vendor. All of it goes through the caller: its limits, retries and credentials. */
export type CiReader = {
  /** `github-actions`, `gitlab-ci`, `jenkins`, `azure-pipelines`: the system in the reference of a run. */
  readonly system: string;
  /** `whole`: a listing says all but the jobs. `part`: it lacks times, and each run has to be asked for. */
  readonly listing: 'whole' | 'part';
  places(caller: Caller): AsyncGenerator<Place>;
  /** Runs that were made in the window; what a listing does not say of them is null or asked by `run`. */
  page(caller: Caller, place: string, window: Window, page: string | null): Promise<RunPage>;
  /** One run as it is now, with its jobs; null: it is gone there. */
  run(caller: Caller, place: string, id: string): Promise<SeenRun | null>;
  /** The log of a job as it is now; null: there is none (any more). */
  log(caller: Caller, place: string, run: string, job: string): Promise<Uint8Array | null>;
};

/** Bytes of a foreign log that are taken; a longer one stays where it is. */
export const FOREIGN_LOG_LIMIT = 32 * 1024 ** 2;
/** Jobs of a run, and steps of a job, that are kept. */
export const JOBS_MOST = 500;
export const STEPS_MOST = 200;

/** The same jobs with names that differ from each other: a second `test` is `test (2)`. */
export function distinct<Named extends { readonly name: string }>(jobs: readonly Named[]): Named[] {
  const taken = new Set<string>();
  return jobs.map((job) => {
    let name = job.name;
    for (let number = 2; taken.has(name); number += 1) name = `${job.name} (${number})`;
    taken.add(name);
    return name === job.name ? job : { ...job, name };
  });
}

/** A name on one line: control characters and line ends are blanks, empty is `fallback`. */
export function oneLine(value: string | null, fallback: string): string {
  // eslint-disable-next-line no-control-regex -- these are what is taken out
  const line = (value ?? '').replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
  return line === '' ? fallback : line;
}

/** The same, null where there is nothing. */
export function lineOrNull(value: string | null): string | null {
  const line = oneLine(value, '');
  return line === '' ? null : line;
}

/** Milliseconds between two instants, where both are known and in order. */
export function lasted(from: Instant | null, to: Instant | null): Millis | null {
  if (from === null || to === null) return null;
  const ms = Date.parse(to) - Date.parse(from);
  return Number.isFinite(ms) && ms >= 0 ? ms : null;
}
