import { shallowHistory } from '../../host/git.problems.ts';
import type { DatedCommit } from '../notes/changelog.ts';
import { calendarVersionsOf, nextCalendarVersion, readScheme, schemeOfTags } from './calendar.ts';
import type { CalendarScheme } from './calendar.ts';
import { basesOf, heldBy, laneOf } from './lane.ts';
import type { Lane, OpenLane, Strategy } from './lane.ts';
import { readMessage } from './message.ts';
import type { ConventionalMessage } from './message.ts';
import { nextVersion } from './next.ts';
import type { NextVersion } from './next.ts';
import { DEFAULT_RULES } from './rules.ts';
import type { VersionRules } from './rules.ts';
import { commonPrefix, tagFor, versionsOf } from './tags.ts';
import type { TaggedVersion, Tagging, VersionTag } from './tags.ts';

/** One ref by its full name. `at`: when it was made (milliseconds since the epoch), null where not known. */
export type Ref = { readonly ref: string; readonly commit: string; readonly at: number | null };
export type ReadCommit = {
  readonly id: string;
  readonly parents: readonly string[];
  readonly at: number;
  readonly subject: string;
  readonly body: string;
};
export type ReadRange = {
  readonly to: string;
  readonly from?: string | null;
  readonly paths?: readonly string[];
  readonly limit: number;
};

/** What the version of a repository is found by; `host/git-history.run.ts` reads it with git, for ym and for the server. */
export type VersionReader = {
  /** Texts of files of a commit; null: not there, or larger than `limit` bytes. */
  files(commit: string, paths: readonly string[], limit: number): Promise<readonly (string | null)[]>;
  /** Full names of the refs under `patterns` that `commit` reaches (`merged`), or does not. */
  refsByReach(commit: string, merged: boolean, patterns: readonly string[]): Promise<ReadonlySet<string>>;
  /** Whether `ancestor` is `commit` or comes before it. */
  reaches(commit: string, ancestor: string): Promise<boolean>;
  /** Whether commits are missing at the end of the history. */
  isShallow(): Promise<boolean>;
  /** Gives each commit that `to` reaches and `from` does not, newest first; more than `limit` are refused. */
  visit(range: ReadRange, visit: (commit: ReadCommit) => void): Promise<void>;
  /** The ids of the commits of a range. */
  ids(range: ReadRange): Promise<Set<string>>;
};

/** More commits than this are refused. */
export const HISTORY_LIMIT = 1_000_000;
/** Open hotfix and release branches that are looked at; of more, the first by name. */
const LANES = 50;
const SETTINGS = '.yardmaster/versions.yaml';
const FILE_LIMIT = 1024 * 1024;

/** What is asked of a repository. */
export type RepositoryArgs = {
  /** The service's folder in a repository of several services. */
  readonly path?: string;
  readonly name?: string;
  /** What the branch is called, where git can't know it (a detached checkout). */
  readonly branch?: string;
  readonly strategy?: Strategy;
  readonly calendar?: string;
  /** How tags are written: `v{version}`. */
  readonly tag?: string;
  /** The trunk's name, where it is none of the usual ones and the repository does not say it. */
  readonly trunk?: string;
  /** Versions that were given beside the tags, and what they are of: our own record of releases. */
  readonly given?: readonly { readonly number: string; readonly tag: string; readonly commit: string }[];
};

/** The refs of a repository, and the commit that is asked about. */
export type At = {
  readonly reader: VersionReader;
  readonly refs: readonly Ref[];
  /** The branch of `to`, where it is known. */
  readonly branch: string | null;
  readonly to: string;
};

/** What a repository says about the versions of one service. */
export type Repository = {
  readonly reader: VersionReader;
  /** The commit asked about. */
  readonly to: string;
  readonly branch: string | null;
  readonly service: string;
  readonly monorepo: boolean;
  readonly path: string;
  readonly rules: VersionRules;
  readonly scheme: CalendarScheme | null;
  readonly tagging: Tagging;
  readonly lane: Lane;
  readonly tags: readonly VersionTag[];
  /** Highest or latest first. */
  readonly versions: readonly TaggedVersion[];
  readonly refs: readonly Ref[];
};

