import { actorLabel, system, type Actor } from '../../kernel/actor.ts';
import type { Floor, Tx } from '../floor.ts';
import { dataKeysRotated, masterKeyAnnounced, masterKeyRemoved, masterKeyRotated } from './keys.events.ts';
import { keyInUse, keyIsCurrent, noSuchKey } from './keys.problems.ts';
import * as store from './keys.store.ts';
import { RESEAL_TASK, REWRAP_TASK, usesOf } from './rotate.work.ts';
import type { SealedColumn } from './sealed.port.ts';

/** A server that was not heard of for this long does not keep a new key from being used. */
export const LIVE_MS = 20_000;

export type Rotation = { readonly key: string; readonly state: 'announced' | 'current'; readonly waitsFor: readonly string[] };

/**
 * Rotates the master key: the newest that is known here and was never used, or a new one, is announced, and becomes
 * current once every live server knows it; a rotation that is under way is gone on with. Data keys follow as durable work.
 */
export async function rotateMaster(floor: Floor, actor: Actor): Promise<Rotation> {
  await floor.masters.reload();
  await floor.db.tx(floor.org, async (tx) => {
    await store.lockMasters(tx);
    const known = await store.masters(tx);
    if (known.some((one) => one.state === 'announced')) return;
    const { home } = floor.masters;
    const unused = home.ids().findLast((id) => !known.some((one) => one.id === id));
    const id = known.length > 0 && unused !== undefined ? unused : await home.create();
    await store.insertMaster(tx, { id, kind: home.kind, state: 'announced', by: actorLabel(actor) });
    await tx.record(masterKeyAnnounced, { subject: floor.org, actor, body: { key: id, kind: home.kind } });
  });
  return promote(floor, actor);
}

/** Makes an announced key the current one where every live server knows it. Throws nothing where none is announced. */
export async function promote(floor: Floor, actor: Actor): Promise<Rotation> {
  return floor.db.tx(floor.org, async (tx) => {
    await store.lockMasters(tx);
    const all = await store.masters(tx);
    const before = all.find((one) => one.state === 'current') ?? null;
    const next = all.find((one) => one.state === 'announced');
    if (next === undefined) return { key: before?.id ?? '', state: 'current', waitsFor: [] };
    const nodes = await store.liveNodes(tx, LIVE_MS);
    const waitsFor = nodes.filter((node) => !node.masters.includes(next.id)).map((node) => node.name);
    if (waitsFor.length > 0 || !floor.masters.ids().includes(next.id)) return { key: next.id, state: 'announced', waitsFor };
    if (before !== null) await store.setMasterState(tx, before.id, 'old', actorLabel(actor));
    await store.setMasterState(tx, next.id, 'current', actorLabel(actor));
    await tx.record(masterKeyRotated, { subject: floor.org, actor, body: { key: next.id, before: before?.id ?? null } });
    await tx.wake(REWRAP_TASK, 'all', {});
    return { key: next.id, state: 'current', waitsFor: [] };
  });
}

/** Retires the data keys of one scope, or of all; what they sealed is sealed again as durable work. Answers how many. */
export async function rotateData(tx: Tx, actor: Actor, scope: string | null, service: string | null): Promise<number> {
  const keys = await store.retireDataKeys(tx, scope);
  await tx.record(dataKeysRotated, { subject: tx.org, actor, service, body: { scope, keys } });
  for (const key of await store.oldDataKeys(tx, 10_000)) await tx.wake(RESEAL_TASK, key.id, { key: key.id, org: key.org });
  // Values of the first form know no data key: they are sealed again with whichever rotation comes first.
  await tx.wake(RESEAL_TASK, `first-form:${tx.org}`, { key: null });
  return keys;
}

/** Ends a master key that wraps nothing any more: the file loses its line, the key service refuses it. */
export async function removeMaster(floor: Floor, actor: Actor, id: string, columns: readonly SealedColumn[]): Promise<void> {
  await floor.db.tx('*', async (tx) => {
    await store.lockMasters(tx);
    const row = (await store.masters(tx)).find((one) => one.id === id);
    if (row === undefined || row.state === 'removed') throw noSuchKey({ id });
    if (row.state === 'current') throw keyIsCurrent({ id });
    const uses = await usesOf(tx, row, columns);
    if (uses > 0) throw keyInUse({ id, uses });
    await store.setMasterState(tx, id, 'removed', actorLabel(actor));
    await tx.record(masterKeyRemoved, { subject: floor.org, actor, body: { key: id } });
  });
  // Where this fails, the key stays in its file, and the database will not take it again.
  if (floor.masters.ids().includes(id)) await floor.masters.of(id).forget(id);
}

export const rotationActor = (floor: Floor): Actor => system(floor.org, 'keys');
