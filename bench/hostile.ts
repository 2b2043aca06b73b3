import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Benchmark } from './support/benchmark.ts';

const MOST_MIB = 100;
const MOST_MS = 1000;
const KINDS = ['archives', 'parsers-json', 'parsers-xml', 'parsers-yaml', 'regex'] as const;
const CORPUS = process.env['YARDMASTER_CORPUS'] ?? join(import.meta.dirname, '../../shared/corpus');

type Told = { readonly ms: number; readonly cpuMs: number; readonly roseMiB: number; readonly peakMiB: number };
type Row = Told & { readonly name: string };

/**
 * Hostile archives, JSON, XML, YAML and regular expressions, of the corpus and made here, read one after another by a
 * process of its own as the product reads them. Of each: how far resident memory rose (the kernel's peak, counted anew for
 * each file) and the work done in processor time, which other programs on the machine do not lengthen.
 */
export const benchmark: Benchmark = async ({ say }) => {
  const child = reader();
  const rows: Row[] = [];
  try {
    const made = JSON.parse(await child.ask(['names'])) as string[];
    const orders = made.map((file) => ({ kind: 'made', file }));
    for (const kind of KINDS) {
      const folder = join(CORPUS, kind);
      if (!existsSync(folder)) say(`${kind}: no corpus at ${folder}, only what is made here`);
      else
        for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
          if (entry.isFile()) orders.push({ kind, file: join(entry.parentPath, entry.name) });
    }
    for (const order of orders)
      rows.push({
        name: order.kind === 'made' ? order.file : `${order.kind}/${order.file.split('/').at(-1)}`,
        ...(await child.read(order)),
      });
  } finally {
    child.stop();
  }
  const by = (key: 'roseMiB' | 'cpuMs'): Row[] => rows.toSorted((one, other) => other[key] - one[key]);
  say(`${rows.length} files; most memory:`);
  for (const row of by('roseMiB').slice(0, 5)) say(`  ${row.roseMiB.toFixed(1)} MiB (process ${row.peakMiB.toFixed(0)})  ${row.name}`);
  say('most work:');
  for (const row of by('cpuMs').slice(0, 5)) say(`  ${row.cpuMs.toFixed(0)} ms  ${row.name}`);
  const [memory, work] = [by('roseMiB')[0]?.roseMiB ?? 0, by('cpuMs')[0]?.cpuMs ?? 0];
  return {
    unit: 'MiB',
    ours: memory,
    peers: {},
    limit: MOST_MIB,
    rounds: 1,
    note: `the most that one of ${rows.length} hostile files made memory rise; the most work of one was ${work.toFixed(0)} ms, of at most ${MOST_MS}`,
    within: memory < MOST_MIB && work < MOST_MS,
    more: { cpuMs: work, files: rows.length },
  };
};

type Reader = { ask(args: readonly string[]): Promise<string>; read(order: { kind: string; file: string }): Promise<Told>; stop(): void };

function reader(): Reader {
  const file = join(import.meta.dirname, 'support/hostile-child.ts');
  let child: ChildProcess | null = null;
  let lines: AsyncIterator<string> | null = null;
  const start = (args: readonly string[]): Interface => {
    child = spawn(process.execPath, ['--expose-gc', '--max-semi-space-size=4', file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    return createInterface({ input: child.stdout as NodeJS.ReadableStream });
  };
  const next = async (from: AsyncIterator<string>): Promise<string> => {
    const { value, done } = await from.next();
    if (done === true) throw new Error('the reading process ended: a hostile file brought it down');
    return value;
  };
  return {
    ask: (args) => next(start(args)[Symbol.asyncIterator]()),
    async read(order) {
      lines ??= start([])[Symbol.asyncIterator]();
      child?.stdin?.write(`${JSON.stringify(order)}\n`);
      try {
        return JSON.parse(await next(lines)) as Told;
      } catch (error) {
        throw new Error(`${order.file}: ${(error as Error).message}`, { cause: error });
      }
    },
    stop: () => void child?.kill(),
  };
}
