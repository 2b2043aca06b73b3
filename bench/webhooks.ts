import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { percentile, type Benchmark } from './support/benchmark.ts';
import { makeInstance, type Instance } from './support/instance.ts';

const CONNECTIONS = 32;
const ROUND_MS = 3000;
const LIMIT = 0.6;

/**
 * Verified webhooks of 2.9 kB over 32 connections, each answered 202 only after its bytes are durable (synchronous_commit
 * on, and fsync), while what was accepted is also taken in the background. Beside it, in turn and with the same sender: a
 * plain HTTP server of Node that verifies the HMAC, parses the JSON and keeps nothing, in a process of its own.
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
    const [ours, plain, p99s]: [number[], number[], number[]] = [[], [], []];
    for (let round = -1; round < rounds; round += 1) {
      const mine = await send(sender, { port, path, secret: own, from: `r${round}` });
      const theirs = await send(sender, { port: sinkPort, path: '/', secret, from: `s${round}` });
      if (mine.others > 0 || theirs.others > 0) throw new Error(`refused: ${mine.others} of ours, ${theirs.others} of the sink`);
      if (round < 0) continue;
      ours.push(mine.accepted / (mine.ms / 1000));
      plain.push(theirs.accepted / (theirs.ms / 1000));
      p99s.push(mine.p99);
    }
    const ratios = ours.map((value, at) => value / (plain[at] ?? Number.NaN));
    const ratio = percentile(ratios, 0.5);
    say(
      `durable ${percentile(ours, 0.5).toFixed(0)}/s, plain sink ${percentile(plain, 0.5).toFixed(0)}/s; ratios ${ratios.map((one) => one.toFixed(2)).join(' ')}`,
    );
    return {
      unit: 'webhooks/s',
      ours: percentile(ours, 0.5),
      peers: { 'a plain HMAC and JSON sink that keeps nothing': percentile(plain, 0.5) },
      limit: null,
      rounds,
      note: `${CONNECTIONS} connections, 2.9 kB; ${ratio.toFixed(2)} times the sink in the median round, of at least ${LIMIT}; answered p99 ${percentile(p99s, 0.5).toFixed(1)} ms`,
      within: ratio >= LIMIT,
      more: { ratio, ratioLimit: LIMIT, p99Ms: percentile(p99s, 0.5) },
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

type Sent = { readonly accepted: number; readonly others: number; readonly ms: number; readonly p99: number };

async function send(sender: Helper, order: { port: number; path: string; secret: string; from: string }): Promise<Sent> {
  sender.say(JSON.stringify({ ...order, connections: CONNECTIONS, ms: ROUND_MS }));
  return JSON.parse(await sender.line()) as Sent;
}
