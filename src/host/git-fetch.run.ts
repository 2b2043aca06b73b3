import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Problem } from '../kernel/problem.ts';
import type { Millis } from '../kernel/time.ts';
import { isCommitId, parseHeads, repositoryUrlFault, validRef, type Head } from './git.ts';
import { badRef, badRepositoryUrl, gitFailed, mirrorTooLarge, noSuchRepository, notAllowed, repositoryMoved } from './git.problems.ts';
import { runGit, type GitOptions } from './git.run.ts';

/** Every branch and tag, pruned to what the remote has. */
export const ALL_REFS = ['+refs/heads/*:refs/heads/*', '+refs/tags/*:refs/tags/*'] as const;

/** A first fetch brings the whole history; later ones bring what is new. */
const FIRST_MS: Millis = 30 * 60_000;
const NEXT_MS: Millis = 5 * 60_000;
const LOOK_MS: Millis = 500;
/** A first copy of a long history in bounded memory: one thread, and large files are streamed instead of held. */
const MODEST = [
  'pack.threads=1',
  'pack.windowMemory=64m',
  'core.bigFileThreshold=16m',
  'core.packedGitWindowSize=32m',
  'core.packedGitLimit=256m',
];

export type FetchOptions = GitOptions & {
  /** Bytes that the mirror may take on disk; what would take more is stopped and taken away again. */
  readonly diskLimit?: number;
};

/** Branches and tags of a remote repository, without fetching anything. */
export async function listRemoteHeads(url: string, options: GitOptions = {}): Promise<Head[]> {
  const args = ['ls-remote', '--end-of-options', checkedUrl(url), 'refs/heads/*', 'refs/tags/*'];
  const out = await runGit(null, args, options).catch((error: unknown) => explain(error, url));
  return parseHeads(out.toString('utf8'));
}

/** Brings the bare mirror at `dir` (made where it is missing) to what `url` holds under `refspecs`. */
export async function fetchMirror(
  dir: string,
  url: string,
  refspecs: readonly string[] = ALL_REFS,
  options: FetchOptions = {},
): Promise<void> {
  const from = checkedUrl(url);
  const first = !(await stat(join(dir, 'packed-refs')).catch(() => null)) && (await sizeOf(join(dir, 'objects'))) === 0;
  if (!(await stat(join(dir, 'HEAD')).catch(() => null))) {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await runGit(null, ['init', '--quiet', '--bare', '--template=', '--end-of-options', dir]);
  }
  await fetchWatched(dir, from, [...FETCH, '--prune'], refspecs, { timeoutMs: first ? FIRST_MS : NEXT_MS, ...options });
}

const FETCH = [
  '--quiet',
  '--no-tags',
  '--no-write-fetch-head',
  '--no-recurse-submodules',
  '--no-auto-maintenance',
  '--no-show-forced-updates',
];

/**
 * Brings one ref of `url` (`refs/pull/7/head`) or one commit by its id into a mirror, under a ref of ours that no pruning
 * and no garbage collection touches. Servers give commits by id where some ref of theirs still reaches them.
 */
export async function fetchOne(dir: string, url: string, what: string, as: string, options: FetchOptions = {}): Promise<void> {
  if (!isCommitId(what) && !validRef(what)) throw badRef({ ref: what.slice(0, 250) });
  await fetchWatched(dir, checkedUrl(url), FETCH, [`+${what}:${keepRef(as)}`], { timeoutMs: NEXT_MS, ...options });
}

/** Keeps a commit of a mirror for ever, whatever happens to the branch that it was on. */
export async function keepCommit(dir: string, commit: string): Promise<void> {
  if (!isCommitId(commit)) throw badRef({ ref: commit.slice(0, 250) });
  await runGit(dir, ['update-ref', keepRef(`commits/${commit}`), commit]);
}

/** A ref of ours, outside of what is fetched with pruning. */
export function keepRef(name: string): string {
  const ref = `refs/yardmaster/${name}`;
  if (!validRef(ref)) throw badRef({ ref: ref.slice(0, 250) });
  return ref;
}

async function fetchWatched(
  dir: string,
  from: string,
  flags: readonly string[],
  refspecs: readonly string[],
  options: FetchOptions,
): Promise<void> {
  const { diskLimit } = options;
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  let over = false;
  const look = async (): Promise<void> => {
    if (diskLimit === undefined || (await sizeOf(join(dir, 'objects'))) <= diskLimit) return;
    over = true;
    stop.abort();
  };
  const timer = setInterval(() => void look().catch(() => undefined), LOOK_MS);
  try {
    const settings = MODEST.flatMap((one) => ['-c', one]);
    await runGit(dir, [...settings, 'fetch', ...flags, '--end-of-options', from, ...refspecs], { ...options, signal });
    await look();
    if (over) throw mirrorTooLarge({ limit: diskLimit ?? 0 });
  } catch (error) {
    await removeUnfinished(dir);
    if (over) {
      // What is there already is more than it may be: it goes, so that the disk is not full of what can't be used.
      await rm(dir, { recursive: true, force: true });
      throw mirrorTooLarge({ limit: diskLimit ?? 0 });
    }
    explain(error, from);
  } finally {
    clearInterval(timer);
  }
}

/** Bytes of the files below a folder; what comes and goes meanwhile counts or not. */
async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  let size = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) size += await sizeOf(path);
    else size += (await stat(path).catch(() => null))?.size ?? 0;
  }
  return size;
}

/** A fetch that was killed leaves its half pack behind, which git never takes away by itself without gc. */
async function removeUnfinished(dir: string): Promise<void> {
  const packs = join(dir, 'objects', 'pack');
  for (const name of await readdir(packs).catch(() => [] as string[]))
    if (name.startsWith('tmp_')) await rm(join(packs, name), { force: true });
}

function checkedUrl(url: string): string {
  const why = repositoryUrlFault(url);
  if (why !== null) throw badRepositoryUrl({ url: url.slice(0, 200), why });
  return url;
}

/** What git says about a remote, as a problem that says what to do. */
function explain(error: unknown, url: string): never {
  if (!(error instanceof Problem) || error.code !== 'git.failed') throw error;
  const host = (URL.parse(url)?.host ?? '').slice(0, 200) || 'this machine';
  const said = error.sentence;
  if (/returned error: 30[1278]|redirect/i.test(said)) throw repositoryMoved({ host });
  if (
    /Authentication failed|could not read (?:Username|Password)|askpass|returned error: 40[13]|Permission denied|HTTP Basic: Access denied/i.test(
      said,
    )
  )
    throw notAllowed({ host });
  if (/returned error: 404|repository .* not found|does not (?:appear to be a git repository|exist)/i.test(said))
    throw noSuchRepository({ host });
  throw gitFailed({ command: 'fetch', why: said.replace(/^git [\w-]+ failed: /, '').replaceAll(/\/\/[^/@\s]*@/g, '//') });
}
