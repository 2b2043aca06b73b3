import type { Actor } from '../kernel/actor.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Floor, Tx } from '../platform/floor.ts';

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
  /** It speaks for the artifact of this name, its service and its commit too, whenever that comes. */
  readonly forArtifact?: string | null;
};

/**
 * Who reads reports. Called once for each report that the plan of a finished attempt promises (also when the job
 * failed, also when the file is missing), inside the transaction of the finish. Only the last attempt of a job is told.
 */
export type ReportPort = {
  accept(tx: Tx, report: GivenReport): Promise<void>;
  /** What became of a report that was accepted, for who told it; null where there is none. */
  find?(floor: Floor, org: string, of: { job: string; attempt: number; kind: string; name: string }): Promise<FoundReport | null>;
};
export type FoundReport = { readonly id: string; readonly state: string; readonly reason: string | null };
