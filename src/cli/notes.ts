import { readCommits, resolveRef } from '../host/git.run.ts';
import { notesToMarkdown, writeNotes } from '../artifacts/notes/notes.ts';
import type { ReleaseNotes } from '../artifacts/notes/notes.ts';
import { accountFor } from '../artifacts/versions/account.ts';
import { HISTORY_LIMIT, readNext } from './version.ts';

export type NotesArgs = {
  readonly repo: string;
  /** A tag, branch or commit that users already have; default: the version before. */
  readonly from?: string;
  readonly to?: string;
  readonly path?: string;
  readonly name?: string;
};

/** `ym notes`: release notes of what is between two points of a repository, without a server. */
export async function notes(args: NotesArgs): Promise<{ text: string; json: ReleaseNotes }> {
  const json = args.from === undefined ? await sinceLast(args) : await between(args, args.from);
  return { text: notesToMarkdown(json), json };
}

async function sinceLast(args: NotesArgs): Promise<ReleaseNotes> {
  const answer = await readNext(args);
  return writeNotes({ service: args.name ?? args.path ?? 'Release', version: answer.next, from: answer.from?.tag ?? null }, answer.because);
}

async function between(args: NotesArgs, from: string): Promise<ReleaseNotes> {
  const [start, end] = await Promise.all([resolveRef(args.repo, from), resolveRef(args.repo, args.to ?? 'HEAD')]);
  const commits = await readCommits(args.repo, {
    from: start,
    to: end,
    limit: HISTORY_LIMIT,
    ...(args.path === undefined ? {} : { paths: [args.path] }),
  });
  return writeNotes({ service: args.name ?? args.path ?? 'Release', version: args.to ?? null, from }, accountFor(commits));
}
