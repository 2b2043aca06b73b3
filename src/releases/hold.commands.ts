import type { Actor } from '../kernel/actor.ts';
import { digestOf } from '../kernel/digest.ts';
import type { Tx } from '../platform/floor.ts';
import { stale } from '../platform/platform.problems.ts';
import { lockRelease, lockTargets, updateHeld } from './release.store.ts';
import { releaseHeld, releaseHoldEnded } from './releases.events.ts';
import { abandoned, alreadyHeld, noSuchRelease, notHeld, personNeeded } from './releases.problems.ts';
import { mustRelease, type ReleaseRow } from './releases.queries.ts';

/**
 * Holds a release back: it goes nowhere until a person ends the hold. What is under way stops at its next step. The
 * targets are locked, so that the hold does not slip between an answer and its act. `seen`: the row version.
 */
export async function holdRelease(tx: Tx, actor: Actor, id: string, reason: string, seen: number | null): Promise<ReleaseRow> {
  const row = await locked(tx, actor, id, seen);
  if (row.state === 'abandoned') throw abandoned({ release: id });
  if (row.held !== null) throw alreadyHeld({ release: row.versionName });
  const held = { by: actor.id, at: await tx.now(), reason };
  if ((await updateHeld(tx, row, held)) === 0) throw stale({ what: `The release ${row.versionName}` });
  const body = { person: actor.id, reasonDigest: digestOf(reason) };
  await tx.record(releaseHeld, { subject: id, actor, service: row.serviceId, body });
  return mustRelease(tx, id);
}

/** Ends a hold, whoever began it: what waited for it asks again. */
export async function endHold(tx: Tx, actor: Actor, id: string, reason: string, seen: number | null): Promise<ReleaseRow> {
  const row = await locked(tx, actor, id, seen);
  if (row.held === null) throw notHeld({ release: row.versionName });
  if ((await updateHeld(tx, row, null)) === 0) throw stale({ what: `The release ${row.versionName}` });
  const body = { person: actor.id, heldBy: row.held.by, reasonDigest: digestOf(reason) };
  await tx.record(releaseHoldEnded, { subject: id, actor, service: row.serviceId, body });
  return mustRelease(tx, id);
}

async function locked(tx: Tx, actor: Actor, id: string, seen: number | null): Promise<ReleaseRow> {
  if (actor.kind !== 'person') throw personNeeded({});
  await lockTargets(tx, id);
  const row = await lockRelease(tx, id);
  if (row === null) throw noSuchRelease({ release: id });
  if (seen !== null && seen !== row.version) throw stale({ what: `The release ${row.versionName}` });
  return row;
}
