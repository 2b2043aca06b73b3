import { mkdirSync, readFileSync, readdirSync, realpathSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Exit } from './exit-codes.ts';
import type { Asked } from './quick.ts';

/**
 * Answers about repositories, kept under all that they depend on: every ref of the repository, the commit asked about,
 * what was asked, and the bytes of ym itself. They lie in the user's own cache folder and never in the repository, so
 * that no repository can bring answers along. Bounded; whatever is odd is no answer.
 */
const FILES = 64;
/** A larger answer is not kept. */
export const ANSWER_BYTES = 2 * 1024 * 1024;
/** Raised whenever an answer to the same question may turn out differently. */
const FORM = 1;

export type KeptAnswer = {
  readonly output: string;
  readonly exit: Exit;
  /** The day (UTC) that it is of, where it depends on one. */
  readonly day: string | null;
};

export type Question = { readonly dir: string; readonly asked: Asked; readonly to: string; readonly refs: string };

function folder(): string | null {
  const cache = process.env['XDG_CACHE_HOME'];
  const home = process.env['HOME'];
  if (cache !== undefined && cache.startsWith('/')) return join(cache, 'yardmaster', 'answers');
  return home === undefined || home === '' ? null : join(home, '.cache', 'yardmaster', 'answers');
}

/** All that an answer depends on, as one text without a newline. */
export function answerKey({ dir, asked, to, refs }: Question): string {
  return JSON.stringify([FORM, ownMark(), realpathSync(dir), shallowMark(dir), asked, to, refs]);
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
  return ['.', '../host', '../artifacts/versions', '../artifacts/notes']
    .flatMap((path) =>
      readdirSync(join(here, path))
        .filter((name) => name.endsWith('.ts'))
        .map((name) => join(here, path, name)),
    )
    .map((file) => statSync(file).mtimeMs)
    .join();
}

/** A shallow clone that is deepened keeps its refs, so what it lacks is part of the question. */
function shallowMark(dir: string): string {
  for (let at = realpathSync(dir); ; at = dirname(at)) {
    for (const name of ['.git/shallow', 'shallow']) {
      try {
        return readFileSync(join(at, name), 'utf8').slice(0, 100_000);
      } catch {
        // Not here.
      }
    }
    try {
      statSync(join(at, '.git'));
      return '';
    } catch {
      if (dirname(at) === at) return '';
    }
  }
}

/** The answer kept under `key`, or null. */
export function findAnswer(key: string): KeptAnswer | null {
  const where = folder();
  if (where === null) return null;
  try {
    const path = join(where, nameOf(key));
    const text = readFileSync(path, 'utf8');
    if (!text.startsWith(`${key}\n`)) return null;
    const end = text.indexOf('\n', key.length + 1);
    const head = JSON.parse(text.slice(key.length + 1, end)) as { exit?: unknown; day?: unknown; length?: unknown };
    const output = text.slice(end + 1);
    if (head.length !== output.length || (head.exit !== 0 && head.exit !== 1)) return null;
    const now = new Date();
    if (typeof head.day === 'string' && head.day !== now.toISOString().slice(0, 10)) return null;
    utimesSync(path, now, now);
    return { output, exit: head.exit, day: null };
  } catch {
    return null;
  }
}

/** Keeps an answer; where it can't, or it is too large, it is simply found again the next time. */
export function keepAnswer(key: string, { output, exit, day }: KeptAnswer): void {
  const where = folder();
  if (where === null || output.length > ANSWER_BYTES || key.length > ANSWER_BYTES) return;
  try {
    mkdirSync(where, { recursive: true, mode: 0o700 });
    const part = join(where, `${nameOf(key)}.${process.pid}.part`);
    writeFileSync(part, `${key}\n${JSON.stringify({ exit, day, length: output.length })}\n${output}`, { mode: 0o600 });
    renameSync(part, join(where, nameOf(key)));
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
