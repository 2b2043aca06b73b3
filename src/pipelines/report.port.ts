import type { Actor } from '../kernel/actor.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Tx } from '../platform/floor.ts';

/** A report that a job promised in its plan. */
export type GivenReport = {
  readonly run: string;
  readonly job: string;
  readonly attempt: number;
  readonly service: string;
  readonly commit: string | null;
  readonly trust: string;
  readonly name: string;
  readonly kind: string;
  /** Where the file lay in the workspace: a word for people, never resolved here. */
  readonly path: string;
  /** null: promised, and not there. */
  readonly digest: Digest | null;
  readonly actor: Actor;
  /** What this report can speak for: digests that the job made or took. */
  readonly artifacts: readonly Digest[];
};

/**
 * Who reads reports. Called once for each report that the plan of a finished attempt promises (also when the job
 * failed, also when the file is missing), inside the transaction of the finish. Only the last attempt of a job is told.
 */
export type ReportPort = { accept(tx: Tx, report: GivenReport): Promise<void> };
