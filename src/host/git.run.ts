import { spawn, type ChildProcess } from 'node:child_process';
import { COMMIT_FORMAT, isCommitId, parseCommits, validRef } from './git.ts';
import type { Commit, Head, Tag } from './git.ts';
import { gitArguments, gitEnvironment } from './git-command.system.ts';
import { badRef, gitFailed, gitMissing, gitTimeout, gitTooMuch, noSuchRef } from './git.problems.ts';

/**
 * Git as a child process. Always an argument array, never a shell; what a stranger may have chosen stands behind
 * `--end-of-options` or is a validated ref, path or commit id. The environment is built, not inherited.
 */
export type GitOptions = {
  readonly timeoutMs?: number;
  /** Bytes of standard output that are accepted. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
  readonly input?: string;
  /** Beyond what git always gets: how it reaches one repository (`gitReach`). Never in arguments, which every user of a machine sees. */
  readonly environment?: Readonly<Record<string, string>>;
};

const DEFAULT_TIMEOUT = 60_000;
const DEFAULT_LIMIT = 64 * 1024 * 1024;
const ERROR_TEXT = 4000;

function start(dir: string | null, args: readonly string[], environment: Readonly<Record<string, string>> = {}): ChildProcess {
  // Its own process group, so that ending it ends its transport helpers too.
  return spawn('git', gitArguments(dir, args), {
    env: { ...gitEnvironment(), ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    shell: false,
  });
}

function end(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

export { gitEnvironment } from './git-command.system.ts';

/** Runs git in `dir` and answers its standard output. Throws a Problem where it fails, is slow, or prints too much. */
export async function runGit(dir: string | null, args: readonly string[], options: GitOptions = {}): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of streamGit(dir, args, options)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Runs git and yields its standard output as it comes. The stream fails at its end where git failed. */
export async function* streamGit(dir: string | null, args: readonly string[], options: GitOptions = {}): AsyncGenerator<Uint8Array> {
  const command = args[0] ?? '';
  const limit = options.limit ?? DEFAULT_LIMIT;
  const ms = options.timeoutMs ?? DEFAULT_TIMEOUT;
  const child = start(dir, args, options.environment);
  let late = false;
  let seen = 0;
  let complaint = '';
  const timer = setTimeout(() => ((late = true), end(child)), ms);
  const aborted = (): void => end(child);
  options.signal?.addEventListener('abort', aborted, { once: true });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ENOENT' ? gitMissing({}) : error));
    child.once('close', (code) => resolve(code));
  });
  ended.catch(() => undefined);
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-ERROR_TEXT)));
  child.stdin?.on('error', () => undefined).end(options.input ?? '');
  try {
    for await (const chunk of child.stdout ?? []) {
      seen += (chunk as Buffer).length;
      if (seen > limit) throw gitTooMuch({ command, limit });
      yield chunk as Buffer;
    }
    const code = await ended;
    if (late) throw gitTimeout({ command, ms });
    options.signal?.throwIfAborted();
    if (code !== 0) throw gitFailed({ command, why: firstLine(complaint) || `it ended with code ${code ?? 'none'}` });
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', aborted);
    end(child);
  }
}

function firstLine(text: string): string {
  const lines = text.split('\n').map((line) => line.trim());
  return (lines.find((line) => /^(?:fatal|error):/.test(line)) ?? lines.find((line) => line !== '') ?? '').slice(0, 500);
}

function revision(ref: string): string {
  if (!validRef(ref)) throw badRef({ ref: ref.slice(0, 250) });
  return ref;
}

/** The commit that a branch, tag, `HEAD` or full commit id names. Throws `git.no-such-ref` where there is none. */
export async function resolveRef(dir: string, ref: string): Promise<string> {
  return resolved(dir, ref, revision(ref));
}

/** The same of what people also type beside a name: steps to ancestors, `HEAD~5`, `v1.2.0^2~1` (gitrevisions(7)). */
export async function resolveAncestor(dir: string, ref: string): Promise<string> {
  const steps = /(?:[~^][0-9]{0,6}){1,20}$/.exec(ref)?.[0] ?? '';
  return resolved(dir, ref, `${revision(ref.slice(0, ref.length - steps.length))}${steps}`);
}

