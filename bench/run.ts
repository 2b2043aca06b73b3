import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Benchmark, Measured } from './support/benchmark.ts';

/**
 * `npm run bench -- NAME [--json] [--rounds N]` runs bench/NAME.ts, prints its table, and ends with 0 where it stays
 * within its limit, 1 where it does not. With `--json` the last line is one object, see `Measured`.
 */
const folder = import.meta.dirname;
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
  .map((file) => file.slice(0, -3));
const usage = `usage: npm run bench -- NAME [--json] [--rounds N]   (NAME: ${names.join(', ')})\n`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, rounds: { type: 'string' } },
  });
  const [name = ''] = positionals;
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (!names.includes(name) || !existsSync(join(folder, `${name}.ts`)) || (rounds !== undefined && !(rounds >= 1 && rounds <= 100_000))) {
    process.stderr.write(usage);
    return 2;
  }
  const { benchmark } = (await import(join(folder, `${name}.ts`))) as { benchmark: Benchmark };
  const say = (line: string): void => void (values.json ? process.stderr : process.stdout).write(`${line}\n`);
  const measured = await benchmark({ rounds, say });
  const ratios = Object.fromEntries(Object.entries(measured.peers).map(([peer, value]) => [peer, round(measured.ours / value)]));
  say(`${name}: ${round(measured.ours)} ${measured.unit}, limit ${measured.limit ?? 'none'}; ${measured.note}`);
  for (const [peer, value] of Object.entries(measured.peers)) say(`  beside ${peer}: ${round(value)} (ours is ${ratios[peer]} times that)`);
  if (values.json) process.stdout.write(`${JSON.stringify(asJson(name, measured, ratios))}\n`);
  return measured.within ? 0 : 1;
}

function asJson(name: string, measured: Measured, ratios: Readonly<Record<string, number>>): Record<string, unknown> {
  const { unit, ours, peers, limit, rounds, note, within, more } = measured;
  const peerValues = Object.fromEntries(Object.entries(peers).map(([peer, value]) => [peer, round(value)]));
  return { name, unit, ours: round(ours), peers: peerValues, limit, ratios, rounds, note, within, ...more };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

process.exit(await main());
