import type { Actor } from '../../kernel/actor.ts';
import { actorLabel } from '../../kernel/actor.ts';
import { digestOf } from '../../kernel/digest.ts';
import type { Tx } from '../../platform/floor.ts';
import { freezeBegan, freezeChanged, freezeCreated, freezeEnded } from '../releases.events.ts';
import { freezeIsOver, noSuchFreeze, staleFreeze } from '../releases.problems.ts';
import { draftChange, draftNew, type FreezeChange, type NewFreeze } from './draft.ts';
import { edgesOf } from './edges.ts';
import {
  insertFreeze,
  lockCalendar,
  lockFreeze,
  updateFreeze,
  updateFreezeEnded,
  updateFreezeTold,
  type FreezeRow,
} from './freeze.store.ts';

/** The task that tells a window's beginning and end. */
export const EDGE_TASK = 'releases.calendar-edge';

export type { NewFreeze } from './draft.ts';

/** A freeze as it would be saved now, as a row: refused where it can't be, and never beginning in the past. */
export function draftFreeze(asked: NewFreeze, id: string, actor: Actor, now: string): FreezeRow {
  return {
    ...draftNew(asked, now),
    id,
    createdBy: actorLabel(actor),
    createdAt: now,
    changedAt: null,
    endedAt: null,
    version: 1,
  };
}

/** Puts a freeze or window into the calendar, alone: every act decided before is committed, every later one sees it. */
export async function createFreeze(tx: Tx, actor: Actor, asked: NewFreeze): Promise<FreezeRow> {
  await lockCalendar(tx);
  const row = draftFreeze(asked, tx.floor.newId('frz'), actor, await tx.now());
  await insertFreeze(tx, row);
  await tx.record(freezeCreated, { subject: row.id, actor, body: saidBy(row) });
  if (row.toldActive)
    await tx.record(freezeBegan, { subject: row.id, actor, body: { kind: row.kind, until: edgesOf(row.when, row.createdAt).until } });
  if (row.nextEdge !== null) await tx.wake(EDGE_TASK, row.id, { freeze: row.id }, row.nextEdge);
  await tx.notify('calendar');
  return row;
}

/** Ends a freeze or window now. `version` is the one that the person saw. */
export async function endFreeze(tx: Tx, actor: Actor, id: string, version: number, reason: string): Promise<FreezeRow> {
  await lockCalendar(tx);
  const row = await lockFreeze(tx, id);
  if (row === null) throw noSuchFreeze({ freeze: id });
  if (row.endedAt !== null) throw freezeIsOver({ freeze: id });
  const now = await tx.now();
  if (row.version !== version || (await updateFreezeEnded(tx, row, now)) === 0) throw staleFreeze({ version: row.version });
  await tx.record(freezeEnded, { subject: id, actor, body: { kind: row.kind, why: 'by-person', reasonDigest: digestOf(reason) } });
  await tx.notify('calendar');
  return { ...row, endedAt: now, nextEdge: null, toldActive: false, version: row.version + 1 };
}

export type FreezeEdit = { readonly id: string; readonly version: number; readonly because: string; readonly change: FreezeChange };

/**
 * Changes what a freeze or window says, with a reason; what it said before is kept. `version` is the one that the person
 * saw. Alone, as every writer of the calendar: acts decided before are committed, later ones see the change.
 */
export async function changeFreeze(tx: Tx, actor: Actor, { id, version, because, change }: FreezeEdit): Promise<FreezeRow> {
  await lockCalendar(tx);
  const row = await lockFreeze(tx, id);
  if (row === null) throw noSuchFreeze({ freeze: id });
  const now = await tx.now();
  if (row.endedAt !== null || isOver(row, now)) throw freezeIsOver({ freeze: id });
  if (row.version !== version) throw staleFreeze({ version: row.version });
  const next: FreezeRow = { ...row, ...draftChange(row, change, now), changedAt: now, version: row.version + 1 };
  if ((await updateFreeze(tx, row, next, { by: actorLabel(actor), because })) === 0) throw staleFreeze({ version: row.version });
  const body = { ...saidBy(next), before: saidBy(row), becauseDigest: digestOf(because) };
  await tx.record(freezeChanged, { subject: id, actor, body });
  if (row.toldActive && !next.toldActive)
    await tx.record(freezeEnded, { subject: id, actor, body: { kind: row.kind, why: 'changed', reasonDigest: digestOf(because) } });
  if (!row.toldActive && next.toldActive)
    await tx.record(freezeBegan, { subject: id, actor, body: { kind: row.kind, until: edgesOf(next.when, now).until } });
  if (next.nextEdge !== null) await tx.wake(EDGE_TASK, id, { freeze: id }, next.nextEdge);
  await tx.notify('calendar');
  return next;
}

/** A window that came once and is past: there is nothing left to change. */
function isOver({ when }: FreezeRow, now: string): boolean {
  return when.kind === 'once' && when.until !== null && when.until <= now;
}

/** What a freeze says, for facts. */
function saidBy({ kind, scope, when, exempt, onRunning, ticket, reason }: FreezeRow) {
  return {
    kind,
    scope: { ...scope } as Record<string, string | number>,
    schedule: { ...when } as Record<string, string | number | null>,
    exempt: [...exempt],
    onRunning,
    ticket,
    reasonDigest: digestOf(reason),
  };
}

/**
 * Tells that a window began or is over, once for each edge, and sets the next timer. Decisions never wait for this:
 * they read the calendar itself. It is for who waits and for the ledger.
 */
export async function passEdge(tx: Tx, actor: Actor, id: string): Promise<void> {
  const row = await lockFreeze(tx, id);
  const now = await tx.now();
  if (row === null || row.endedAt !== null || row.nextEdge === null) return;
  if (row.nextEdge > now) return tx.wake(EDGE_TASK, id, { freeze: id }, row.nextEdge);
  const { active, until, next } = edgesOf(row.when, now);
  if ((await updateFreezeTold(tx, row, active, next)) === 0) return;
  const over = { subject: id, actor, body: { kind: row.kind, why: 'over' as const, reasonDigest: null } };
  if (row.toldActive && !active) await tx.record(freezeEnded, over);
  if (!row.toldActive && active) await tx.record(freezeBegan, { subject: id, actor, body: { kind: row.kind, until } });
  // A whole window passed while nobody told: who waits for an end must still hear of one.
  if (!row.toldActive && !active) await tx.record(freezeEnded, over);
  if (next !== null) await tx.wake(EDGE_TASK, id, { freeze: id }, next);
  await tx.notify('calendar');
}
