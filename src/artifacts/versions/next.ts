import semver from 'semver';
import type { Accounted, Bump, CommitText } from './account.ts';
import { accountFor } from './account.ts';
import type { Lane, OpenLane } from './lane.ts';
import { STABLE, basesOf, isWithin, rangeName } from './lane.ts';
import type { VersionRules } from './rules.ts';
import { DEFAULT_RULES } from './rules.ts';
import type { TaggedVersion, Tagging, VersionTag } from './tags.ts';
import { tagFor, versionsOf } from './tags.ts';

export { FIRST_VERSION } from './rules.ts';

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
  /** The version to count from, where the caller looked for it; else it is found by the commits. */
  readonly from?: TaggedVersion | null;
  readonly lane?: Lane;
  /** What other branches hold: their numbers are not given here. */
  readonly open?: readonly OpenLane[];
  readonly rules?: VersionRules;
};

/** `first`: nothing was released before; `named`: the branch says the number; `calendar`: the date does. */
export type Raise = Bump | 'first' | 'named' | 'calendar';

export type NextVersion = {
  /** Null: no commit asks for a release; `because` says of each why not. */
  readonly next: string | null;
  readonly tag: string | null;
  readonly bump: Raise | null;
  /** The version before: the one that `next` counts up from. */
  readonly from: TaggedVersion | null;
  readonly because: readonly Accounted[];
  /** One sentence for people. */
  readonly why: string;
  /** Something asks for a release, and this branch may not give it (a feature on 1.2.x). */
  readonly refused: boolean;
};

const ORDER: Readonly<Record<Bump, number>> = { patch: 1, minor: 2, major: 3 };

type Ground = {
  readonly from: TaggedVersion | null;
  readonly lane: Lane;
  readonly rules: VersionRules;
  readonly all: readonly TaggedVersion[];
  /** Numbers that nobody gets again: tagged, or held by a lane that is open. */
  readonly taken: ReadonlySet<string>;
  readonly open: readonly OpenLane[];
  readonly commits: readonly CommitText[];
  readonly because: readonly Accounted[];
};

/**
 * The next version after SemVer 2.0.0: a breaking change raises the major (before 1.0.0 the minor, since 0.x promises
 * nothing), a feature the minor, a fix the patch. The first version is 0.1.0 whatever the commits say, and only a person
 * makes 1.0.0 by tagging it. A number that a tag already has, or that an open hotfix lane holds, is never given again.
 */
export function nextVersion(request: VersionRequest): NextVersion {
  const { lane = STABLE, rules = DEFAULT_RULES, open = [], commits } = request;
  const all = versionsOf(request.tags, request.tagging);
  const from = request.from === undefined ? versionBefore(all, commits, lane) : request.from;
  const released = from === null ? new Set<string>() : reachable(commits, from.commit);
  const because = accountFor(commits, released, request.touching ?? null, rules.types);
  const held = open.filter((one) => one.version !== lane.named).map((one) => one.version);
  const ground = { from, lane, rules, all, taken: new Set([...all.map((tagged) => tagged.version), ...held]), open, commits, because };
  const bump = raiseOf(ground, request.atLeast ?? null);
  const none = (why: string, refused = false): NextVersion => ({ next: null, tag: null, bump: null, from, because, why, refused });
  if (bump === null) return none(nothing(because, from));
  const stable = stableAfter(ground, bump);
  const fault = faultOf(ground, bump, stable);
  if (fault !== null) return none(fault, true);
  const identifier = request.prerelease ?? lane.prerelease;
  const last = identifier === null ? null : lastPrerelease(all, stable, identifier);
  if (last !== null && !asksSince(ground, last)) return none(nothing(because, last));
  const next = identifier === null ? stable : `${stable}-${identifier}.${last === null ? 1 : counterOf(last.version) + 1}`;
  return {
    next,
    tag: tagFor(next, from, request.tagging),
    bump,
    from,
    because,
    why: `${sentence(next, bump, ground)}${around(ground, stable)}`,
    refused: false,
  };
}

