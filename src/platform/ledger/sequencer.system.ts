import { setTimeout as sleep } from 'node:timers/promises';
import type { TrustedKey } from '../../kernel/dsse.ts';
import { peekCheckpoint, readCheckpoint, signCheckpoint, type Checkpoint } from '../../kernel/checkpoint.ts';
import { consistencyRanges, leafHash, rootOf, verifyConsistency } from '../../kernel/merkle.ts';
import type { Floor, Tx } from '../floor.ts';
import { appendToCheckpointLog, checkpointLogPath, lastInCheckpointLog } from './checkpoint-log.system.ts';
import { ledgerRewritten, nothingToFollow } from './ledger.problems.ts';
import { CHECKPOINT_TOPIC, latestCheckpoint } from './ledger.queries.ts';
import * as store from './ledger.store.ts';
import { completedTiles, TILE_WIDTH, treeOver } from './tiles.ts';

const BATCH = 1000;
/** Between two rounds under load: bounds how many checkpoints are signed. Placement stays far under 500 ms. */
const PAUSE_MS = 60;
/** A look without news: a lost notification costs this much, never truth. */
const IDLE_MS = 1000;
/** The outside file gets at most one checkpoint in this time, and always the newest. */
const MIRROR_EVERY_MS = 1000;

/** Gives the next waiting facts their places, in one transaction. Returns how many. */
export async function placeFacts(floor: Floor): Promise<number> {
  return floor.db.tx('*', async (tx) => {
    await store.lockSequencer(tx);
    const facts = await store.pendingFacts(tx, BATCH);
    if (facts.length === 0) return 0;
    const before = await store.logSize(tx);
    await store.appendEntries(
      tx,
      before,
      facts,
      facts.map(({ leaf }) => leafHash(leaf)),
    );
    const read = store.tileReader(tx);
    for (const { level, index } of completedTiles(before, before + facts.length)) {
      const below = await read(level - 1, index * TILE_WIDTH, (index + 1) * TILE_WIDTH);
      await store.appendTile(tx, level, index, rootOf(below));
    }
    return facts.length;
  });
}

/**
 * Signs a checkpoint over what is committed, where it is news. Refuses (`ledger.rewritten`) where the log does not
 * continue the last checkpoint: a forked log must never get a second signature.
 */
export async function publishCheckpoint(floor: Floor): Promise<store.SignedCheckpoint | null> {
  return floor.db.tx('*', async (tx) => {
    await store.lockSequencer(tx);
    const size = await store.logSize(tx);
    const { origin, follows } = await store.currentEpoch(tx);
    const last = await latestCheckpoint(tx);
    if (size === 0 || last?.size === size) return null;
    const root = await treeOver(store.tileReader(tx)).hashOf({ from: 0, to: size });
    if (last !== null) await assertContinues(tx, { ...last, extensions: [] }, { size, root });
    const extensions =
      follows === null ? [] : [`follows ${follows.origin} ${follows.size} ${Buffer.from(follows.root).toString('base64')}`];
    const note = signCheckpoint({ origin, size, root, extensions }, floor.keys, floor.keys.publicKeyPem);
    const signed = { origin, size, root, note, at: await tx.now() };
    await store.appendCheckpoint(tx, signed);
    await tx.notify(CHECKPOINT_TOPIC);
    return signed;
  });
}

async function assertContinues(tx: Tx, earlier: Checkpoint, now: Pick<Checkpoint, 'size' | 'root'>): Promise<void> {
  const rewritten = () => ledgerRewritten({ origin: earlier.origin, size: earlier.size });
  if (earlier.size > now.size) throw rewritten();
  const proof = await treeOver(store.tileReader(tx)).hashesOf(consistencyRanges(earlier.size, now.size));
  if (!verifyConsistency(earlier.size, now.size, proof, earlier.root, now.root)) throw rewritten();
}

/**
 * Compares the database with the last checkpoint in the outside file. Throws `ledger.rewritten` where the log does
 * not contain what this origin signed: a restored or rewritten database must open a new epoch first.
 */
