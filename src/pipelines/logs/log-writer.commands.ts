import { LOG_LIMIT } from '../../contract/runner.ts';
import type { Actor } from '../../kernel/actor.ts';
import type { Floor, Tx } from '../../platform/floor.ts';
import { logFull, logGap } from '../pipelines.problems.ts';
import { refuseAndThrow } from '../runners/lease.commands.ts';
import { placeAppend, type Placed } from './append.ts';
import { insertParts, lockLogs, logId, type LogHolder, type LogPart } from './log.store.ts';

type Pending = {
  readonly holder: LogHolder;
  readonly offset: number;
  readonly bytes: Uint8Array;
  settle(placed: Placed | 'lost'): void;
  fail(error: unknown): void;
};
type Writer = { readonly queue: Map<string, Pending[]>; lastFlush: number; timer: NodeJS.Timeout | null };

/** Appends of all jobs wait this long for each other at most; alone, one goes at once. */
const FLUSH_MS = 100;
const writers = new WeakMap<Floor, Writer>();

/**
 * Appends to the log of an attempt and answers how much is stored, after the commit that stored it. All appends that
 * this server gets within 100 ms share one multi-row insert. A lost lease is refused and recorded.
 */
export async function appendLog(floor: Floor, actor: Actor, holder: LogHolder, offset: number, text: string): Promise<{ stored: number }> {
  const placed = await new Promise<Placed | 'lost'>((resolve, reject) => {
    const writer = writerOf(floor);
    const line = writer.queue.get(actor.org) ?? [];
    line.push({ holder, offset, bytes: Buffer.from(text, 'utf8'), settle: resolve, fail: reject });
    writer.queue.set(actor.org, line);
    writer.timer ??= setTimeout(() => void flush(floor, writer), Math.max(0, writer.lastFlush + FLUSH_MS - performance.now()));
  });
  if (placed === 'lost') return refuseAndThrow(floor, actor, holder, 'log');
  if (placed.kind === 'gap') throw logGap({ stored: placed.stored, offset });
  if (placed.kind === 'full') throw logFull({ limit: LOG_LIMIT });
  return { stored: placed.stored };
}

function writerOf(floor: Floor): Writer {
  let writer = writers.get(floor);
  if (writer === undefined) writers.set(floor, (writer = { queue: new Map(), lastFlush: 0, timer: null }));
  return writer;
}

async function flush(floor: Floor, writer: Writer): Promise<void> {
  const batch = [...writer.queue];
  writer.queue.clear();
  writer.timer = null;
  writer.lastFlush = performance.now();
  for (const [org, line] of batch) {
    try {
      const answers = await floor.db.tx(org, (tx) => store(tx, line));
      // Only now: what is acknowledged is committed.
      line.forEach((pending, index) => pending.settle(answers[index] ?? 'lost'));
    } catch (error) {
      for (const pending of line) pending.fail(error);
    }
  }
}

/** Stores a batch inside one transaction; nothing here reaches a caller before the commit. */
async function store(tx: Tx, line: readonly Pending[]): Promise<(Placed | 'lost')[]> {
  const stored = await lockLogs(
    tx,
    line.map((pending) => pending.holder),
  );
  const parts: LogPart[] = [];
  const answers = line.map((pending): Placed | 'lost' => {
    const id = logId(pending.holder);
    const before = stored.get(id);
    if (before === undefined) return 'lost';
    const placed = placeAppend(before, pending, LOG_LIMIT);
    stored.set(id, placed.stored);
    if (placed.kind === 'stored')
      parts.push({ job: pending.holder.job, attempt: pending.holder.attempt, at: placed.at, bytes: placed.bytes });
    return placed;
  });
  if (parts.length > 0) await insertParts(tx, parts);
  for (const job of new Set(parts.map((part) => part.job))) await tx.notify('log', job);
  return answers;
}
