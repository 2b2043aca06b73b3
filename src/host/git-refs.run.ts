import { spawnSync } from 'node:child_process';
import { gitArguments, gitEnvironment } from './git-command.system.ts';
import { runGit } from './git.run.ts';
import { validRef } from './git.ts';
import { gitFailed, gitMissing, gitTooMuch } from './git.problems.ts';

/** One ref. `at`: when it was made (milliseconds since the epoch; of an annotated tag the tagger's), null where not known. */
export type Ref = { readonly ref: string; readonly commit: string; readonly at: number | null };
export type Refs = {
  /** The branch that is checked out, by its full name; null where there is none, or the repository has no commit. */
  readonly head: string | null;
  readonly headCommit: string | null;
  readonly refs: readonly Ref[];
  /** All that was said, for a key of what depends on it. */
  readonly text: string;
};

const REF_FORMAT = '--format=%(HEAD)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)%00%(creatordate:unix)%00%(refname)';
const LIMIT = 256 * 1024 * 1024;

/**
 * All branches and tags (annotated ones peeled to their commit; tags of other objects are left out), in one look. It
 * waits for git: for a command line that has nothing else to do, never for a server.
 */
export function readRefsNow(dir: string): Refs {
  const args = gitArguments(dir, ['for-each-ref', REF_FORMAT, 'refs/heads', 'refs/tags', 'refs/remotes']);
  const done = spawnSync('git', args, { env: gitEnvironment(), stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: LIMIT, timeout: 60_000 });
  const code = (done.error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOENT') throw gitMissing({});
  if (code === 'ENOBUFS') throw gitTooMuch({ command: 'for-each-ref', limit: LIMIT });
  if (done.status !== 0)
    throw gitFailed({ command: 'for-each-ref', why: done.stderr.toString('utf8').trim().slice(0, 500) || 'it was stopped' });
  return parseRefs(done.stdout.toString('utf8'));
}

/** As {@link readRefsNow}, for a server. */
export async function readRefs(dir: string): Promise<Refs> {
  const out = await runGit(dir, ['for-each-ref', REF_FORMAT, 'refs/heads', 'refs/tags'], { limit: LIMIT });
  return parseRefs(out.toString('utf8'));
}

/** Refs from what `git for-each-ref` printed. They are read when they are asked for: who knows the answer asks for none. */
export function parseRefs(text: string): Refs {
  let read: readonly Ref[] | null = null;
  const mark = text.startsWith('*') ? 0 : text.indexOf('\n*') + 1;
  const line = text.startsWith('*', mark) ? text.slice(mark, (text.indexOf('\n', mark) + 1 || text.length + 1) - 1) : '';
  const current = readLine(line);
  return {
    head: current?.ref ?? null,
    headCommit: current?.commit ?? null,
    text,
    get refs() {
      return (read ??= text.split('\n').flatMap((one) => readLine(one) ?? []));
    },
  };
}

function readLine(line: string): Ref | null {
  const [, type, object = '', peeledType, peeled = '', date = '', ref = ''] = line.split('\0');
  const commit = type === 'commit' ? object : peeledType === 'commit' ? peeled : null;
  return commit === null || !validRef(ref) ? null : { ref, commit, at: /^\d{1,11}$/.test(date) ? Number(date) * 1000 : null };
}
