import { resolveAncestor } from '../host/git.run.ts';
import { changelogToMarkdown, writeChangelog } from '../artifacts/notes/changelog.ts';
import type { Changelog } from '../artifacts/notes/changelog.ts';
import { notesToMarkdown, writeNotes } from '../artifacts/notes/notes.ts';
import type { ReleaseNotes } from '../artifacts/notes/notes.ts';
import { accountFor } from '../artifacts/versions/account.ts';
import { commitsSince, openRepository } from '../artifacts/versions/repository.ts';
import { lookAt } from './repository.ts';
import type { RepositoryArgs } from './repository.ts';
import { readNext } from './version.ts';

export type NotesArgs = RepositoryArgs & {
  /** A tag, branch or commit that users already have; default: the version before. */
  readonly from?: string;
  /** Every version of the history, newest first. */
  readonly all?: boolean;
  readonly now?: number;
};
type Known = Parameters<typeof lookAt>[1];

/** `ym notes`: release notes of what is between two points of a repository, or of every version, without a server. */
export async function notes(args: NotesArgs, known?: Known): Promise<{ readonly text: string; readonly json: ReleaseNotes | Changelog }> {
  if (args.all === true && args.from === undefined) {
    const json = await changelog(args, known);
    return answerOf(json, () => changelogToMarkdown(json));
  }
  const json = args.from === undefined ? await sinceLast(args, known) : await between(args, args.from, known);
  return answerOf(json, () => notesToMarkdown(json));
}

/** The text is written only where somebody reads it. */
function answerOf<Json>(json: Json, write: () => string): { readonly text: string; readonly json: Json } {
  return {
    json,
    get text() {
      return write();
    },
  };
}

function title(args: NotesArgs): string {
  return args.name ?? args.path ?? 'Release';
}

async function sinceLast(args: NotesArgs, known: Known): Promise<ReleaseNotes> {
  const { answer } = await readNext(args, known);
  return writeNotes({ service: title(args), version: answer.next, from: answer.from?.tag ?? null }, answer.because);
}

async function between(args: NotesArgs, from: string, known: Known): Promise<ReleaseNotes> {
  const repository = await openRepository(await lookAt(args, known), args);
  const start = await resolveAncestor(args.repo, from);
  const { commits, touching } = await commitsSince(repository, start);
  const version = repository.versions.find((tagged) => tagged.tag === args.to)?.version ?? args.to ?? null;
  const accounts = accountFor(commits, undefined, touching, repository.rules.types);
  return writeNotes({ service: title(args), version, from }, accounts);
}

async function changelog(args: NotesArgs, known: Known): Promise<Changelog> {
  const repository = await openRepository(await lookAt(args, known), args);
  const { commits, touching } = await commitsSince(repository, null);
  const { versions, rules } = repository;
  const stable = versions.filter(({ version }) => !version.includes('-'));
  return writeChangelog({ service: title(args), commits, versions: stable, touching, types: rules.types });
}