/** Reads settings and the names of a service: all but its history. Throws a Problem where the settings are wrong. */
export async function openRepository({ reader, refs, branch, to }: At, args: RepositoryArgs): Promise<Repository> {
  const path = cleanPath(args.path ?? '.');
  const monorepo = path !== '';
  const [settings, manifest] = await reader.files(to, [SETTINGS, monorepo ? `${path}/package.json` : 'package.json'], FILE_LIMIT);
  const set = settings == null ? null : (await import('./settings.ts')).readVersionSettings(settings, path);
  const rules = withArgs(set?.rules ?? DEFAULT_RULES, args);
  const service = args.name ?? set?.name ?? (monorepo ? (path.split('/').at(-1) ?? 'service') : 'service');
  const inGit = refs.filter((ref) => ref.ref.startsWith('refs/tags/')).map(({ ref, commit, at }) => ({ name: ref.slice(10), commit, at }));
  const aliases = args.name === undefined ? [nameIn(manifest ?? null), monorepo ? path : null].filter((name) => name !== null) : [];
  const plain: Tagging = { service, monorepo, aliases: aliases.filter((name) => name !== service), format: rules.tag };
  const chosen = args.strategy !== undefined || args.calendar !== undefined || set !== null;
  const scheme = rules.strategy === 'calendar' ? readScheme(rules.calendar ?? 'YYYY.MM.MICRO') : chosen ? null : schemeOfTags(inGit, plain);
  const { tags, tagging, versions } = withGiven(inGit, versionsIn(inGit, plain, scheme), scheme, args.given ?? []);
  const strategy = scheme === null ? rules.strategy : 'calendar';
  const lane = laneOf(branch, { ...rules, strategy });
  return {
    reader,
    to,
    branch,
    service,
    monorepo,
    path,
    rules: { ...rules, strategy },
    scheme,
    tagging,
    lane,
    tags,
    versions,
    refs,
  };
}

function versionsIn(
  tags: readonly VersionTag[],
  tagging: Tagging,
  scheme: CalendarScheme | null,
): Pick<Repository, 'tagging' | 'versions'> {
  if (scheme !== null) return { tagging, versions: calendarVersionsOf(tags, tagging, scheme) };
  const versions = versionsOf(tags, tagging);
  const prefix = versions.length > 0 || tagging.monorepo || tagging.format != null ? null : commonPrefix(tags);
  if (prefix === null) return { tagging, versions };
  const special = { ...tagging, format: `${prefix}{version}` };
  return { tagging: special, versions: versionsOf(tags, special) };
}

/**
 * The tags together with what was given and has no tag. A number that was given under a name that is no longer the
 * service's is still its own, so it gets a tag that counts.
 */
function withGiven(
  inGit: readonly VersionTag[],
  found: Pick<Repository, 'tagging' | 'versions'>,
  scheme: CalendarScheme | null,
  given: NonNullable<RepositoryArgs['given']>,
): Pick<Repository, 'tags' | 'tagging' | 'versions'> {
  if (given.length === 0) return { tags: inGit, ...found };
  const { tagging } = found;
  const read = (tags: readonly VersionTag[]) => (scheme === null ? versionsOf(tags, tagging) : calendarVersionsOf(tags, tagging, scheme));
  const own = given.map(({ number, tag, commit }) => ({
    name: read([{ name: tag, commit }])[0]?.version === number ? tag : tagFor(number, null, tagging),
    commit,
  }));
  const tags = [...own, ...inGit];
  return { tags, tagging, versions: read(tags) };
}

function withArgs(rules: VersionRules, args: RepositoryArgs): VersionRules {
  const strategy = args.strategy ?? (args.calendar === undefined ? rules.strategy : 'calendar');
  const trunk = args.trunk === undefined || rules.trunk !== DEFAULT_RULES.trunk ? rules.trunk : [args.trunk, ...rules.trunk];
  return { ...rules, strategy, trunk, calendar: args.calendar ?? rules.calendar, tag: args.tag ?? rules.tag };
}

