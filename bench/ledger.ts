import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { system } from '../src/kernel/actor.ts';
import { defineEvent } from '../src/kernel/event.ts';
import { parseConfig } from '../src/platform/config.ts';
import type { Floor } from '../src/platform/floor.ts';
import { openFloor } from '../src/platform/floor.system.ts';
import { startSequencer } from '../src/platform/ledger/sequencer.system.ts';
import { makeLog } from '../src/platform/log.system.ts';
import { startEmbedded } from '../src/platform/postgres/embedded.system.ts';
import { percentile, type Benchmark } from './support/benchmark.ts';

const WRITERS = 6;
const ROUND_MS = 3000;
const PLACED_P99_MS = 500;

const happened = defineEvent({
  type: 'bench.happened',
  subject: 'run',
  means: 'something was written to measure how long that takes',
  body: z.object({ writer: z.number(), text: z.string() }),
});

/**
 * Facts that six writers record, one transaction each, while the sequencer gives them their places and signs
 * checkpoints; and how long after its commit a fact has its place. Beside it, in turn: the same writers insert a row of
 * the same bytes into a plain table of the same database.
 */
export const benchmark: Benchmark = async ({ rounds = 4, say }) => {
  const folder = mkdtempSync(join(tmpdir(), 'ym-ledger-'));
  chmodSync(folder, 0o755);
  const log = makeLog('silent', 'bench');
  const state = join(folder, 'state');
  const database = await startEmbedded(state, `${state}.keys`);
  const config = parseConfig({ YARDMASTER_STATE: state, YARDMASTER_LOG_LEVEL: 'silent' }, process.getuid?.() === 0);
  const migrations = join(import.meta.dirname, '../migrations');
  const open = await openFloor({ config, log, where: database.connection, wiring: new Map(), migrations });
  const sequencer = startSequencer(open.floor);
  try {
    await open.pool.query(
      'create table bench_plain (id bigint generated always as identity primary key, leaf bytea not null, body jsonb not null)',
    );
    const facts: number[] = [];
    const plain: number[] = [];
    const delays: number[] = [];
    for (let round = -1; round < rounds; round += 1) {
      const watch = watchPlaces(open.floor);
      const written = await load((writer) => recordFact(open.floor, writer, watch.committed));
      const placed = await watch.end();
      const inserted = await load(() => insertPlain(open.floor));
      if (round < 0) continue;
      facts.push(written);
      plain.push(inserted);
      delays.push(...placed);
    }
    const [ours, p99] = [percentile(facts, 0.5), percentile(delays, 0.99)];
    say(
      `${ours.toFixed(0)} facts/s against ${percentile(plain, 0.5).toFixed(0)} plain inserts/s; placed after p50 ${percentile(delays, 0.5).toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`,
    );
    return {
      unit: 'facts/s',
      ours,
      peers: { 'plain inserts': percentile(plain, 0.5) },
      limit: null,
      rounds,
      note: `${WRITERS} writers, one transaction each; a fact has its place p99 ${p99.toFixed(0)} ms after its commit, of at most ${PLACED_P99_MS} ms`,
      within: p99 <= PLACED_P99_MS,
      more: { placedP50Ms: percentile(delays, 0.5), placedP99Ms: p99, placedLimitMs: PLACED_P99_MS },
    };
  } finally {
    await sequencer.stop();
    await open.close();
    await database.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

/** Runs `work` in six loops for one round; how often per second it was done. */
async function load(work: (writer: number) => Promise<void>): Promise<number> {
  const began = performance.now();
  const counts = await Promise.all(
    Array.from({ length: WRITERS }, async (_, writer) => {
      let count = 0;
      for (; performance.now() - began < ROUND_MS; count += 1) await work(writer);
      return count;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0) / ((performance.now() - began) / 1000);
}

const TEXT = 'one sentence that is about as long as what a fact says';

async function recordFact(floor: Floor, writer: number, committed: (fact: string, at: number) => void): Promise<void> {
  const subject = floor.newId('run');
  const fact = await floor.db.tx(floor.org, (tx) =>
    tx.record(happened, { subject, actor: system(floor.org, 'bench'), body: { writer, text: TEXT } }),
  );
  committed(fact, performance.now());
}

async function insertPlain(floor: Floor): Promise<void> {
  await floor.db.tx(floor.org, (tx) =>
    tx.query('insert into bench_plain (leaf, body) values ($1, $2)', [Buffer.alloc(320, 1), JSON.stringify({ writer: 1, text: TEXT })]),
  );
}

/** Looks again and again which facts have a place; answers how long each took, as seen from outside (so a little too long). */
function watchPlaces(floor: Floor): { committed(fact: string, at: number): void; end(): Promise<number[]> } {
  const commits = new Map<string, number>();
  const delays: number[] = [];
  let seen = -1;
  let over = false;
  const look = async (): Promise<void> => {
    const rows = await floor.db.read('*', (tx) =>
      tx.query<{ seq: number; fact: string }>(
        `select e.seq, f.fact_id as fact from ledger_entry e join fact f on f.id = e.fact_row where e.seq > $1 and f.type = $2 order by e.seq`,
        [seen, happened.type],
      ),
    );
    const now = performance.now();
    for (const row of rows) {
      seen = row.seq;
      const at = commits.get(row.fact);
      if (at !== undefined) delays.push(now - at);
      commits.set(row.fact, Number.NaN);
    }
  };
  const running = (async () => {
    for (; !over; await sleep(10)) await look();
  })();
  return {
    committed: (fact, at) => void (commits.has(fact) ? delays.push(0) : commits.set(fact, at)),
    async end() {
      const late = performance.now() + 30_000;
      while ([...commits.values()].some((at) => !Number.isNaN(at))) {
        if (performance.now() > late) throw new Error('facts were not placed within 30 s');
        await sleep(20);
      }
      over = true;
      await running;
      return delays;
    },
  };
}
