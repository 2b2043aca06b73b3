import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ARCHIVE_LIMITS } from '../src/host/archive-names.ts';
import { readTar } from '../src/host/archive.read.ts';
import type { Digest } from '../src/kernel/digest.ts';
import { openBlobStore } from '../src/platform/blobs/disk.system.ts';
import { percentile, type Benchmark } from './support/benchmark.ts';

const BIG = 1024 ** 3;
const FILES = 10_000;
const MOST = { big: 0.5, folder: 1, blobs: 1, again: 0.3 };
const CHILD = join(import.meta.dirname, 'support/store-child.ts');

type Kind =
  | 'ours big'
  | 'borg big'
  | 'sha256sum big'
  | 'dd big'
  | 'ours folder'
  | 'ours blobs'
  | 'borg folder'
  | 'restic folder'
  | 'ours again'
  | 'restic again';

/**
 * The store beside borg (no compression, no encryption), restic and sha256sum, in turn in one run, each act a process of its
 * own, durable when it ends: a file of 1 GiB, a folder of 10,000 files (as one archive, which is what an artifact is, and as
 * 10,000 blobs), and the same folder again. What we stored is read back and compared.
 */
export const benchmark: Benchmark = async ({ rounds = 3, say }) => {
  const missing = ['borg', 'restic'].filter((name) => !found(name));
  if (missing.length > 0) throw new Error(`${missing.join(' and ')} not found: apt-get install borgbackup restic`);
  const folder = mkdtempSync(join(tmpdir(), 'ym-store-'));
  try {
    const [tree, big] = [join(folder, 'tree'), join(folder, 'big')];
    const bytes = makeTree(tree);
    makeBig(big);
    // fs/ext4/ialloc.c, recently_deleted(): an inode is not used again for up to five minutes after it was freed.
    say('on ext4 make sure that nobody removed many files on this disk within the last five minutes: new ones are slow to make then');
    say(`${FILES} files of ${(bytes / 1024 ** 2).toFixed(0)} MiB together, and one of 1024 MiB; ${rounds} rounds, medians`);
    const times = new Map<Kind, number[]>();
    const last = { big: '', folder: '', again: '', blobs: [] as string[] };
    for (let round = 0; round < rounds; round += 1) {
      const env = {
        PATH: process.env['PATH'] ?? '',
        HOME: join(folder, `home-${round}`),
        RESTIC_PASSWORD: 'bench',
        // As the shipped program does: it is compiled once, not in each run.
        NODE_COMPILE_CACHE: join(folder, 'compiled'),
        BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: 'yes',
      };
      mkdirSync(env.HOME);
      const at = (name: string): string => join(env.HOME, name);
      const run = (command: string, args: readonly string[]): Promise<string> => output(command, args, env);
      const timed = async (kind: Kind, command: string, args: readonly string[]): Promise<string> => {
        // What others wrote before must not be waited for here.
        execFileSync('sync');
        const began = performance.now();
        const said = await run(command, args);
        times.set(kind, [...(times.get(kind) ?? []), performance.now() - began]);
        return said.trim();
      };
      await run('borg', ['init', '-e', 'none', at('borg')]);
      await run('restic', ['-q', '-r', at('restic'), 'init']);
      const acts = [
        async () => void (last.big = await timed('ours big', process.execPath, [CHILD, 'file', at('store'), big])),
        () => timed('borg big', 'borg', ['create', '-C', 'none', `${at('borg')}::big`, big]),
        () => timed('sha256sum big', 'sha256sum', [big]),
        () => timed('dd big', 'dd', [`if=${big}`, `of=${at('copy')}`, 'bs=1M', 'conv=fsync', 'status=none']),
        async () => void (last.folder = await timed('ours folder', process.execPath, [CHILD, 'folder', at('store'), tree])),
        () => timed('borg folder', 'borg', ['create', '-C', 'none', `${at('borg')}::tree`, tree]),
        () => timed('restic folder', 'restic', ['-q', '-r', at('restic'), 'backup', tree]),
        async () => void (last.blobs = (await timed('ours blobs', process.execPath, [CHILD, 'blobs', at('blobs'), tree])).split('\n')),
        () => timed('restic again', 'restic', ['-q', '-r', at('restic'), 'backup', tree]),
        async () => void (last.again = await timed('ours again', process.execPath, [CHILD, 'folder', at('store'), tree])),
      ];
      for (const act of acts) await act();
      // Nothing is removed before the end: ext4 looks through inodes that were freed in the last minutes whenever a file is made.
      await readBack(env.HOME, last, { tree, big });
    }
    return verdict(times, rounds, say);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

function verdict(times: ReadonlyMap<Kind, readonly number[]>, rounds: number, say: (line: string) => void): Awaited<ReturnType<Benchmark>> {
  const p50 = (kind: Kind): number => percentile(times.get(kind) ?? [], 0.5);
  // Each round's own ratio: what else the machine does falls on neighbours alike.
  const ratio = (ours: Kind, theirs: Kind): number =>
    percentile(
      (times.get(ours) ?? []).map((ms, at) => ms / (times.get(theirs)?.[at] ?? Number.NaN)),
      0.5,
    );
  const rows = [
    { what: '1 GiB in one file', ours: 'ours big', peer: 'borg big', most: MOST.big },
    { what: '10,000 files as one archive', ours: 'ours folder', peer: 'borg folder', most: MOST.folder },
    { what: '10,000 files as 10,000 blobs', ours: 'ours blobs', peer: 'borg folder', most: MOST.blobs },
    { what: 'the same folder again', ours: 'ours again', peer: 'restic again', most: MOST.again },
  ] as const;
  for (const { what, ours, peer, most } of rows)
    say(
      `${what}: ${p50(ours).toFixed(0)} ms, ${peer.split(' ')[0]} ${p50(peer).toFixed(0)} ms: ${ratio(ours, peer).toFixed(2)} of it, at most ${most}`,
    );
  say(
    `beside: sha256sum of the 1 GiB ${p50('sha256sum big').toFixed(0)} ms, a plain durable copy of it (dd) ${p50('dd big').toFixed(0)} ms; restic's first time of the folder ${p50('restic folder').toFixed(0)} ms`,
  );
  return {
    unit: 'ms',
    ours: p50('ours big'),
    peers: { 'borg create, no compression': p50('borg big'), sha256sum: p50('sha256sum big'), 'dd, synced': p50('dd big') },
    limit: p50('borg big') * MOST.big,
    rounds,
    note: '1 GiB, durable; everything was read back and is the same',
    within: rows.every(({ ours, peer, most }) => ratio(ours, peer) <= most),
    more: Object.fromEntries(
      rows.flatMap(({ ours, peer }) => [
        [`${ours}Ms`, p50(ours)],
        [`${peer}Ms`, p50(peer)],
        [`${ours}Ratio`, ratio(ours, peer)],
      ]),
    ),
  };
}

/** Reads what was stored, and compares every file with its source; throws where anything differs. */
async function readBack(
  home: string,
  last: { big: string; folder: string; again: string; blobs: readonly string[] },
  from: { tree: string; big: string },
): Promise<void> {
  const store = await openBlobStore(join(home, 'store'));
  if (last.again !== last.folder) throw new Error('the same folder has another digest the second time');
  if ((await digestOf(await store.open(last.big as Digest))) !== (await digestOf(createReadStream(from.big))))
    throw new Error('the large file came back changed');
  const files = new Map<string, string>();
  for await (const entry of readTar(await store.open(last.folder as Digest), ARCHIVE_LIMITS))
    if (entry.type === '0') files.set(entry.name, await digestOf(entry.bytes));
  const blobs = await openBlobStore(join(home, 'blobs'));
  const stored = new Set(last.blobs);
  for (const name of readdirSync(from.tree, { recursive: true }) as string[]) {
    if (!/f\d+$/.test(name)) continue;
    const wanted = createHash('sha256')
      .update(readFileSync(join(from.tree, name)))
      .digest('hex');
    if (files.get(name) !== wanted) throw new Error(`${name} came back changed`);
    files.delete(name);
    if (!stored.has(`sha256:${wanted}`) || (await digestOf(await blobs.open(`sha256:${wanted}`))) !== wanted)
      throw new Error(`${name} is not its blob`);
  }
  if (files.size > 0 || stored.size !== FILES) throw new Error('more or less came back than was stored');
}

async function digestOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of bytes) hash.update(chunk);
  return hash.digest('hex');
}