function cleanPath(path: string): string {
  const bare = path.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
  return bare === '.' ? '' : bare;
}

/** The name that a package gives itself; tags may begin with it. */
function nameIn(manifest: string | null): string | null {
  try {
    const { name } = JSON.parse(manifest ?? 'null') as { name?: unknown };
    return typeof name === 'string' && /^[\w@./-]{1,214}$/.test(name) ? name : null;
  } catch {
    return null;
  }
}

/** The branch that a commit is the head of, where that is one; null: none, or several. */
export function branchAt(refs: readonly Ref[], commit: string): string | null {
  const names = new Set(refs.filter((ref) => ref.commit === commit).flatMap((ref) => branchName(ref) ?? []));
  const [only] = names;
  return names.size === 1 && only !== undefined ? only : null;
}

/** The short name of a branch, here or at a remote; null for tags and a remote's HEAD. */
export function branchName({ ref }: Pick<Ref, 'ref'>): string | null {
  if (ref.startsWith('refs/heads/')) return ref.slice('refs/heads/'.length);
  const remote = /^refs\/remotes\/[^/]+\/(.+)$/.exec(ref)?.[1];
  return remote === undefined || remote === 'HEAD' ? null : remote;
}

/**
 * The version to count from: the best that the commit reaches. Where it reaches none, the best of all for a trunk whose
 * last version was made elsewhere, and none for a branch of its own range.
 */
export async function baseOf(repository: Repository): Promise<TaggedVersion | null> {
  const { reader, to, lane, scheme, versions, refs } = repository;
  const bases = scheme === null ? basesOf(versions, lane) : versions.filter((tagged) => !tagged.version.includes('-'));
  const [best] = bases;
  if (best === undefined) {
    if (await reader.isShallow()) throw shallowHistory({ what: 'whether anything was released before can’t be seen' });
    return null;
  }
  if (best.commit === to || (best.commit !== null && (await reader.reaches(to, best.commit)))) return best;
  const merged = await mergedVersions(reader, to, refs, bases);
  const found = bases.find((tagged) => merged.has(tagged));
  if (found !== undefined) return found;
  if (await reader.isShallow()) throw shallowHistory({ what: `whether ${best.tag} comes before ${to.slice(0, 12)} can't be seen` });
  return lane.kind === 'stable' ? best : null;
}

/** Versions that were given and never tagged are asked one by one, so only so many of them. */
const UNTAGGED = 50;

/** The versions whose commit is `to` or before it. */
async function mergedVersions(
  reader: VersionReader,
  to: string,
  refs: readonly Ref[],
  versions: readonly TaggedVersion[],
): Promise<Set<TaggedVersion>> {
  const merged = await reader.refsByReach(to, true, ['refs/tags']);
  const tagged = new Set(refs.map((ref) => ref.ref));
  const found = new Set(versions.filter(({ tag }) => merged.has(`refs/tags/${tag}`)));
  let asked = 0;
  for (const version of versions) {
    if (version.commit === null || tagged.has(`refs/tags/${version.tag}`) || asked >= UNTAGGED) continue;
    asked += 1;
    if (version.commit === to || (await reader.reaches(to, version.commit))) {
      found.add(version);
      // They are asked the best first: what is lower decides nothing.
      break;
    }
  }
  return found;
}

/** What other branches hold: hotfix lanes that are not merged, and releases that are being made ready. */
export async function openLanes(repository: Repository): Promise<OpenLane[]> {
  const { reader, to, rules, refs, branch, scheme } = repository;
  if (scheme !== null) return [];
  const candidates = new Map<string, Ref>();
  for (const ref of refs) {
    const name = branchName(ref);
    if (name === null || name === branch || candidates.has(name)) continue;
    const lane = laneOf(name, rules);
    if (lane.kind === 'hotfix' || heldBy(name, rules, null) !== null) candidates.set(name, ref);
  }
  if (candidates.size === 0) return [];
  const some = [...candidates].slice(0, LANES);
  const unmerged = await reader.refsByReach(
    to,
    false,
    some.map(([, ref]) => ref.ref),
  );
  const open: OpenLane[] = [];
  for (const [name, ref] of some) {
    if (!unmerged.has(ref.ref)) continue;
    const held = heldBy(name, rules, null) ?? heldBy(name, rules, await cutFrom(repository, ref));
    if (held !== null) open.push(held);
  }
  return open;
}