/**
 * The version to count from: the best among those whose commit the history holds (a maintenance branch counts from its
 * own last version), else the best of all, because a partial history doesn't show where its tag is.
 */
export function versionBefore(
  versions: readonly TaggedVersion[],
  commits: readonly CommitText[],
  lane: Lane = STABLE,
): TaggedVersion | null {
  const ids = new Set(commits.map((commit) => commit.id));
  const bases = basesOf(versions, lane);
  return bases.find((tagged) => tagged.commit !== null && ids.has(tagged.commit)) ?? bases[0] ?? null;
}

/** `start` and all its ancestors within `commits`. */
export function reachable(commits: readonly CommitText[], start: string | null): Set<string> {
  const seen = new Set<string>();
  if (start === null || !commits.some((commit) => commit.id === start)) return seen;
  const parents = new Map(commits.map((commit) => [commit.id, commit.parents]));
  const stack = [start];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    if (seen.has(id) || !parents.has(id)) continue;
    seen.add(id);
    stack.push(...(parents.get(id) ?? []));
  }
  return seen;
}

function raiseOf({ lane, from, because }: Ground, atLeast: Bump | null): Raise | null {
  const some = because.some((entry) => entry.kind !== 'elsewhere' && entry.kind !== 'released');
  if (lane.kind === 'named') return some ? 'named' : null;
  // The branch 1.4.x before 1.4.0: it opens with that number.
  if (lane.within !== null && (from === null || !isWithin(from.version, lane.within))) return some ? 'named' : null;
  if (from === null) return some ? 'first' : null;
  const asked = larger(strongest(because), atLeast);
  if (lane.kind === 'hotfix') return asked === null && !some ? null : 'patch';
  return asked;
}

/** The stable number that this raise leads to, free of what others have. */
function stableAfter({ from, lane, rules, all, taken, open }: Ground, bump: Raise): string {
  if (bump === 'named') {
    const number = lane.named ?? `${lane.within?.major ?? 0}.${lane.within?.minor ?? 0}.0`;
    return free(number, 'patch', taken, rules.zero);
  }
  if (lane.kind === 'hotfix' && lane.named !== null) return free(lane.named, 'patch', taken, rules.zero);
  if (from === null || bump === 'first' || bump === 'calendar') {
    // Pre-releases that were given already say which number comes first.
    const begun = all[0] === undefined || semver.prerelease(all[0].version) === null ? rules.initial : stablePart(all[0].version);
    return free(begun, 'minor', taken, rules.zero);
  }
  const next = raise(from.version, bump, rules.zero);
  const floor = lane.above ? highest(open.filter((one) => one.kind === 'release').map((one) => one.version)) : null;
  return free(floor !== null && semver.lte(next, floor) ? raise(floor, 'minor', rules.zero) : next, bump, taken, rules.zero);
}

/** Why this lane can't give that number, or null. */
function faultOf({ lane, from, all, because, commits }: Ground, bump: Raise, stable: string): string | null {
  const { within } = lane;
  if (within === null || from === null || bump === 'named') return null;
  const asking = because.filter((entry) => entry.bump === bump).length;
  const said = `${asking} commit${asking === 1 ? '' : 's'} ask${asking === 1 ? 's' : ''} for a ${bump}`;
  if (!isWithin(stable, within)) return `${stable} is not within ${rangeName(within)}: ${said}; release that from the trunk`;
  // A minor above one that was released elsewhere would promise what this branch does not hold.
  const ids = new Set(commits.map((commit) => commit.id));
  const elsewhere = all.find(
    (tagged) =>
      !tagged.version.includes('-') &&
      isWithin(tagged.version, within) &&
      semver.gt(tagged.version, from.version) &&
      semver.patch(tagged.version) === 0 &&
      (tagged.commit === null || !ids.has(tagged.commit)),
  );
  return bump === 'minor' && elsewhere !== undefined
    ? `${elsewhere.version} was released from another branch, and this one holds nothing of it: ${said}; a patch is all that ${rangeName(within)} can give`
    : null;
}