async function resolved(dir: string, ref: string, checked: string): Promise<string> {
  const id = (
    await runGit(dir, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${checked}^{commit}`]).catch(() => Buffer.alloc(0))
  )
    .toString()
    .trim();
  const commit = id.split('\n').at(-1) ?? '';
  if (!isCommitId(commit)) throw noSuchRef({ ref });
  return commit;
}

/**
 * Commits that `to` reaches (default HEAD; `all`: every branch and tag) and `from` does not, newest first, in
 * topological order; with `paths` only those that touch one of them. At most `limit`.
 */
export async function readCommits(
  dir: string,
  options: {
    readonly from?: string;
    readonly to?: string;
    readonly all?: boolean;
    readonly paths?: readonly string[];
    readonly limit: number;
  },
): Promise<Commit[]> {
  const tips = options.all === true ? [] : [revision(options.to ?? 'HEAD')];
  const range = options.from === undefined ? tips : [...tips, `^${revision(options.from)}`];
  const paths = (options.paths ?? []).filter((path) => path !== '' && path !== '.').map((path) => `:(literal)${path}`);
  const args = ['log', '-z', '--topo-order', '--no-notes', '--no-color', '--encoding=UTF-8', `--max-count=${options.limit}`];
  const all = options.all === true ? ['--branches', '--tags'] : [];
  const out = await runGit(dir, [...args, `--format=${COMMIT_FORMAT}`, ...all, '--end-of-options', ...range, '--', ...paths]);
  return parseCommits(out.toString('utf8'));
}

/** All tags, annotated ones peeled to their commit; tags of other objects are left out. */
export async function listTags(dir: string): Promise<Tag[]> {
  const refs = await peeledRefs(dir, ['refs/tags']);
  return refs.map(({ ref, commit }) => ({ name: ref.slice('refs/tags/'.length), commit }));
}

/** All branches and tags of `dir` with the commits they lead to (annotated tags are peeled). */
export async function listHeads(dir: string): Promise<Head[]> {
  return (await peeledRefs(dir, ['refs/heads', 'refs/tags'])).filter((head) => validRef(head.ref));
}

/** Refs that lead to a commit, in one look: a process less where somebody waits for a push to be seen. */
async function peeledRefs(dir: string, under: readonly string[]): Promise<Head[]> {
  const format = '--format=%(objecttype) %(objectname) %(*objecttype) %(*objectname) %(refname)';
  const out = await runGit(dir, ['for-each-ref', format, ...under]);
  const refs: Head[] = [];
  for (const line of out.toString('utf8').split('\n')) {
    const [type, object = '', peeledType, peeled = '', ...name] = line.split(' ');
    if (type === 'commit') refs.push({ ref: name.join(' '), commit: object });
    else if (peeledType === 'commit') refs.push({ ref: name.join(' '), commit: peeled });
  }
  return refs;
}

/** The bytes of the file at `path` in `commit`, or null where there is none; more than `limit` bytes are refused. */
export async function showFile(dir: string, commit: string, path: string, limit: number): Promise<Buffer | null> {
  const wanted = `${revision(commit)}:${path.replace(/^\.?\/+/, '')}`;
  // cat-file takes the name on standard input, so a path can't be read as an option; its header tells missing from empty.
  if (/[\n\0]/.test(wanted)) return null;
  const out = await runGit(dir, ['cat-file', '--batch'], { limit: limit + 4096, input: `${wanted}\n` });
  const line = out.indexOf(10);
  const [, type, size] = out.subarray(0, line).toString('utf8').split(' ');
  if (line < 0 || type !== 'blob') return null;
  const length = Number(size);
  if (length > limit) throw gitTooMuch({ command: `show ${path}`, limit });
  return out.subarray(line + 1, line + 1 + length);
}

/**
 * The tree of `commit` (of its folder `path`, where one is given) as a tar stream, without a leading folder. A worktree's
 * attributes and filters are not asked, so that the bytes depend on nothing but the commit.
 */
export function archive(dir: string, commit: string, path = '.', options: GitOptions = {}): AsyncGenerator<Uint8Array> {
  if (!isCommitId(commit)) throw badRef({ ref: commit.slice(0, 250) });
  const tree = path === '.' || path === '' ? commit : `${commit}:${path}`;
  return streamGit(dir, ['archive', '--format=tar', tree], { limit: 2 * 1024 ** 3, ...options });
}

/** Whether `ancestor` is reachable from `commit`; false where either is unknown here. */
export async function isAncestor(dir: string, ancestor: string, commit: string): Promise<boolean> {
  return runGit(dir, ['merge-base', '--is-ancestor', '--end-of-options', revision(ancestor), revision(commit)]).then(
    () => true,
    () => false,
  );
}

/** Whether any branch of `dir` reaches `commit`. */
export async function onAnyBranch(dir: string, commit: string): Promise<boolean> {
  if (!isCommitId(commit)) return false;
  const out = await runGit(dir, ['for-each-ref', '--count=1', '--format=%(refname)', `--contains=${commit}`, 'refs/heads']).catch(() =>
    Buffer.alloc(0),
  );
  return out.length > 0;
}

/** Paths that differ between two commits. */
export async function changedPaths(dir: string, from: string, to: string): Promise<string[]> {
  const out = await runGit(dir, [
    'diff-tree',
    '-r',
    '-z',
    '--no-renames',
    '--no-commit-id',
    '--name-only',
    '--end-of-options',
    revision(from),
    revision(to),
  ]);
  return out
    .toString('utf8')
    .split('\0')
    .filter((path) => path !== '');
}

/** The git object ids of files of a commit; null: not there. Two files of one id have the same bytes. */
export async function fileIds(dir: string, commit: string, paths: readonly string[]): Promise<Record<string, string | null>> {
  const ids: Record<string, string | null> = Object.fromEntries(paths.map((path) => [path, null]));
  if (paths.length === 0) return ids;
  const out = await runGit(dir, ['ls-tree', '-z', '--full-tree', revision(commit), '--', ...paths]);
  for (const entry of out.toString('utf8').split('\0')) {
    const [meta = '', path = ''] = entry.split('\t', 2);
    const [, type, id] = meta.split(' ');
    if (type === 'blob' && id !== undefined && Object.hasOwn(ids, path)) ids[path] = id;
  }
  return ids;
}