export async function assertLedgerNotRewound(floor: Floor): Promise<void> {
  const note = lastInCheckpointLog(checkpointLogPath(floor.config.state));
  if (note === null) return;
  const outside = readCheckpoint(note, floor.keys.all);
  if (!outside.ok) return floor.log.warn({ why: outside.why }, 'the last checkpoint in checkpoints.log is not readable');
  await floor.db.tx('*', async (tx) => {
    const { origin } = await store.currentEpoch(tx);
    if (outside.checkpoint.origin !== origin) return;
    const size = await store.logSize(tx);
    await assertContinues(tx, outside.checkpoint, { size, root: await treeOver(store.tileReader(tx)).hashOf({ from: 0, to: size }) });
  });
}

/** Opens a new epoch after a restore: a new origin, linked in every checkpoint to the last one that is known of the old. */
export async function openEpoch(floor: Floor, reason: string): Promise<string> {
  const note = lastInCheckpointLog(checkpointLogPath(floor.config.state));
  return floor.db.tx('*', async (tx) => {
    const origin = await followAfterRestore(tx, note, floor.keys.all, reason);
    if (origin === null) throw nothingToFollow({});
    return origin;
  });
}

/**
 * The same inside a transaction, following the outside note or the database's last checkpoint, whichever knows more of
 * the old epoch. Where nothing was ever signed there is nothing to follow: the epoch stays, and its origin with it.
 */
export async function followAfterRestore(tx: Tx, note: string | null, keys: readonly TrustedKey[], reason: string): Promise<string | null> {
  const outside = note === null ? null : readCheckpoint(note, keys);
  await store.lockSequencer(tx);
  const inside = await latestCheckpoint(tx);
  const kept = outside?.ok === true ? outside.checkpoint : null;
  const follows = kept !== null && kept.size >= (inside?.size ?? 0) ? kept : inside;
  if (follows === null) return null;
  await store.appendEpoch(tx, follows, reason);
  return (await store.currentEpoch(tx)).origin;
}

/** The sequencer of one server. Any number of servers run one; the advisory lock makes them take turns. */
export function startSequencer(floor: Floor): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const mirror = makeMirror(floor);
  const done = run(floor, stopping.signal, mirror);
  return {
    async stop() {
      stopping.abort();
      await done;
    },
  };
}

async function run(floor: Floor, signal: AbortSignal, mirror: (evenSoon: boolean) => Promise<void>): Promise<void> {
  let failures = 0;
  let checked = false;
  while (!signal.aborted) {
    const news = floor.bus.watch(['facts', CHECKPOINT_TOPIC], signal);
    try {
      if (!checked) await assertLedgerNotRewound(floor);
      checked = true;
      const placed = await placeFacts(floor);
      const signed = await publishCheckpoint(floor);
      await mirror(false);
      failures = 0;
      if (placed > 0 || signed !== null) await pause(PAUSE_MS, signal);
      else await news.next(IDLE_MS);
    } catch (error) {
      failures += 1;
      if (!signal.aborted) floor.log.error({ err: error, failures }, 'the ledger could not be continued');
      await pause(Math.min(30_000, 100 * 2 ** failures), signal);
    } finally {
      news.close();
    }
  }
  await mirror(true).catch((error: unknown) => floor.log.error({ err: error }, 'the last checkpoint was not written to checkpoints.log'));
}

/** Copies the newest checkpoint, whoever signed it, to this server's outside file. */
function makeMirror(floor: Floor): (evenSoon: boolean) => Promise<void> {
  const path = checkpointLogPath(floor.config.state);
  let last: { origin: string; size: number } | null = peekCheckpoint(lastInCheckpointLog(path) ?? '');
  let next = 0;
  return async (evenSoon) => {
    if (!evenSoon && performance.now() < next) return;
    const newest = await floor.db.read('*', latestCheckpoint);
    if (newest === null || (last?.origin === newest.origin && last.size >= newest.size)) return;
    await appendToCheckpointLog(path, newest.note);
    last = newest;
    next = performance.now() + MIRROR_EVERY_MS;
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
