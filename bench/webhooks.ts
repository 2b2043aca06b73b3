import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile, type Benchmark } from './support/benchmark.ts';
import { cpuOf, cpuOfTree, idleOfMachine } from './support/cpu.ts';
import { makeInstance, type Instance } from './support/instance.ts';

const CONNECTIONS = 32;
const ROUND_MS = 3000;
/** Rounds before it counts: until then both are still compiled while they run. */
const WARM = 2;
const SETTLE_MS = 500;
const LIMIT = 0.6;

/**
 * Verified webhooks of 2.9 kB over 32 connections, each answered 202 only after its bytes are durable (synchronous_commit
 * on, and fsync), while what was accepted is also taken in the background. Beside it, in turn and with the same sender: a
 * plain HTTP server of Node that verifies the HMAC, parses the JSON and keeps nothing, in a process of its own. Said beside it:
 * the CPU time that server, database, sender and sink take for each, because on a loaded machine that says more than the rate.
 */
export const benchmark: Benchmark = async ({ rounds = 4, say }) => {
  const instance = await makeInstance({ YARDMASTER_LIMITS: 'hook=100000000' });
  const secret = 'a secret of the benchmark: 4f1d8c2b';
  const sink = child('sink.mjs', secret);
  const sender = child('hook-load.mjs');
  try {
    const { path, secret: own } = await hookOf(instance);
    const port = Number(new URL(instance.url).port);
    const sinkPort = Number(/port (\d+)/.exec(await sink.line())?.[1]);
    const database = Number(readFileSync(join(instance.env['YARDMASTER_STATE'] ?? '', 'pg/postmaster.pid'), 'utf8').split('\n')[0]);
    const meters: Meters = {
      server: () => cpuOf(instance.server().child.pid ?? 0),
      database: () => cpuOfTree(database),
      sink: () => cpuOf(sink.process.pid ?? 0),
      sender: () => cpuOf(sender.process.pid ?? 0),
      idle: idleOfMachine,
    };
    const all: { mine: Sent; theirs: Sent; used: Used; usedThere: Used; idle: number }[] = [];
    for (let round = -WARM; round < rounds; round += 1) {
      const [mine, used] = await metered(meters, () => send(sender, { port, path, secret: own, from: `r${round}` }));
      // What is still to be done of ours is not to be paid by the sink.
      await sleep(SETTLE_MS);
      const [theirs, usedThere] = await metered(meters, () => send(sender, { port: sinkPort, path: '/', secret, from: `s${round}` }));
      if (mine.others > 0 || theirs.others > 0) throw new Error(`refused: ${mine.others} of ours, ${theirs.others} of the sink`);
      if (round >= 0) all.push({ mine, theirs, used, usedThere, idle: used.idle / (mine.ms * 1000 * availableParallelism()) });
    }
    const ours = all.map(({ mine }) => rate(mine));
    const plain = all.map(({ theirs }) => rate(theirs));
    const p99s = all.map(({ mine }) => mine.p99);
    const ratios = ours.map((value, at) => value / (plain[at] ?? Number.NaN));
    const ratio = percentile(ratios, 0.5);
    const cpu = {
      serverUs: percentile(
        all.map(({ used, mine }) => used.server / mine.accepted),
        0.5,
      ),
      databaseUs: percentile(
        all.map(({ used, mine }) => used.database / mine.accepted),
        0.5,
      ),
      sinkUs: percentile(
        all.map(({ usedThere, theirs }) => usedThere.sink / theirs.accepted),
        0.5,
      ),
      senderUs: percentile(
        all.map(({ used, mine }) => used.sender / mine.accepted),
        0.5,
      ),
      idleShare: percentile(
        all.map(({ idle }) => idle),
        0.5,
      ),
    };
    say(
      `durable ${percentile(ours, 0.5).toFixed(0)}/s, plain sink ${percentile(plain, 0.5).toFixed(0)}/s; ratios ${ratios.map((one) => one.toFixed(2)).join(' ')}`,
    );
    say(
      `CPU for each: server ${cpu.serverUs.toFixed(0)} us, PostgreSQL ${cpu.databaseUs.toFixed(0)} us, sender ${cpu.senderUs.toFixed(0)} us; the sink ${cpu.sinkUs.toFixed(0)} us; the machine was idle for ${(cpu.idleShare * 100).toFixed(0)} % of our rounds`,
    );
    return {
      unit: 'webhooks/s',
      ours: percentile(ours, 0.5),
      peers: { 'a plain HMAC and JSON sink that keeps nothing': percentile(plain, 0.5) },
      limit: null,
      rounds,
      note: `${CONNECTIONS} connections, 2.9 kB; ${ratio.toFixed(2)} times the sink in the median round (${Math.max(...ratios).toFixed(2)} in the best), of at least ${LIMIT}; answered p99 ${percentile(p99s, 0.5).toFixed(1)} ms`,
      within: ratio >= LIMIT,
      more: { ratio, ratioBest: Math.max(...ratios), ratioLimit: LIMIT, p99Ms: percentile(p99s, 0.5), ...cpu },
    };
  } finally {
    sink.stop();
    sender.stop();
    await instance.close();
  }
};

/** A hook that tells of builds: what it brings is read, mapped and written down in the background. */
async function hookOf(instance: Instance): Promise<{ path: string; secret: string }> {
  const text =
    'teams: {crew: {title: Crew}}\nenvironments: {dev: {kind: development}}\nservices: {shop: {team: crew, tier: 3, repository: file:///tmp/none.git}}\n';
  const plan = await instance.call('POST', '/v1/catalog/plan', { text });
  await instance.call('POST', '/v1/catalog/apply', { text, plan: plan['digest'] });
  return (await instance.call('POST', '/v1/services/shop/hook')) as { path: string; secret: string };
}

type Helper = { readonly process: ChildProcess; line(): Promise<string>; say(text: string): void; stop(): void };

function child(file: string, ...args: string[]): Helper {
  const started = spawn(process.execPath, [join(import.meta.dirname, 'support', file), ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: started.stdout })[Symbol.asyncIterator]();
  return {
    process: started,
    line: async () => String((await lines.next()).value ?? ''),
    say: (text) => void started.stdin.write(`${text}\n`),
    stop: () => void started.kill(),
  };
}

type Meters = Readonly<Record<'server' | 'database' | 'sink' | 'sender' | 'idle', () => number>>;
type Used = Readonly<Record<keyof Meters, number>>;

/** What was used while `work` ran, in microseconds of CPU time. */
async function metered<Result>(meters: Meters, work: () => Promise<Result>): Promise<[Result, Used]> {
  const read = (): Used => Object.fromEntries(Object.entries(meters).map(([name, meter]) => [name, meter()])) as Used;
  const before = read();
  const result = await work();
  const after = read();
  return [result, Object.fromEntries(Object.entries(after).map(([name, value]) => [name, value - before[name as keyof Used]])) as Used];
}

function rate({ accepted, ms }: Sent): number {
  return accepted / (ms / 1000);
}

type Sent = { readonly accepted: number; readonly others: number; readonly ms: number; readonly p50: number; readonly p99: number };

async function send(sender: Helper, order: { port: number; path: string; secret: string; from: string }): Promise<Sent> {
  sender.say(JSON.stringify({ ...order, connections: CONNECTIONS, ms: ROUND_MS }));
  return JSON.parse(await sender.line()) as Sent;
}
