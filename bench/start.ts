import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile, type Benchmark } from './support/benchmark.ts';
import { makeInstance, root, run, type Process } from './support/instance.ts';

const LIMIT_MS = 1500;
const MEMORY_MIB = 150;
const IDLE_MS = 10_000;

/**
 * An existing instance that was stopped, from the start of its process until its first answered request; then what the
 * server process holds in memory (RSS) after ten seconds of rest. Beside it, in turn: Node that starts and imports `pg`
 * and one HTTP server, which is the least that any server of this kind needs.
 */
export const benchmark: Benchmark = async ({ rounds = 7, say }) => {
  const instance = await makeInstance();
  try {
    await instance.server().stop();
    const starts: number[] = [];
    const bare: number[] = [];
    for (let round = -1; round < rounds; round += 1) {
      const began = performance.now();
      const starting = instance.startServer();
      await answered(`${instance.url}/healthz`);
      const took = performance.now() - began;
      await (await starting).stop();
      const plain = await bareNode();
      if (round < 0) continue;
      starts.push(took);
      bare.push(plain);
    }
    const server = await instance.startServer();
    await answered(`${instance.url}/healthz`);
    const right = memoryOf(server);
    await sleep(IDLE_MS);
    const idle = memoryOf(server);
    const [p50, slowest] = [percentile(starts, 0.5), Math.max(...starts)];
    say(`start: p50 ${p50.toFixed(0)} ms, slowest ${slowest.toFixed(0)} ms`);
    say(
      `memory of the server process: ${idle.toFixed(0)} MiB idle after ${IDLE_MS / 1000} s (${right.toFixed(0)} MiB right after the start)`,
    );
    return {
      unit: 'ms',
      ours: p50,
      peers: { 'bare node with pg and http': percentile(bare, 0.5) },
      limit: LIMIT_MS,
      rounds,
      note: `median start of an existing instance to its first answer, slowest ${slowest.toFixed(0)} ms; idle memory ${idle.toFixed(0)} MiB of at most ${MEMORY_MIB} MiB`,
      within: p50 <= LIMIT_MS && idle <= MEMORY_MIB,
      more: { slowest, idleMiB: idle, idleLimitMiB: MEMORY_MIB },
    };
  } finally {
    await instance.close();
  }
};

async function answered(url: string): Promise<void> {
  const end = performance.now() + 60_000;
  while (performance.now() < end) {
    const response = await fetch(url, { headers: { connection: 'close' } }).catch(() => null);
    if (response?.status === 200) return;
    await sleep(2);
  }
  throw new Error(`${url} was not answered in 60 s`);
}

async function bareNode(): Promise<number> {
  const began = performance.now();
  const database = join(root, 'node_modules/pg/lib/index.js');
  const script = `require(${JSON.stringify(database)});require('node:http').createServer().listen(0,'127.0.0.1',()=>process.exit(0))`;
  await run(process.execPath, ['-e', script], { PATH: process.env['PATH'] ?? '' });
  return performance.now() - began;
}

/** Resident memory of the server process, in MiB; the database has processes of its own. */
function memoryOf({ child }: Process): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
