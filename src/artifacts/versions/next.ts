import semver from 'semver';
import type { Accounted, Bump, CommitText } from './account.ts';
import { accountFor } from './account.ts';
import type { TaggedVersion, Tagging, VersionTag } from './tags.ts';
import { tagFor, versionsOf } from './tags.ts';

/** The version of a service that was never released. */
export const FIRST_VERSION = '0.1.0';

export type VersionRequest = {
  readonly tagging: Tagging;
  /** Newest first: the whole history of the commit to release, or at least all that came since the version before. */
  readonly commits: readonly CommitText[];
  /** In a repository of several services: the ids of the commits that touch this one. */
  readonly touching?: ReadonlySet<string> | null;
  readonly tags: readonly VersionTag[];
  /** A pre-release identifier (`rc`, `beta`): the answer is `1.3.0-rc.1`, `-rc.2` ... */
  readonly prerelease?: string | null;
  /** What is asked for at least: a hotfix has a version even where its commits ask for none. */
  readonly atLeast?: Bump | null;
};

export type NextVersion = {
  /** Null: no commit asks for a release; `because` says of each why not. */
  readonly next: string | null;
  readonly tag: string | null;
  readonly bump: Bump | 'first' | null;
  /** The version before: the one that `next` counts up from. */
  readonly from: TaggedVersion | null;
  readonly because: readonly Accounted[];
  /** One sentence for people. */
  readonly why: string;
};

const ORDER: Readonly<Record<Bump, number>> = { patch: 1, minor: 2, major: 3 };

/**
 * The next version after SemVer 2.0.0: a breaking change raises the major (before 1.0.0 the minor, since 0.x promises
 * nothing), a feature the minor, a fix the patch. The first version is 0.1.0 whatever the commits say, and only a person
 * makes 1.0.0 by tagging it. A number that a tag already has is never given again.
 */
export function nextVersion(request: VersionRequest): NextVersion {
  const all = versionsOf(request.tags, request.tagging);
  const from = versionBefore(all, request.commits);
  const released = from === null ? new Set<string>() : reachable(request.commits, from.commit);
  const because = accountFor(request.commits, released, request.touching ?? null);
  const bump = from === null ? first(because) : larger(strongest(because), request.atLeast ?? null);
  if (bump === null) return { next: null, tag: null, bump: null, from, because, why: nothing(because, from) };
  const taken = new Set(all.map((tagged) => tagged.version));
  const stable = free(from === null || bump === 'first' ? FIRST_VERSION : raise(from.version, bump), bump, taken);
  const next = request.prerelease ? freePrerelease(stable, request.prerelease, taken) : stable;
  return { next, tag: tagFor(next, from, request.tagging), bump, from, because, why: sentence(next, bump, from, because) };
}

/**
 * The version to count from: the highest stable one among those whose commit the history holds (a maintenance branch
 * counts from its own last version), else the highest of all, because a partial history doesn't show where its tag is.
 */
export function versionBefore(versions: readonly TaggedVersion[], commits: readonly CommitText[]): TaggedVersion | null {
  const ids = new Set(commits.map((commit) => commit.id));
  const stable = versions.filter((tagged) => semver.prerelease(tagged.version) === null);
  return stable.find((tagged) => tagged.commit !== null && ids.has(tagged.commit)) ?? stable[0] ?? null;
}

/** `start` and all its ancestors within `commits`. */
function reachable(commits: readonly CommitText[], start: string | null): Set<string> {
  const parents = new Map(commits.map((commit) => [commit.id, commit.parents]));
  const seen = new Set<string>();
  const open = start === null ? [] : [start];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (seen.has(id) || !parents.has(id)) continue;
    seen.add(id);
    open.push(...(parents.get(id) ?? []));
  }
  return seen;
}

function strongest(because: readonly Accounted[]): Bump | null {
  return because.reduce<Bump | null>((most, { bump }) => larger(most, bump), null);
}

function larger(a: Bump | null, b: Bump | null): Bump | null {
  if (a === null || b === null) return a ?? b;
  return ORDER[a] >= ORDER[b] ? a : b;
}

function first(because: readonly Accounted[]): 'first' | null {
  return because.some((entry) => entry.kind !== 'elsewhere') ? 'first' : null;
}

function raise(version: string, bump: Bump): string {
  const { major, minor, patch } = new semver.SemVer(version);
  const step = major === 0 && bump === 'major' ? 'minor' : bump;
  if (step === 'major') return `${major + 1}.0.0`;
  return step === 'minor' ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`;
}

function free(version: string, bump: Bump | 'first', taken: ReadonlySet<string>): string {
  let candidate = version;
  while (taken.has(candidate)) candidate = raise(candidate, bump === 'first' ? 'minor' : bump);
  return candidate;
}

function freePrerelease(version: string, identifier: string, taken: ReadonlySet<string>): string {
  let count = 1;
  while (taken.has(`${version}-${identifier}.${count}`)) count += 1;
  return `${version}-${identifier}.${count}`;
}

/** Whether a commit is new to the users of this service. */
export function isFresh(entry: Accounted): boolean {
  return entry.kind !== 'released' && entry.kind !== 'elsewhere';
}

function nothing(because: readonly Accounted[], from: TaggedVersion | null): string {
  const fresh = because.filter(isFresh).length;
  const since = from === null ? '' : ` since ${from.tag}`;
  if (fresh === 0) return `there is no commit${since}`;
  return `none of the ${fresh} commit${fresh === 1 ? '' : 's'}${since} asks for a release`;
}

function sentence(next: string, bump: Bump | 'first', from: TaggedVersion | null, because: readonly Accounted[]): string {
  if (from === null || bump === 'first') return `${next} is the first version: nothing was released before`;
  const asking = because.filter((entry) => entry.bump === bump).length;
  if (asking === 0) return `${next}: a ${bump} on ${from.version}, as asked; no commit asks for it`;
  const rule = bump === 'major' && semver.major(from.version) === 0 ? ', and before 1.0.0 a breaking change raises the minor' : '';
  return `${next}: ${asking} commit${asking === 1 ? '' : 's'} since ${from.tag} ask${asking === 1 ? 's' : ''} for a ${bump}${rule}`;
}
