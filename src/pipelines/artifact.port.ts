import type { Actor } from '../kernel/actor.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Executor } from '../contract/runner.ts';
import type { Told } from '../kernel/told.ts';
import type { Tx } from '../platform/floor.ts';

/** What a job made: bytes that it uploaded itself, already stored and checked under their digest. */
export type MadeArtifact = {
  readonly run: string;
  readonly job: string;
  readonly attempt: number;
  readonly service: string;
  /** Null for a run without a repository. */
  readonly commit: string | null;
  readonly repository: string | null;
  readonly ref: string | null;
  readonly trust: string;
  readonly name: string;
  readonly digest: Digest;
  readonly size: number;
  /** `recorded`: a foreign CI made it, and nothing of its making was seen here. */
  readonly executor: Executor | 'recorded';
  readonly isolation: readonly string[];
  readonly startedAt: string;
  readonly finishedAt: string;
  /** The signed plan that was really run (`job_attempt.plan`), by its digest. */
  readonly planDigest: Digest;
  /** Lock files that the runner's supervisor uploaded from the source. */
  readonly materials: readonly { readonly path: string; readonly digest: Digest }[];
  /** Artifacts of other jobs that this job took. */
  readonly inputs: readonly { readonly name: string; readonly digest: Digest }[];
  readonly actor: Actor;
  /** Of what was told and not made here: who told it, of which run of which system, and whether the bytes are here. */
  readonly recorded?: {
    readonly told: Told;
    readonly system: string;
    readonly id: string;
    readonly attempt: number;
    readonly url: string | null;
    /** Where it lies elsewhere; a word for people. */
    readonly reference: string | null;
    readonly kept: boolean;
  };
};

/**
 * Who keeps what jobs make. Called once for each artifact of a job that succeeded, inside the transaction of its
 * finish: if it throws, the finish did not happen. It must do no I/O beyond `tx`; long work is woken.
 */
export type ArtifactPort = { accept(tx: Tx, made: MadeArtifact): Promise<void> };
