import type { RestoreReport, restoreStatusSchema } from '../contract/keeping.ts';
import { applyRestored } from '../deployments/restored.api.ts';
import { planRestored, type Heard, type Plan } from '../deployments/restored.ts';
import { agentsToHear, booksFor } from '../deployments/restored.queries.ts';
import type { EnginePort } from '../deployments/engine.port.ts';
import { actorLabel, type Actor } from '../kernel/actor.ts';
import { digestOf } from '../kernel/digest.ts';
import {
  highestToken,
  lockPaused,
  newestRestore,
  reportsOf,
  resume,
  saveReport,
  type RestoreRow,
} from '../platform/backup/restore.store.ts';
import type { Tx } from '../platform/floor.ts';
import type { z } from 'zod';
import { instanceResumed } from './keeping.events.ts';
import { noSuchAgents, notRestored, unheard } from './keeping.problems.ts';

export type RestoreStatus = z.infer<typeof restoreStatusSchema>;

/** So far above the highest token that any agent has seen do new ones begin: what an unheard agent has seen is below it too. */
export const FENCE_JUMP = 1_000_000;

/** Takes what an agent says; only while the restore that it was asked about is paused. */
export async function takeReport(tx: Tx, agent: string, restore: string, report: RestoreReport): Promise<boolean> {
  const row = await newestRestore(tx);
  if (row?.state !== 'paused' || row.id !== restore) return false;
  await saveReport(tx, restore, agent, report, await tx.now());
  return true;
}

/** What differs, and what a resume would do now; after a resume what it found and did. */
export async function restoreStatus(tx: Tx): Promise<RestoreStatus> {
  const row = await newestRestore(tx);
  if (row === null) return { restore: null, agents: [], places: [], deployments: [], unknownActs: [] };
  if (row.state === 'resumed') return { ...(row.outcome as Omit<RestoreStatus, 'restore'>), restore: shownRestore(row) };
  const heard = await reportsOf<RestoreReport>(tx, row.id);
  return { ...shown(await planOf(tx, heard), await agentsToHear(tx), heard), restore: shownRestore(row) };
}

/** Resumes: writes down what machines told, ends what went on without these books, and fences everything anew. */
export async function resumeRestored(
  tx: Tx,
  port: EnginePort,
  actor: Actor,
  ask: { readonly reason: string; readonly without: readonly string[] },
): Promise<RestoreStatus> {
  const row = await lockPaused(tx);
  if (row === null) throw notRestored({});
  const heard = await reportsOf<RestoreReport>(tx, row.id);
  const agents = await agentsToHear(tx);
  const strangers = ask.without.filter((name) => !agents.some((agent) => agent.name === name));
  if (strangers.length > 0) throw noSuchAgents({ agents: strangers });
  const silent = agents.filter(
    (agent) => agent.needed && !ask.without.includes(agent.name) && !heard.some((one) => one.agent === agent.id),
  );
  if (silent.length > 0) throw unheard({ agents: silent.map((agent) => agent.name) });
  const plan = await planOf(tx, heard);
  const found = shown(plan, agents, heard);
  // Nothing gets a token before all have their new floor.
  const floor = Math.max(plan.highestToken, await highestToken(tx)) + FENCE_JUMP;
  const at = await tx.now();
  await resume(tx, row, { floor, outcome: found, reason: ask.reason, by: actorLabel(actor), at });
  await applyRestored(tx, port, actor, plan);
  await tx.record(instanceResumed, {
    subject: row.id,
    actor,
    body: {
      fenceFloor: floor,
      ended: plan.deployments.filter((one) => one.becomes === 'ends').map((one) => one.deployment.id),
      takenOver: plan.places.filter((place) => place.adopt !== null).length,
      unknownActs: plan.unknownActs.length,
      without: agents.filter((agent) => ask.without.includes(agent.name)).map((agent) => agent.id),
      reasonDigest: digestOf(ask.reason),
    },
  });
  return { ...found, restore: shownRestore({ ...row, state: 'resumed', reason: ask.reason, resumedBy: actorLabel(actor), resumedAt: at }) };
}

type Report = Heard & { readonly at: string };

async function planOf(tx: Tx, heard: readonly Report[]): Promise<Plan> {
  const acts = heard.flatMap(({ report }) => report.acts);
  const books = await booksFor(
    tx,
    acts.map(({ act }) => act),
    acts.map(({ deployment }) => deployment),
  );
  return planRestored(books, heard);
}

function shown(plan: Plan, agents: Awaited<ReturnType<typeof agentsToHear>>, heard: readonly Report[]): Omit<RestoreStatus, 'restore'> {
  const names = new Map(agents.map((agent) => [agent.id, agent.name]));
  return {
    agents: agents.map(({ id, name, needed }) => {
      const report = heard.find((one) => one.agent === id);
      return { id: id as `agt_${string}`, name, needed, reportedAt: report?.at ?? null, cut: report?.report.cut ?? false };
    }),
    places: plan.places.map(({ service, environment, agent, books, machine, same, beside, says }) => ({
      service,
      environment,
      agent: agent === null ? null : (names.get(agent) ?? agent),
      books: books === null ? null : { release: books.release, version: books.version, digest: books.digest },
      machine,
      same,
      beside: [...beside],
      says,
    })),
    deployments: plan.deployments.map(({ deployment: { id, service, environment, version, state }, becomes, says }) => ({
      id: id as `dep_${string}`,
      service,
      environment,
      version,
      state,
      becomes,
      says,
    })),
    unknownActs: plan.unknownActs.map(({ act, deployment, service, environment, phase, release, at, result }) => ({
      act,
      deployment,
      service,
      environment,
      phase,
      release,
      at,
      outcome: result?.outcome ?? 'under way',
    })),
  };
}

function shownRestore(row: RestoreRow): NonNullable<RestoreStatus['restore']> {
  const { id, state, snapshotAt, restoredAt, origin, reason, resumedBy, resumedAt } = row;
  return { id: id as `res_${string}`, state, snapshotAt, restoredAt, origin, reason, resumedBy, resumedAt };
}
