import type { Actor } from '../kernel/actor.ts';
import type { Floor, Tx } from '../platform/floor.ts';
import { retryRun } from './sources/start.commands.ts';

/** A run that builds the commit of an ended one again. */
export type RunAgain = { readonly id: string };

/**
 * Runs the commit of an ended run again for who wants to compare what comes of it; `elsewhere`: on no runner that ran
 * anything of it. The same `key` answers the same run. Problems: `pipelines.*`, see `retryRun`.
 */
export async function buildAgain(
  floor: Floor,
  actor: Actor,
  input: { readonly run: string; readonly elsewhere: boolean; readonly key: string | null },
): Promise<RunAgain> {
  const { id } = await retryRun(floor, actor, input);
  return { id };
}

/** The runner that made an attempt of a job, by id and by the name that it has or had; null: not known any more. */
export function runnerOf(tx: Tx, job: string, attempt: number): Promise<{ id: string; name: string } | null> {
  return tx.maybe(
    `select runner.id, runner.name from job_attempt a join runner on runner.id = a.runner_id where a.job_id = $1 and a.attempt = $2`,
    [job, attempt],
  );
}
