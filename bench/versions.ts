import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { percentile, type Benchmark } from './support/benchmark.ts';
import { makeHistory } from './support/history.ts';
import { root } from './support/instance.ts';

const [COMMITS, TAGS, LARGE] = [10_000, 1000, 100_000] as const;
const SHARE = 1 / 20;
const SLOW = ['git-cliff'];
const SECOND_MS = 30;
const MEMORY_MIB = 150;

/**
 * `npm run bench -- versions`, or with BENCH_REPO=/path/to/a/repository of that one: the next version and the whole notes,
 * beside `git log` (which only prints the same commits), conventional-changelog and git-cliff, in turn in one run. Then the
 * second call beside a Node that does nothing, and the memory at 100,000 commits.
 */
export const benchmark: Benchmark = async ({ rounds = 5, say }) => {
  const folder = mkdtempSync(join(tmpdir(), 'ym-versions-'));
  try {
    const given = process.env['BENCH_REPO'];
    const repo = given ?? join(folder, 'history.git');
    if (given === undefined) await makeHistory(repo, COMMITS, TAGS);
    const home = { PATH: process.env['PATH'] ?? '', HOME: folder, NO_COLOR: '1' };
    const node = (...args: string[]): Promise<string> => output(process.execPath, args, home);
    const ym = (...args: string[]): Promise<string> => node(join(root, 'bin/ym.mjs'), ...args, '--repo', repo, '--json');
    const cliff = join(root, 'node_modules/git-cliff-linux-x64/bin/git-cliff');
    const work: Record<string, () => Promise<string>> = {
      ours: async () => `${await ym('version', 'next', '--no-cache')}\n${await ym('notes', '--all', '--no-cache')}`,
      'git log': () => output('git', ['-C', repo, 'log', '-z', '--topo-order', '--format=%H%x00%P%x00%B'], home),
      'conventional-changelog': () => node(join(root, 'bench/support/conventional-changelog.mjs'), repo),
      ...(existsSync(cliff) ? { 'git-cliff': () => output(cliff, ['--repository', repo, '--workdir', folder], home) } : {}),
    };
    const { times, last } = await inTurn(work, rounds);
    const median = (name: string): number => percentile(times.get(name) ?? [], 0.5);
    const same = compare(last, say);
    const heap = await memory(folder, home, say);
    // A start of Node takes twice as long while something else runs, so the two take turns and the best of each is compared.
    const starts = { second: () => ym('version', 'next'), 'empty Node': () => node('-e', '0') };
    const best = bestOf((await inTurn(starts, Math.max(rounds * 6, 30))).times);
    const extra = best('second') - best('empty Node');
    const share = median('ours') / median('conventional-changelog');
    say(
      `second call: ${best('second').toFixed(0)} ms, an empty Node ${best('empty Node').toFixed(0)} ms: ${extra.toFixed(0)} ms more, at most ${SECOND_MS}`,
    );
    const peers = Object.fromEntries(
      ['git log', 'conventional-changelog', 'git-cliff'].filter((name) => times.has(name)).map((name) => [name, median(name)]),
    );
    return {
      unit: 'ms',
      ours: median('ours'),
      peers,
      limit: median('conventional-changelog') * SHARE,
      rounds,
      note: `next version and whole notes of ${given ?? `${COMMITS} commits and ${TAGS} tags`}, in two processes; ${(1 / share).toFixed(1)} times as fast as conventional-changelog`,
      within: share <= SHARE && extra <= SECOND_MS && heap <= MEMORY_MIB && same,
      more: { shareOfConventionalChangelog: share, secondCallMsOverEmptyNode: extra, peakMiBAt100000: heap },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

async function inTurn(work: Readonly<Record<string, () => Promise<string>>>, rounds: number) {
  const times = new Map<string, number[]>();
  const last = new Map<string, string>();
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, act] of Object.entries(work)) {
      // It takes minutes for some histories: once is enough to say so.
      if (SLOW.includes(name) && round > -1 && times.has(name)) continue;
      const began = performance.now();
      last.set(name, await act());
      if (round >= 0 || SLOW.includes(name)) times.set(name, [...(times.get(name) ?? []), performance.now() - began]);
    }
  }
  return { times, last };
}

function bestOf(times: ReadonlyMap<string, readonly number[]>): (name: string) => number {
  return (name) => Math.min(...(times.get(name) ?? [NaN]));
}

/** Whether all tell of the same commits. Others print seven digits of them, so that is what is compared. */
function compare(last: ReadonlyMap<string, string>, say: (line: string) => void): boolean {
  const all = (last.get('git log') ?? '')
    .split('\0')
    .filter((_, at) => at % 3 === 0)
    .filter((id) => id !== '');
  const [, changelog = ''] = (last.get('ours') ?? '').split('\n').filter((line) => line !== '');
  const { releases } = JSON.parse(changelog) as { releases: { others: number; sections: { entries: { commit: string }[] }[] }[] };
  const ours = new Set(
    releases.flatMap((one) => one.sections.flatMap((section) => section.entries.map((entry) => entry.commit.slice(0, 7)))),
  );
  const counted = ours.size + releases.reduce((sum, one) => sum + one.others, 0);
  const known = new Set(all.map((id) => id.slice(0, 7)));
  const told = (last.get('conventional-changelog') ?? '').matchAll(/\(?\[?([0-9a-f]{7,40})\b/g);
  const theirs = new Set([...told].map(([, id = '']) => id.slice(0, 7)).filter((id) => known.has(id)));
  const missing = [...theirs].filter((id) => !ours.has(id));
  const more = [...ours].filter((id) => !theirs.has(id));
  say(
    `commits: git log ${all.length}, ours accounts for ${counted}; told: ours ${ours.size}, conventional-changelog ${theirs.size}; only there ${missing.length}, only ours ${more.length}`,
  );
  for (const id of [...missing, ...more].slice(0, 5)) say(`  ${id}`);
  return counted === all.length && missing.length === 0 && more.length === 0;
}

/** The most memory that ours holds at 100,000 commits of which none is released, and for the notes of all of them. */
async function memory(folder: string, env: Readonly<Record<string, string>>, say: (line: string) => void): Promise<number> {
  const [bare, tagged] = [join(folder, 'bare.git'), join(folder, 'tagged.git')];
  await makeHistory(bare, LARGE, 0);
  await makeHistory(tagged, LARGE, TAGS);
  const peaks = [
    ['version next, nothing released', ['version', 'next', '--repo', bare]],
    ['notes of all', ['notes', '--all', '--repo', tagged]],
  ] as const;
  let most = 0;
  for (const [what, args] of peaks) {
    const began = performance.now();
    const script = ['--import', join(root, 'bench/support/peak.mjs'), join(root, 'bin/ym.mjs'), ...args, '--json', '--no-cache'];
    const done = spawnSync(process.execPath, script, { env: { ...env }, encoding: 'utf8', maxBuffer: 1024 ** 3 });
    const peak = Number(/peak ([\d.]+)/.exec(done.stderr)?.[1] ?? NaN);
    say(
      `${LARGE} commits, ${what}: ${peak} MiB, ${((performance.now() - began) / 1000).toFixed(1)} s, ${(done.stdout.length / 1e6).toFixed(0)} MB of answer`,
    );
    most = Math.max(most, Number.isNaN(peak) || done.status !== 0 ? Infinity : peak);
  }
  return most;
}

function output(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, [...args], { env, maxBuffer: 1024 ** 3 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command} ended with ${String(error.code)}: ${stderr.slice(0, 2000)}`));
    });
  });
}
