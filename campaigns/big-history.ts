import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ALL_REFS, fetchMirror } from '../src/host/git-fetch.run.ts';
import { listHeads, readCommits } from '../src/host/git.run.ts';
import { Problem } from '../src/kernel/problem.ts';
import { startGitServer } from '../src/testing/git-server.ts';

/**
 * A repository with a history of 2 GB (2,000 commits of 1 MiB that nothing compresses; `--brief`: 200) behind git's own
 * http-backend, read as the sources read: all of it within memory that does not grow with the history; a push after it in a
 * moment; and one byte too many for the disk that it may take is the clear problem, with nothing left behind.
 */
const BLOB = 1024 ** 2;
const MIB = 1024 ** 2;
const OURS_MOST_MIB = 100;
const GIT_MOST_MIB = 300;
const brief = process.env['CAMPAIGN_BRIEF'] === '1';
const COMMITS = brief ? 200 : 2000;
const GIT_ENV = { PATH: process.env['PATH'] ?? '', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };

let root: string | null = null;

export const campaign = {
  name: 'big-history',
  async run(_seed: number): Promise<void> {
    root ??= mkdtempSync(join(tmpdir(), 'ym-big-history-'));
    const { bavail, bsize } = statfsSync(root);
    const needed = COMMITS * BLOB * 3;
    if (bavail * bsize < needed)
      throw new Error(`${Math.ceil(needed / MIB)} MiB of disk are needed, and ${Math.floor((bavail * bsize) / MIB)} are free`);
    const bare = join(root, 'big.git');
    if (!readdirSync(root).includes('big.git')) await make(bare);
    const server = await startGitServer(root, { open: () => true });
    const url = `${server.url}/big.git`;
    const mirror = join(root, 'mirror');
    const environment = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
    try {
      const first = await measured('first copy', () => fetchMirror(mirror, url, ALL_REFS, { environment }));
      const heads = await listHeads(mirror);
      const there = git(bare, 'rev-parse', 'refs/heads/main');
      if (heads.find(({ ref }) => ref === 'refs/heads/main')?.commit !== there) throw new Error('the copy has another head');
      const commits = await measured('its commits', () => readCommits(mirror, { all: true, limit: 20_000 }));
      if (commits.result.length !== COMMITS) throw new Error(`${commits.result.length} of ${COMMITS} commits were read`);
      await grow(bare, 'refs/heads/main', 1, COMMITS + 1);
      const next = await measured('a push after it', () => fetchMirror(mirror, url, ALL_REFS, { environment }));
      rmSync(mirror, { recursive: true, force: true });
      const diskLimit = (COMMITS * BLOB) / 4;
      const refused = await measured('over its disk', () =>
        fetchMirror(mirror, url, ALL_REFS, { environment, diskLimit }).then(
          () => null,
          (error: unknown) => error,
        ),
      );
      if (!(refused.result instanceof Problem) || refused.result.code !== 'git.mirror-too-large')
        throw new Error(`too large a history ended in ${String(refused.result)}`);
      if (readdirSync(root).includes('mirror')) throw new Error('what was too large was left on the disk');
      if (next.seconds > Math.max(5, first.seconds / 4))
        throw new Error(`a push took ${next.seconds.toFixed(1)} s after a copy of ${first.seconds.toFixed(1)} s`);
      for (const one of [first, commits, next, refused]) {
        if (one.ours > OURS_MOST_MIB) throw new Error(`our process took ${one.ours} MiB more for ${one.what}, of ${OURS_MOST_MIB}`);
        if (one.git > GIT_MOST_MIB) throw new Error(`git took ${one.git} MiB for ${one.what}, of ${GIT_MOST_MIB}`);
      }
    } finally {
      await server.close();
      rmSync(mirror, { recursive: true, force: true });
    }
  },
  async end(): Promise<void> {
    if (root !== null) rmSync(root, { recursive: true, force: true });
    root = null;
  },
};

type Measured<Result> = {
  readonly what: string;
  readonly result: Result;
  readonly seconds: number;
  readonly ours: number;
  readonly git: number;
};

/** How long it takes, by how much our process grows, and the most that git's processes of the reading side hold together (private memory, MiB). */
async function measured<Result>(what: string, work: () => Promise<Result>): Promise<Measured<Result>> {
  const before = process.memoryUsage.rss();
  const began = performance.now();
  let [ours, most, over] = [0, 0, false];
  const watching = (async () => {
    while (!over) {
      ours = Math.max(ours, process.memoryUsage.rss() - before);
      most = Math.max(most, privateOfGit());
      await sleep(200);
    }
  })();
  const result = await work();
  const seconds = (performance.now() - began) / 1000;
  over = true;
  await watching;
  const found = { what, result, seconds, ours: Math.round(ours / MIB), git: Math.round(most / MIB) };
  process.stdout.write(`  ${what}: ${seconds.toFixed(1)} s, our process +${found.ours} MiB, git ${found.git} MiB\n`);
  return found;
}

/** Anonymous memory of the git processes below this one, but for the server's: mapped packs can be given back at any time. */
function privateOfGit(): number {
  const children = new Map<number, { parent: number; name: string; anonymous: number }>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const value = (name: string): string => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? '';
      children.set(Number(pid), { parent: Number(value('PPid')), name: value('Name'), anonymous: Number(value('RssAnon')) * 1024 });
    } catch {
      // It ended meanwhile.
    }
  }
  const servers = new Set(['git-http-backen', 'git-upload-pack']);
  const isOurs = (pid: number): boolean => {
    const one = children.get(pid);
    if (one === undefined || servers.has(one.name)) return false;
    return one.parent === process.pid || isOurs(one.parent);
  };
  let sum = 0;
  for (const [pid, { name, anonymous }] of children) if (name.startsWith('git') && isOurs(pid)) sum += anonymous;
  return sum;
}

async function make(bare: string): Promise<void> {
  const began = performance.now();
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', bare], { env: GIT_ENV });
  git(bare, 'config', 'core.compression', '0');
  git(bare, 'config', 'uploadpack.allowFilter', 'true');
  await grow(bare, 'refs/heads/main', COMMITS, 1);
  process.stdout.write(
    `  a history of ${((COMMITS * BLOB) / 1e9).toFixed(2)} GB was made in ${((performance.now() - began) / 1000).toFixed(1)} s\n`,
  );
}

/** Commits of one file of random bytes each, by git fast-import; never more than one of them in memory. */
async function grow(bare: string, ref: string, count: number, from: number): Promise<void> {
  const child = spawn('git', ['-C', bare, 'fast-import', '--quiet', '--force', '--big-file-threshold=64k'], {
    env: GIT_ENV,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  const write = async (bytes: string | Buffer): Promise<void> => {
    if (!child.stdin.write(bytes)) await once(child.stdin, 'drain');
  };
  for (let at = 0; at < count; at += 1) {
    const message = `feat: change ${from + at}`;
    await write(`commit ${ref}\ncommitter Bo <bo@example.org> ${1_700_000_000 + from + at} +0000\ndata ${message.length}\n${message}\n`);
    if (at === 0 && from > 1) await write(`from ${ref}^0\n`);
    await write(`M 100644 inline file-${(from + at) % 50}.bin\ndata ${BLOB}\n`);
    await write(randomBytes(BLOB));
    await write('\n');
  }
  child.stdin.end();
  const [code] = (await once(child, 'exit')) as [number];
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`);
}

function git(bare: string, ...args: string[]): string {
  return execFileSync('git', ['-C', bare, ...args], { env: GIT_ENV, encoding: 'utf8' }).trim();
}