function lastPrerelease(all: readonly TaggedVersion[], stable: string, identifier: string): TaggedVersion | null {
  const form = (version: string): boolean => {
    if (!version.startsWith(`${stable}-`)) return false;
    const parts = semver.prerelease(version);
    return parts?.length === 2 && parts[0] === identifier && typeof parts[1] === 'number' && stablePart(version) === stable;
  };
  return all.find((tagged) => form(tagged.version)) ?? null;
}

/** Whether a commit since the pre-release `last` asks for a version; where the history doesn't show it, yes. */
function asksSince({ commits, because, lane }: Ground, last: TaggedVersion): boolean {
  if (last.commit === null || !commits.some((commit) => commit.id === last.commit)) return true;
  const before = reachable(commits, last.commit);
  return because.some((entry) => !before.has(entry.commit) && (entry.bump !== null || (lane.kind === 'named' && isFresh(entry))));
}

function strongest(because: readonly Accounted[]): Bump | null {
  return because.reduce<Bump | null>((most, { bump }) => larger(most, bump), null);
}

function larger(a: Bump | null, b: Bump | null): Bump | null {
  if (a === null || b === null) return a ?? b;
  return ORDER[a] >= ORDER[b] ? a : b;
}

function highest(versions: readonly string[]): string | null {
  return versions.reduce<string | null>((most, version) => (most === null || semver.gt(version, most) ? version : most), null);
}

function raise(version: string, bump: Bump, zero: VersionRules['zero']): string {
  const { major, minor, patch } = new semver.SemVer(version);
  const step = major === 0 && bump === 'major' ? zero : bump;
  if (step === 'major') return `${major + 1}.0.0`;
  return step === 'minor' ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`;
}

function free(version: string, bump: Bump, taken: ReadonlySet<string>, zero: VersionRules['zero']): string {
  let candidate = version;
  while (taken.has(candidate)) candidate = raise(candidate, bump, zero);
  return candidate;
}

function stablePart(version: string): string {
  const { major, minor, patch } = new semver.SemVer(version);
  return `${major}.${minor}.${patch}`;
}

function counterOf(version: string): number {
  const count = semver.prerelease(version)?.[1];
  return typeof count === 'number' ? count : 0;
}

/** Whether a commit is new to the users of this service. */
export function isFresh(entry: Accounted): boolean {
  return entry.kind !== 'released' && entry.kind !== 'elsewhere';
}

/** Why there is no version since `from`. */
export function nothing(because: readonly Accounted[], from: TaggedVersion | null): string {
  const fresh = because.filter(isFresh).length;
  const since = from === null ? '' : ` since ${from.tag}`;
  if (fresh === 0) return `there is no commit${since}`;
  return `none of the ${fresh} commit${fresh === 1 ? '' : 's'}${since} asks for a release`;
}

function sentence(next: string, bump: Raise, { from, because, lane, rules }: Ground): string {
  if (bump === 'named') return `${next}: the branch says the number`;
  if (from === null || bump === 'first') return `${next} is the first version: nothing was released before`;
  if (lane.kind === 'hotfix') return `${next}: a hotfix of ${from.version} is a patch, whatever its commits say`;
  const asking = because.filter((entry) => entry.bump === bump).length;
  if (asking === 0) return `${next}: a ${bump} on ${from.version}, as asked; no commit asks for it`;
  const below = bump === 'major' && semver.major(from.version) === 0 && rules.zero === 'minor';
  const rule = below ? ', and before 1.0.0 a breaking change raises the minor' : '';
  return `${next}: ${asking} commit${asking === 1 ? '' : 's'} since ${from.tag} ask${asking === 1 ? 's' : ''} for a ${bump}${rule}`;
}

/** What other branches have to do with the number. */
function around({ open, lane, from }: Ground, stable: string): string {
  const held = open.filter(
    (one) => one.version !== lane.named && semver.lt(one.version, stable) && (from === null || semver.gt(one.version, from.version)),
  );
  return held.length === 0 ? '' : `; ${held.map((one) => `${one.version} is held by ${one.branch}`).join(', ')}`;
}
