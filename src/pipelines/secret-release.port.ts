import type { Trust } from '../contract/runner.ts';
import type { Tx } from '../platform/floor.ts';

export type SecretQuestion = {
  readonly job: string;
  readonly run: string;
  readonly trust: Trust;
  /** Service id. */
  readonly service: string;
  /** Name of the environment whose secrets are asked for; null: only the service's own. */
  readonly environment: string | null;
  readonly names: readonly string[];
};

/**
 * Who lets secrets go to a job. Asked when a runner claims it; names that are left out of the answer are not given. An
 * untrusted run gets none, whatever it asks for. The secrets of an environment come only through here.
 */
export type SecretReleasePort = { release(tx: Tx, question: SecretQuestion): Promise<Readonly<Record<string, string>>> };
