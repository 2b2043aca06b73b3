import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/**
 * `npm run campaign -- NAME --seeds N [--from K]` runs the long test campaigns/NAME.ts on N seeds, first those that
 * ever failed; `--seed K` repeats one; `--brief` shortens waits for a sample. The last line is `N passed, N failed`; the exit code says whether all passed.
 */
type Campaign = {
  /** Throws where something that must hold did not. */
  readonly run: (seed: number) => Promise<void>;
  /** Ends what the seeds shared. */
  readonly end?: () => Promise<void>;
};

const folder = import.meta.dirname;
const failedFile = join(folder, 'failed-seeds.json');
const usage =
  'usage: npm run campaign -- NAME --seeds N [--from K] [--brief] | --seed K   (NAME: big-history, checker, ci-backfill, crash, forge-orders, live-viewers, promotions, restore, signatures, tamper, two-servers, upgrade, webhooks)\n';

async function load(name: string | undefined): Promise<Campaign> {
  if (name === undefined || !/^[a-z][a-z-]*$/.test(name) || name === 'run' || !existsSync(join(folder, `${name}.ts`))) {
    process.stderr.write(usage);
    process.exit(2);
  }
  const module = (await import(join(folder, `${name}.ts`))) as { campaign?: Campaign } & Partial<Campaign>;
  const found = module.campaign ?? module;
  if (typeof found.run !== 'function') throw new Error(`campaigns/${name}.ts exports no campaign`);
  return found as Campaign;
}

function seedsOf(name: string, values: { seeds?: string; from?: string; seed?: string }): number[] {
  const whole = (text: string): number => {
    if (!/^\d{1,9}$/.test(text)) {
      process.stderr.write(usage);
      process.exit(2);
    }
    return Number(text);
  };
  if (values.seed !== undefined) return [whole(values.seed)];
  const from = whole(values.from ?? '1');
  const count = whole(values.seeds ?? '10');
  const asked = Array.from({ length: count }, (_, at) => from + at);
  return [...new Set([...(known()[name] ?? []), ...asked])];
}

function known(): Record<string, number[]> {
  return JSON.parse(readFileSync(failedFile, 'utf8')) as Record<string, number[]>;
}

function remember(name: string, seed: number): void {
  const all = known();
  const seeds = [...new Set([...(all[name] ?? []), seed])].sort((one, other) => one - other);
  writeFileSync(failedFile, `${JSON.stringify({ ...all, [name]: seeds }, null, 2)}\n`);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { seeds: { type: 'string' }, from: { type: 'string' }, seed: { type: 'string' }, brief: { type: 'boolean' } },
  });
  // Read by campaigns whose waits can be shorter in a sample.
  if (values.brief === true) process.env['CAMPAIGN_BRIEF'] = '1';
  // A number is the first seed; a name is the release that an upgrade begins from.
  if (values.from !== undefined && !/^\d{1,9}$/.test(values.from)) {
    process.env['CAMPAIGN_REF'] = values.from;
    delete values.from;
  }
  const [name = ''] = positionals;
  const campaign = await load(positionals[0]);
  const failed: number[] = [];
  let passed = 0;
  const seeds = seedsOf(name, values);
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopped.abort());
  try {
    for (const seed of seeds) {
      if (stopped.signal.aborted) break;
      const began = performance.now();
      try {
        await campaign.run(seed);
        passed += 1;
        process.stdout.write(`passed: ${name} seed ${seed} (${((performance.now() - began) / 1000).toFixed(1)} s)\n`);
      } catch (error) {
        failed.push(seed);
        remember(name, seed);
        process.stdout.write(`FAILED: ${name} seed ${seed}: ${error instanceof Error ? error.message : String(error)}\n`);
        process.stdout.write(`        repeat it with: npm run campaign -- ${name} --seed ${seed}\n`);
      }
    }
  } finally {
    await campaign.end?.();
  }
  // Seeds that a signal left out were not shown to hold.
  const left = seeds.length - passed - failed.length;
  if (left > 0) process.stdout.write(`${left} seeds were not run\n`);
  process.stdout.write(`${passed} passed, ${failed.length + left} failed\n`);
  return failed.length + left === 0 && passed > 0 ? 0 : 1;
}

process.exit(await main());
