import type { Accounted, Bump, CommitText } from '../versions/account.ts';
import { accountFor } from '../versions/account.ts';
import type { TaggedVersion } from '../versions/tags.ts';
import { notesToMarkdown, writeNotes } from './notes.ts';
import type { ReleaseNotes } from './notes.ts';

/** The notes of one version among all, with the tag and the day it was made (RFC 3339 date). */
export type ChangelogEntry = ReleaseNotes & { readonly tag: string | null; readonly date: string | null };
export type Changelog = { readonly service: string; readonly releases: readonly ChangelogEntry[] };

/** A commit with its instant, milliseconds since the epoch. */
export type DatedCommit = CommitText & { readonly at: number };

export type ChangelogRequest = {
  readonly service: string;
  /** The whole history, newest first. */
  readonly commits: readonly DatedCommit[];
  /** The versions of the service, highest first. */
  readonly versions: readonly TaggedVersion[];
  readonly touching?: ReadonlySet<string> | null;
  readonly types?: Readonly<Record<string, Bump | 'none'>>;
};

type Share = { readonly tagged: TaggedVersion | null; readonly commits: DatedCommit[] };

/**
 * What each version brought: every commit belongs to the lowest version that holds it, so that no commit is told twice and
 * a maintenance branch keeps its own. Newest version first; what is not released yet stands before them.
 */
export function sharesOf({ commits, versions }: Pick<ChangelogRequest, 'commits' | 'versions'>): Share[] {
  const places = new Map(commits.map((commit, at) => [commit.id, at]));
  const owner = new Int32Array(commits.length).fill(-1);
  const ascending = versions.toReversed();
  ascending.forEach((tagged, version) => {
    const start = tagged.commit === null ? undefined : places.get(tagged.commit);
    const open = start === undefined ? [] : [start];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (owner[at] !== -1) continue;
      owner[at] = version;
      for (const parent of commits[at]?.parents ?? []) {
        const place = places.get(parent);
        if (place !== undefined && owner[place] === -1) open.push(place);
      }
    }
  });
  const shares: Share[] = ascending.map((tagged) => ({ tagged, commits: [] }));
  const unreleased: Share = { tagged: null, commits: [] };
  commits.forEach((commit, at) => (shares[owner[at] ?? -1] ?? unreleased).commits.push(commit));
  const held = shares.filter((share) => share.tagged?.commit != null && places.has(share.tagged.commit));
  return [...(unreleased.commits.length > 0 ? [unreleased] : []), ...held.reverse()];
}

/** The accounts of each share, for whoever writes or counts them. */
export function accountShares(request: ChangelogRequest): { share: Share; accounts: Accounted[] }[] {
  return sharesOf(request).map((share) => ({
    share,
    accounts: accountFor(share.commits, undefined, request.touching ?? null, request.types),
  }));
}

/** The notes of every version of a history. */
export function writeChangelog(request: ChangelogRequest): Changelog {
  const all = accountShares(request);
  const releases = all.map(({ share: { tagged, commits }, accounts }, at) => {
    const before = all[at + 1]?.share.tagged?.tag ?? null;
    const made = tagged === null ? undefined : commits.find((commit) => commit.id === tagged.commit)?.at;
    const date = made === undefined || !Number.isFinite(made) || Math.abs(made) > 8e15 ? null : new Date(made).toISOString().slice(0, 10);
    const notes = writeNotes({ service: request.service, version: tagged?.version ?? null, from: before }, accounts);
    return { ...notes, tag: tagged?.tag ?? null, date };
  });
  return { service: request.service, releases };
}

/** A whole changelog as Markdown. */
export function changelogToMarkdown({ releases }: Changelog): string {
  return releases.map((entry) => notesToMarkdown(entry, entry.date)).join('\n');
}
