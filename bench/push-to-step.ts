import { createHmac, randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile, type Benchmark } from './support/benchmark.ts';
import { commit, makeInstance, makeRepository, run, startRunner, type Instance } from './support/instance.ts';

const P50_MS = 150;
const P95_MS = 400;
const WARM_UP = 5;

/**
 * A signed webhook after a push, until the first thing that the run's first step does: the script itself writes the
 * time of day to a file. Server, runner, git and PostgreSQL are real processes. The floor beside it, in turn: a plain
 * `git clone` of the same repository and `sh` in it doing the same.
 */
export const benchmark: Benchmark = async ({ rounds = 60, say }) => {
  const instance = await makeInstance();
  try {
    const stamps = join(instance.folder, 'stamps');
    mkdirSync(stamps);
    // Started by root, the runner becomes another user.
    chmodSync(stamps, 0o777);
    const repository = join(instance.folder, 'repository');
    await makeRepository(repository, files(stamps));
    const hook = await watched(instance, repository);
    await startRunner(instance, '--executor', 'host');
    const ours: number[] = [];
    const floor: number[] = [];
    for (let round = -WARM_UP; round < rounds; round += 1) {
      writeFileSync(join(repository, 'round'), `${round}`);
      await commit(repository, `feat: round ${round}`);
      const took = await pushToStep(instance, hook, stamps, round);
      await quiet(instance);
      const plain = await cloneToStep(instance, repository, stamps);
      if (round < 0) continue;
      ours.push(took);
      floor.push(plain);
    }
    const [p50, p95] = [percentile(ours, 0.5), percentile(ours, 0.95)];
    say(`push to first step: p50 ${p50.toFixed(0)} ms, p95 ${p95.toFixed(0)} ms, slowest ${Math.max(...ours).toFixed(0)} ms`);
    return {
      unit: 'ms',
      ours: p50,
      peers: { 'git clone and sh': percentile(floor, 0.5) },
      limit: P50_MS,
      rounds,
      note: `median from the signed webhook to the step's own first action; p95 ${p95.toFixed(0)} ms of at most ${P95_MS} ms`,
      within: p50 <= P50_MS && p95 <= P95_MS,
      more: { p95, p95Limit: P95_MS, floorP95: percentile(floor, 0.95) },
    };
  } finally {
    await instance.close();
  }
};

/** A small repository with a pipeline whose first act is to write down when it was. */
function files(stamps: string): Record<string, string> {
  const source = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [`src/file-${at}.js`, `export const n${at} = ${at};\n`.repeat(40)]),
  );
  return {
    ...source,
    'stamp.sh': `date +%s%N > "${stamps}/$1.new" && mv "${stamps}/$1.new" "${stamps}/$1"\n`,
    '.yardmaster/pipeline.yaml': 'jobs: {build: {steps: [{shell: sh, run: sh stamp.sh "$(cat round)"}]}}\n',
    round: 'none',
  };
}

type Hook = { readonly path: string; readonly secret: string };

async function watched(instance: Instance, repository: string): Promise<Hook> {
  const catalog = join(instance.folder, 'yardmaster.yaml');
  writeFileSync(catalog, `teams: {crew: {title: Crew}}\nservices:\n  clock: {team: crew, tier: 3, repository: file://${repository}}\n`);
  await instance.ym('apply', '--file', catalog, '--yes', '--json');
  // The first look at a repository starts no run; it must be over before pushes count.
  await until('the first look', async () => (await instance.call('GET', '/v1/runs'))['items'] !== undefined);
  await sleep(1500);
  return (await instance.call('POST', '/v1/services/clock/hook')) as Hook;
}

async function pushToStep(instance: Instance, hook: Hook, stamps: string, round: number): Promise<number> {
  const body = JSON.stringify({ ref: 'refs/heads/main', round });
  const signature = createHmac('sha256', hook.secret).update(body).digest('hex');
  const headers = { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${signature}`, 'x-github-delivery': randomUUID() };
  const began = now();
  const response = await fetch(instance.url + hook.path, { method: 'POST', body, headers });
  if (response.status !== 202) throw new Error(`the webhook was answered ${response.status}: ${await response.text()}`);
  return (await stampOf(join(stamps, String(round)))) - began;
}

async function cloneToStep(instance: Instance, repository: string, stamps: string): Promise<number> {
  const clone = join(instance.folder, 'clone');
  rmSync(clone, { recursive: true, force: true });
  const began = now();
  await run('git', ['clone', '-q', '--depth', '1', `file://${repository}`, clone], {
    PATH: process.env['PATH'] ?? '',
    HOME: instance.folder,
  });
  await run('sh', ['-c', `cd "${clone}" && sh stamp.sh plain`], { PATH: process.env['PATH'] ?? '' });
  const file = join(stamps, 'plain');
  const took = (await stampOf(file)) - began;
  rmSync(file);
  return took;
}

/** Waits for the end of what runs, so that one round does not slow the next. */
async function quiet(instance: Instance): Promise<void> {
  await until('the run to end', async () => {
    const { items } = (await instance.call('GET', '/v1/runs?limit=1')) as { items: { state: string; finishedAt: string | null }[] };
    const [last] = items;
    if (last !== undefined && last.finishedAt !== null && last.state !== 'succeeded') throw new Error(`a run ended ${last.state}`);
    return last?.finishedAt != null;
  });
}

/** The time that the step wrote, in ms since the epoch. */
async function stampOf(file: string): Promise<number> {
  let text = '';
  await until(`a step to write ${file}`, async () => {
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      return false;
    }
    return true;
  });
  return Number(BigInt(text.trim()) / 1000n) / 1000;
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await sleep(4);
  }
}

/** Now, in ms since the epoch with fractions, as the clock of `date` has it. */
function now(): number {
  return performance.timeOrigin + performance.now();
}
