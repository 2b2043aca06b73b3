import type { Instant, Millis } from '../../kernel/time.ts';

/**
 * Runs of a CI server as they are read over its API: the words of our own run model, with what the other side calls
 * things kept beside it. Texts are one line each and are texts, whatever they hold.
 */

export type ReadState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
export type ReadJobState = 'waiting' | 'running' | 'succeeded' | 'failed' | 'timed-out' | 'cancelled' | 'skipped';

export type ReadStep = {
  readonly name: string;
  readonly state: ReadJobState;
  readonly startedAt: Instant | null;
  readonly finishedAt: Instant | null;
  readonly durationMs: Millis | null;
};

export type ReadJob = {
  /** Its id there; what its log is asked by. */
  readonly id: string;
  /** Unique in its run. */
  readonly name: string;
  readonly state: ReadJobState;
  /** Why, in the words of the other side: `script_failure`, `timed_out`. null: it says nothing. */
  readonly cause: string | null;
  readonly url: string | null;
  readonly queuedAt: Instant | null;
  readonly startedAt: Instant | null;
  readonly finishedAt: Instant | null;
  /** The machine that ran it, as the other side names it. */
  readonly runner: string | null;
  readonly steps: readonly ReadStep[];
  /** Whether there is a log that can be asked for. */
  readonly log: boolean;
};

/** The pipeline that a run is of: a workflow file, a project, a job, a definition. */
export type ReadPipeline = {
  readonly key: string;
  readonly name: string;
  /** The file that defines it, where the other side says it. */
  readonly file: string | null;
  /** The address of the repository that it builds, where the other side says it. */
  readonly repository: string | null;
};

export type ReadRun = {
  /** Its id there: what it is asked by. */
  readonly id: string;
  /** The id by which the system knows it among all runs; the same that its own environment tells a script. */
  readonly external: string;
  /** A rerun there is another attempt of the same id; 1 is the first. */
  readonly attempt: number;
  readonly pipeline: ReadPipeline;
  readonly title: string | null;
  readonly url: string | null;
  readonly state: ReadState;
  readonly cause: string | null;
  /** What started it, in the words of the other side: `push`, `schedule`, `merge_request_event`. */
  readonly trigger: string | null;
  readonly commit: string | null;
  /** The whole ref: `refs/heads/main`, `refs/tags/v1`, `refs/pull/7/head`; null: it is not said. */
  readonly ref: string | null;
  /** Who caused it, by their login there. */
  readonly actor: string | null;
  readonly queuedAt: Instant | null;
  readonly startedAt: Instant | null;
  readonly finishedAt: Instant | null;
  /** Its jobs; null: they were not asked for. */
  readonly jobs: readonly ReadJob[] | null;
};

/** Where a run was read: what its state, jobs and logs are asked from again. */
export type ReadFrom = { readonly connection: string; readonly place: string; readonly system: string };

/** What of a read run is kept beside the run model, as `run.seen`. */
export type Seen = {
  readonly connection: string;
  readonly place: string;
  readonly asked: string;
  readonly pipeline: string;
  readonly pipelineKey: string;
  readonly title: string | null;
  readonly trigger: string | null;
  readonly actor: string | null;
  readonly file: string | null;
};

export function seenOf(run: ReadRun, from: ReadFrom): Seen {
  const { pipeline, title, trigger, actor } = run;
  return {
    connection: from.connection,
    place: from.place,
    asked: run.id,
    pipeline: pipeline.name,
    pipelineKey: pipeline.key,
    title,
    trigger,
    actor,
    file: pipeline.file,
  };
}

/** Whether it will not change any more, but for another attempt. */
export function isOver(state: ReadState | ReadJobState): boolean {
  return state !== 'queued' && state !== 'running' && state !== 'waiting';
}
