import {
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * Answers about repositories, kept under all that they depend on: every ref of the repository, as its files say it, what
 * was asked, and the bytes of ym itself. They lie in the user's own cache folder and never in the repository, so that no
 * repository can bring answers along. Bounded; whatever is odd is no answer.
 *
 * This file answers the second call, so it is loaded alone (bin/ym.mjs): it needs nothing else of ym, no other part of
 * Node than files, and no git, which starts later than all of this is done.
 */
const FILES = 64;
/** A larger answer is not kept. */
export const ANSWER_BYTES = 2 * 1024 * 1024;
/** Of a repository whose refs are more than this (a hundred thousand tags), nothing is kept. */
const STATE_BYTES = 16 * 1024 * 1024;
/** More files than this of refs that are not packed: git reads them sooner. */
const LOOSE = 4000;
/** Raised whenever an answer to the same question may turn out differently. */
const FORM = 2;

export type KeptAnswer = {
  readonly output: string;
  readonly exit: number;
  /** The day (UTC) that it is of, where it depends on one. */
  readonly day: string | null;
};

/** All that an answer depends on (`text`), and a short name for it; `dir` is what was understood to be asked about. */
export type Question = { readonly name: string; readonly text: string; readonly dir: string };

/** Writes the answer to these words where it is known, and answers whether it was. Never throws. */
export function tellKept(argv: readonly string[]): boolean {
  try {
    const question = questionOf(argv);
    const kept = question === null ? null : findAnswer(question);
    if (kept === null) return false;
    process.exitCode = kept.exit;
    write(Buffer.from(kept.output));
    return true;
  } catch {
    return false;
  }
}

/** The question that a command line asks of a repository as it is now; null: nothing is kept for such a one. */
export function questionOf(argv: readonly string[]): Question | null {
  if ((argv[0] !== 'version' && argv[0] !== 'notes') || argv.includes('--no-cache')) return null;
  const dir = dirIn(argv);
  const home = homeOf(realpathSync(dir));
  const state = home === null ? null : stateOf(home);
  if (home === null || state === null) return null;
  const asked = JSON.stringify([FORM, ownMark(), realpathSync(dir), argv]);
  return { name: nameOf(`${asked}\n${state.head}`), text: `${asked}\n${state.head}\n${state.refs}`, dir };
}

/** The folder that is asked about. Whoever keeps an answer compares it with what the real parser understood. */
function dirIn(argv: readonly string[]): string {
  let dir = '.';
  argv.forEach((word, at) => {
    if (word === '--repo') dir = argv[at + 1] ?? dir;
    if (word.startsWith('--repo=')) dir = word.slice('--repo='.length);
  });
  return dir;
}

type Home = { readonly own: string; readonly common: string };

/** Where git keeps what it knows: `own` has HEAD, `common` the refs (they differ in a worktree of `git worktree`). */
function homeOf(start: string): Home | null {
  for (let at = start; ; at = dirname(at)) {
    const inside = join(at, '.git');
    const stat = statSync(inside, { throwIfNoEntry: false });
    const found = stat === undefined ? (isHome(at) ? at : null) : stat.isDirectory() ? inside : linked(at, inside);
    if (found !== null) {
      const common = read(join(found, 'commondir'));
      return { own: found, common: common === null ? found : resolve(found, common.trim()) };
    }
    if (dirname(at) === at) return null;
  }
}

/** `.git` as a file: that of a worktree or a submodule. */
function linked(at: string, file: string): string | null {
  const where = /^gitdir: (.+)\n?$/.exec(read(file) ?? '')?.[1];
  return where === undefined ? null : resolve(at, where);
}

function isHome(at: string): boolean {
  return ['HEAD', 'objects', 'refs'].every((name) => statSync(join(at, name), { throwIfNoEntry: false }) !== undefined);
}

/** HEAD, and every ref as it is written: packed, loose, or the names of the tables (each of which is written once). */
function stateOf({ own, common }: Home): { readonly head: string; readonly refs: string } | null {
  const head = read(join(own, 'HEAD'));
  if (head === null) return null;
  // What a shallow clone lacks may be fetched without that a ref moves; grafts are other parents.
  const parts = ['shallow', 'info/grafts', 'packed-refs', 'reftable/tables.list'].map((name) => read(join(common, name)) ?? '');
  if (own !== common) parts.push(read(join(own, 'reftable/tables.list')) ?? '');
  const loose = { left: LOOSE, parts };
  for (const kind of ['heads', 'tags', 'remotes']) addLoose(join(common, 'refs', kind), kind, loose);
  const refs = parts.join('\0');
  return loose.left < 0 || refs.length > STATE_BYTES ? null : { head, refs };
}

function addLoose(folder: string, name: string, found: { left: number; readonly parts: string[] }): void {
  for (const entry of entriesOf(folder)) {
    if ((found.left -= 1) < 0) return;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) addLoose(path, `${name}/${entry.name}`, found);
    else if (!entry.name.endsWith('.lock')) found.parts.push(`${name}/${entry.name} ${read(path) ?? ''}`);
  }
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch {
    return [];
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

/** A name for a key. Two keys may share it: the file holds the whole key, and the later one simply takes its place. */
function nameOf(key: string): string {
  let [one, two] = [0x811c9dc5, 5381];
  for (let at = 0; at < key.length; at += 1) {
    const code = key.charCodeAt(at);
    one = Math.imul(one ^ code, 0x01000193);
    two = (Math.imul(two, 33) + code) | 0;
  }
  return `${(one >>> 0).toString(16).padStart(8, '0')}${(two >>> 0).toString(16).padStart(8, '0')}`;
}

/** Changes with our own files: those of a package with its version, those of a working tree with each edit. */
function ownMark(): string {
  const here = import.meta.dirname;
  if (import.meta.filename.endsWith('.js')) return readFileSync(join(here, '../../package.json'), 'utf8').slice(0, 4000);
  let newest = 0;
  let count = 0;
  for (const path of ['.', '../host', '../artifacts/versions', '../artifacts/notes']) {
    for (const name of readdirSync(join(here, path))) {
      if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
      newest = Math.max(newest, statSync(join(here, path, name)).mtimeMs);
      count += 1;
    }
  }
  return `${here} ${count} ${newest}`;
}

function folder(): string | null {
  const cache = process.env['XDG_CACHE_HOME'];
  const home = process.env['HOME'];
  if (cache !== undefined && cache.startsWith('/')) return join(cache, 'yardmaster', 'answers');
  return home === undefined || home === '' ? null : join(home, '.cache', 'yardmaster', 'answers');
}

/** The answer kept for a question, or null. */
function findAnswer(question: Question): KeptAnswer | null {
  const where = folder();
  if (where === null) return null;
  const path = join(where, question.name);
  const text = read(path);
  if (text === null) return null;
  const end = text.indexOf('\n');
  const head = JSON.parse(text.slice(0, end)) as { exit?: unknown; day?: unknown; question?: unknown; length?: unknown };
  const output = text.slice(end + 1 + question.text.length);
  if (head.question !== question.text.length || !text.startsWith(question.text, end + 1)) return null;
  if (head.length !== output.length || (head.exit !== 0 && head.exit !== 1)) return null;
  const now = new Date();
  if (typeof head.day === 'string' && head.day !== now.toISOString().slice(0, 10)) return null;
  utimesSync(path, now, now);
  return { output, exit: head.exit, day: null };
}

/**
 * Keeps an answer for a question that was put before the repository was read. It must be the same now: else the answer may
 * be that of another state. Where it can't be kept, or is too large, it is simply found again the next time.
 */
export function keepAnswer(argv: readonly string[], before: Question, { output, exit, day }: KeptAnswer): void {
  try {
    const where = folder();
    if (where === null || output.length > ANSWER_BYTES || questionOf(argv)?.text !== before.text) return;
    mkdirSync(where, { recursive: true, mode: 0o700 });
    const part = join(where, `${before.name}.${process.pid}.part`);
    const head = JSON.stringify({ exit, day, question: before.text.length, length: output.length });
    writeFileSync(part, `${head}\n${before.text}${output}`, { mode: 0o600 });
    renameSync(part, join(where, before.name));
    forgetOldest(where);
  } catch {
    // A cache that can't be written is no reason to fail.
  }
}

function forgetOldest(where: string): void {
  const names = readdirSync(where);
  if (names.length <= FILES) return;
  const aged = names.map((name) => ({ name, at: statSync(join(where, name)).mtimeMs })).sort((a, b) => b.at - a.at);
  for (const { name } of aged.slice(FILES)) rmSync(join(where, name), { force: true });
}

/** To the standard output as it is: the stream that stands for it takes longer to load than all of the above. */
function write(bytes: Buffer): void {
  let done = 0;
  try {
    while (done < bytes.length) done += writeSync(1, bytes, done);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Who reads has gone: that is his choice. A full pipe that does not wait is the stream's work.
    if (code === 'EAGAIN') process.stdout.write(bytes.subarray(done));
    else if (code !== 'EPIPE') process.exitCode = 1;
  }
}
