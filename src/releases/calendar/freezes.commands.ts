import type { Actor } from '../../kernel/actor.ts';
import { actorLabel } from '../../kernel/actor.ts';
import { digestOf } from '../../kernel/digest.ts';
import type { Tx } from '../../platform/floor.ts';
import { freezeBegan, freezeCreated, freezeEnded } from '../releases.events.ts';
import { badWindow, freezeIsOver, noSuchFreeze, staleFreeze, windowOver } from '../releases.problems.ts';
import { edgesOf } from './edges.ts';
import { insertFreeze, lockCalendar, lockFreeze, updateFreezeEnded, updateFreezeTold, type FreezeRow } from './freeze.store.ts';
import type { Freeze, When } from './freeze.ts';
import { whyNot } from './recurrence.ts';

/** The task that tells a window's beginning and end. */
export const EDGE_TASK = 'releases.calendar-edge';

export type NewFreeze = Omit<Freeze, 'id' | 'endedAt'>;

/** A freeze as it would be saved now: refused where it can't be, and never beginning in the past. */
export function draftFreeze(asked: NewFreeze, id: string, actor: Actor, now: string): FreezeRow {
  const why = whyNot(asked.when);
  if (why !== null) throw badWindow({ why }, 'body.when');
  const when = notBefore(asked.when, now);
  if (when.kind === 'once' && when.until !== null && when.until <= now) throw windowOver({}, 'body.when.until');
  const { active, next } = edgesOf(when, now);
  const scope = Object.fromEntries(Object.entries(asked.scope).filter(([, value]) => value !== undefined));
  return {
    ...asked,
    scope,
    when,
    id,
    createdBy: actorLabel(actor),
    createdAt: now,
    endedAt: null,
    nextEdge: next,
    toldActive: active,
    version: 1,
  };
}

/** Puts a freeze or window into the calendar, alone: every act decided before is committed, every later one sees it. */
export async function createFreeze(tx: Tx, actor: Actor, asked: NewFreeze): Promise<FreezeRow> {
  await lockCalendar(tx);
  const row = draftFreeze(asked, tx.floor.newId('frz'), actor, await tx.now());
  await insertFreeze(tx, row);
  const { kind, exempt, onRunning, ticket, reason } = row;
  const schedule = { ...row.when } as Record<string, string | number | null>;
  const body = {
    kind,
    scope: { ...row.scope } as Record<string, string | number>,
    schedule,
    exempt: [...exempt],
    onRunning,
    ticket,
    reasonDigest: digestOf(reason),
  };
  await tx.record(freezeCreated, { subject: row.id, actor, body });
  if (row.toldActive)
    await tx.record(freezeBegan, { subject: row.id, actor, body: { kind, until: edgesOf(row.when, row.createdAt).until } });
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

function notBefore(when: When, now: string): When {
  if (when.kind !== 'once') return when;
  const utc = (text: string): string => new Date(text).toISOString();
  const from = utc(when.from);
  return { kind: 'once', from: from < now ? now : from, until: when.until === null ? null : utc(when.until) };
}