/** The version that a lane without a number was cut from; null where it is released itself, or of no version. */
async function cutFrom({ reader, versions, refs, lane }: Repository, { commit }: Ref): Promise<string | null> {
  if (versions.some((tagged) => tagged.commit === commit)) return null;
  const bases = basesOf(versions, { ...lane, within: null, named: null });
  const merged = await mergedVersions(reader, commit, refs, bases);
  return bases.find((tagged) => merged.has(tagged))?.version ?? null;
}

/** The commits after `from` (null: all), newest first, with the ids of those that touch the service's folder. */
export async function commitsSince(
  { reader, to, monorepo, path, rules }: Pick<Repository, 'reader' | 'to' | 'monorepo' | 'path' | 'rules'>,
  from: string | null,
): Promise<{ commits: DatedCommit[]; touching: Set<string> | null }> {
  const commits: DatedCommit[] = [];
  const range = { to, from, limit: HISTORY_LIMIT };
  const slim = slimmer(rules.types);
  let above: readonly string[] = [];
  const [touching] = await Promise.all([
    monorepo ? reader.ids({ ...range, paths: [path] }) : Promise.resolve(null),
    reader.visit(range, ({ id, parents, at, subject, body }) => {
      // The same text as the parent of the commit above is kept once.
      commits.push({ id: above[0] === id ? above[0] : id, parents, at, subject, body: '', message: slim(readMessage(subject, body)) });
      above = parents;
    }),
  ]);
  return { commits, touching };
}

const TOLD = new Set(['feat', 'feature', 'fix', 'perf', 'revert']);

/** Of messages that nobody is told, only their type is kept, once: long histories are mostly that. */
function slimmer(types: VersionRules['types']): (message: ConventionalMessage | null) => ConventionalMessage | null {
  const shared = new Map<string, ConventionalMessage>();
  return (message) => {
    if (message === null || message.breaking !== null || message.reverts !== null) return message;
    const { type } = message;
    if (TOLD.has(type) || Object.hasOwn(types, type)) return message;
    const same = shared.get(type) ?? { type, scope: null, description: '', breaking: null, reverts: null, issues: [] };
    if (shared.size < 1000) shared.set(type, same);
    return same;
  };
}

export type NextArgs = RepositoryArgs & {
  readonly prerelease?: string;
  /** A patch even where no commit asks for one. */
  readonly hotfix?: boolean;
  /** The instant that a calendar version is of, milliseconds since the epoch. */
  readonly now: number;
};

export type ReadNext = {
  readonly repository: Repository;
  readonly answer: NextVersion;
  readonly commits: readonly DatedCommit[];
  /** What other branches hold. */
  readonly open: readonly OpenLane[];
};

/**
 * Reads what came since the version before, and asks for the next one. `hold` may say otherwise which numbers lanes hold,
 * and that this branch holds one itself.
 */
export async function readNext(
  at: At,
  args: NextArgs,
  hold: (repository: Repository, open: readonly OpenLane[]) => { readonly open: readonly OpenLane[]; readonly own: string | null } = (
    _,
    open,
  ) => ({ open, own: null }),
): Promise<ReadNext> {
  const repository = await openRepository(at, args);
  const { tagging, tags, rules, scheme } = repository;
  const from = await baseOf(repository);
  const [{ commits, touching }, lanes] = await Promise.all([commitsSince(repository, from?.commit ?? null), openLanes(repository)]);
  const { open, own } = hold(repository, lanes);
  const lane = own === null ? repository.lane : { ...repository.lane, named: own };
  const request = { tagging, tags, commits, touching, from, rules, prerelease: args.prerelease ?? null };
  const answer =
    scheme === null
      ? nextVersion({ ...request, lane, open, atLeast: args.hotfix === true ? 'patch' : null })
      : nextCalendarVersion({ ...request, now: args.now }, scheme);
  return { repository, answer, commits, open };
}