/** Files of 1 byte to about 20 kB, all different and the same in every run, in a hundred folders. Answers their bytes. */
function makeTree(folder: string): number {
  const next = noise(1);
  const source = Buffer.alloc(32 * 1024 + FILES);
  for (let at = 0; at < source.length; at += 4) source.writeUInt32LE(next(), at & ~3);
  let all = 0;
  for (let at = 0; at < FILES; at += 1) {
    const place = join(folder, `d${at % 100}`);
    if (at < 100) mkdirSync(place, { recursive: true });
    const bytes = Buffer.from(source.subarray(at, at + 1 + (next() % 20_130)));
    for (let byte = 0; byte + 4 <= bytes.length; byte += 64) bytes.writeUInt32LE(next(), byte);
    const whole = Buffer.concat([bytes, Buffer.from(String(at))]);
    writeFileSync(join(place, `f${at}`), whole);
    all += whole.length;
  }
  return all;
}

function makeBig(path: string): void {
  const next = noise(2);
  const block = Buffer.alloc(1024 ** 2);
  for (let at = 0; at < block.length; at += 4) block.writeUInt32LE(next(), at);
  const file = openSync(path, 'w');
  for (let done = 0; done < BIG; done += block.length) {
    // No block is like another, and none can be made smaller: nobody saves by finding the same bytes twice.
    for (let at = 0; at < block.length; at += 32) block.writeUInt32LE(next(), at);
    writeSync(file, block);
  }
  closeSync(file);
}

/** Numbers below 2^32, the same in every run (xorshift, Marsaglia 2003). */
function noise(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

function found(name: string): boolean {
  try {
    execFileSync(name, [name === 'restic' ? 'version' : '--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function output(command: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, [...args], { env, maxBuffer: 64 * 1024 ** 2 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command} ended with ${String(error.code)}: ${stderr.slice(0, 2000)}`));
    });
  });
}
