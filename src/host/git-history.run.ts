import { validRef } from './git.ts';
import { badRef, gitTooMuch, tooManyCommits } from './git.problems.ts';
import { isAncestor, runGit, streamGit } from './git.run.ts';

/** What git knows of a repository's history, read in few processes and little memory: long histories are streamed. */

/** Full names of the refs under `patterns` that `commit` reaches (`merged`), or does not. */
export async function refsByReach(dir: string, commit: string, merged: boolean, patterns: readonly string[]): Promise<Set<string>> {
  if (!validRef(commit)) throw badRef({ ref: commit.slice(0, 250) });
  const out = await runGit(dir, [
    'for-each-ref',
    merged ? `--merged=${commit}` : `--no-merged=${commit}`,
    '--format=%(refname)',
    ...patterns,
  ]);
  return new Set(
    out
      .toString('utf8')
      .split('\n')
      .filter((name) => name !== ''),
  );
}

/** One commit of a long history. `at`: the committer's instant, milliseconds since the epoch. */
export type HistoryEntry = {
  readonly id: string;
  readonly parents: readonly string[];
  readonly at: number;
  readonly subject: string;
  readonly body: string;
};

/** What is read of a history, and at most. */
export type HistoryRange = {
  readonly to: string;
  readonly from?: string | null;
  readonly paths?: readonly string[];
  readonly limit: number;
};

const BYTES = 4 * 1024 ** 3;
const FIELDS = 4;
/** A commit of more than this is none that a person wrote. */
const COMMIT_BYTES = 16 * 1024 ** 2;

/**
 * Gives each commit that `to` reaches and `from` does not to `visit`, newest first, in topological order, as git prints
 * them: nothing is kept. More than `limit` are refused, never cut off silently.
 */
export async function visitHistory(dir: string, range: HistoryRange, visit: (entry: HistoryEntry) => void): Promise<void> {
  const format = 'tformat:%H%x00%P%x00%ct%x00%B';
  const ends = new Int32Array(FIELDS);
  let rest: Buffer = Buffer.alloc(0);
  let count = 0;
  for await (const chunk of streamGit(dir, logArguments(range, format), { limit: BYTES, timeoutMs: 600_000 })) {
    const bytes = rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([rest, chunk]);
    let start = 0;
    while (endsOf(bytes, start, ends)) {
      count += 1;
      if (count > range.limit) throw tooManyCommits({ limit: range.limit });
      visit(entryOf(bytes, start, ends));
      start = (ends[FIELDS - 1] ?? 0) + 1;
    }
    if (bytes.length - start > COMMIT_BYTES) throw gitTooMuch({ command: 'log', limit: COMMIT_BYTES });
    rest = bytes.subarray(start);
  }
}

/** Where the next commit's fields end, or false where it is not whole yet. */
function endsOf(bytes: Buffer, start: number, ends: Int32Array): boolean {
  let from = start;
  for (let field = 0; field < FIELDS; field += 1) {
    const end = bytes.indexOf(0, from);
    if (end < 0) return false;
    ends[field] = end;
    from = end + 1;
  }
  return true;
}

/** Strings of their own, not windows on the bytes that came: who keeps a subject keeps nothing else. */
function entryOf(bytes: Buffer, start: number, ends: Int32Array): HistoryEntry {
  const [idEnd = 0, parentsEnd = 0, timeEnd = 0, messageEnd = 0] = ends;
  const parents = bytes.toString('latin1', idEnd + 1, parentsEnd);
  const newline = bytes.indexOf(10, timeEnd + 1);
  const subjectEnd = newline < 0 || newline > messageEnd ? messageEnd : newline;
  return {
    id: bytes.toString('latin1', start, idEnd),
    parents: parents === '' ? [] : parents.length <= 64 ? [parents] : parents.split(' '),
    at: Number(bytes.toString('latin1', parentsEnd + 1, timeEnd)) * 1000,
    subject: bytes.toString('utf8', timeEnd + 1, subjectEnd).trim(),
    body: subjectEnd === messageEnd ? '' : bytes.toString('utf8', subjectEnd + 1, messageEnd).trim(),
  };
}

/** The ids of the commits of a range, without their texts. */
export async function idsOfHistory(dir: string, range: HistoryRange): Promise<Set<string>> {
  const ids = new Set<string>();
  let rest = '';
  for await (const chunk of streamGit(dir, logArguments(range, 'tformat:%H'), { limit: BYTES, timeoutMs: 600_000 })) {
    const lines = (rest + Buffer.from(chunk).toString('latin1')).split('\0');
    rest = lines.pop() ?? '';
    for (const id of lines) ids.add(id);
  }
  return ids;
}

function logArguments({ to, from, paths = [], limit }: HistoryRange, format: string): string[] {
  for (const ref of [to, from ?? to]) if (!validRef(ref)) throw badRef({ ref: ref.slice(0, 250) });
  const range = from == null ? [to] : [to, `^${from}`];
  const under = paths.filter((path) => path !== '' && path !== '.').map((path) => `:(top,literal)${path}`);
  const options = ['-z', '--topo-order', '--no-notes', '--no-color', '--encoding=UTF-8', `--max-count=${limit + 1}`, `--format=${format}`];
  return ['log', ...options, '--end-of-options', ...range, '--', ...under];
}

/** Texts of files of a commit, in one process; null: not there, or larger than `limit` bytes. */
export async function readFiles(dir: string, commit: string, paths: readonly string[], limit: number): Promise<(string | null)[]> {
  const names = paths.map((path) => `${commit}:${path.replace(/^\.?\/+/, '')}`);
  if (names.some((name) => /[\n\0]/.test(name))) return paths.map(() => null);
  const sizes = (await runGit(dir, ['cat-file', '--batch-check'], { input: `${names.join('\n')}\n` })).toString('utf8').split('\n');
  const small = names.filter((_, at) => {
    const [, type, size] = (sizes[at] ?? '').split(' ');
    return type === 'blob' && Number(size) <= limit;
  });
  if (small.length === 0) return paths.map(() => null);
  const found = new Map<string, string>();
  let out = await runGit(dir, ['cat-file', '--batch'], { limit: small.length * (limit + 200), input: `${small.join('\n')}\n` });
  for (const name of small) {
    const line = out.indexOf(10);
    const size = Number(out.subarray(0, line).toString('latin1').split(' ')[2]);
    found.set(name, out.subarray(line + 1, line + 1 + size).toString('utf8'));
    out = out.subarray(line + 2 + size);
  }
  return names.map((name) => found.get(name) ?? null);
}

/** A repository's history as questions (the `VersionReader` of src/artifacts/versions). */
export function historyReader(dir: string) {
  return {
    files: (commit: string, paths: readonly string[], limit: number) => readFiles(dir, commit, paths, limit),
    refsByReach: (commit: string, merged: boolean, patterns: readonly string[]) => refsByReach(dir, commit, merged, patterns),
    reaches: (commit: string, ancestor: string) => isAncestor(dir, ancestor, commit).catch(() => false),
    isShallow: async () => (await runGit(dir, ['rev-parse', '--is-shallow-repository'])).toString().trim() === 'true',
    visit: (range: HistoryRange, visit: (entry: HistoryEntry) => void) => visitHistory(dir, range, visit),
    ids: (range: HistoryRange) => idsOfHistory(dir, range),
  };
}
