import { system } from '../../kernel/actor.ts';
import { isTerminal } from '../../kernel/machine.ts';
import { Problem } from '../../kernel/problem.ts';
import { runById } from '../../pipelines/pipelines.queries.ts';
import { runMachine } from '../../pipelines/states.ts';
import type { Floor, Reaction } from '../../platform/floor.ts';
import { endRebuild, rebuildOf, type RebuildRow } from './rebuild.store.ts';
import { compareRebuild } from './reproduce.commands.ts';

/** A run that builds something again has ended: what it made is compared, or it is said why there is nothing to compare. */
export const compareRebuilt: Reaction = {
  name: 'artifacts.compare-rebuilt',
  run: (floor, fact) => settleRebuild(floor, fact.org, fact.subject),
};

/** Ends the rebuild that a run makes, where the run is over; safe to repeat. */
export async function settleRebuild(floor: Floor, org: string, run: string): Promise<void> {
  const rebuild = await floor.db.read(org, (tx) => rebuildOf(tx, run));
  if (rebuild === null || rebuild.state !== 'building') return;
  const state = (await floor.db.read(org, (tx) => runById(tx, run)))?.state;
  if (state === undefined || !isTerminal(runMachine, state)) return;
  const end = state === 'succeeded' ? await compared(floor, org, rebuild) : { why: `The run that built it again is ${state}.` };
  await floor.db.tx(org, async (tx) => {
    if (await endRebuild(tx, rebuild.id, end)) await tx.notify('artifact', rebuild.artifactId);
  });
}

async function compared(floor: Floor, org: string, rebuild: RebuildRow): Promise<{ reproduction: string } | { why: string }> {
  try {
    const { id } = await compareRebuild(floor, system(org, 'artifacts'), rebuild.digest, rebuild.run, rebuild.requestedBy);
    return { reproduction: id };
  } catch (error) {
    if (error instanceof Problem) return { why: `${error.sentence} ${error.remedy}` };
    throw error;
  }
}
