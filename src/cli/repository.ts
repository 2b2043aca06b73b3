import { resolveRef, runGit } from '../host/git.run.ts';
import { isCommitId, shortRef } from '../host/git.ts';
import { idsOfHistory, readFiles, refsByReach, visitHistory } from '../host/git-history.run.ts';
import { readRefsNow } from '../host/git-refs.run.ts';
import type { Ref, Refs } from '../host/git-refs.run.ts';
import { shallowHistory } from '../host/git.problems.ts';
import type { DatedCommit } from '../artifacts/notes/changelog.ts';
import { calendarVersionsOf, readScheme, schemeOfTags } from '../artifacts/versions/calendar.ts';
import type { CalendarScheme } from '../artifacts/versions/calendar.ts';
import { basesOf, heldBy, laneOf } from '../artifacts/versions/lane.ts';
import type { Lane, OpenLane, Strategy } from '../artifacts/versions/lane.ts';
import { readMessage } from '../artifacts/versions/message.ts';
import type { ConventionalMessage } from '../artifacts/versions/message.ts';
import { DEFAULT_RULES } from '../artifacts/versions/rules.ts';
import type { VersionRules } from '../artifacts/versions/rules.ts';
import { commonPrefix, versionsOf } from '../artifacts/versions/tags.ts';
import type { TaggedVersion, Tagging, VersionTag } from '../artifacts/versions/tags.ts';

/** More commits than this are refused. */
export const HISTORY_LIMIT = 1_000_000;
/** Open hotfix and release branches that are looked at; of more, the first by name. */
const LANES = 50;
const SETTINGS = '.yardmaster/versions.yaml';
const FILE_LIMIT = 1024 * 1024;

export type RepositoryArgs = {
  readonly repo: string;
  /** The service's folder in a repository of several services. */
  readonly path?: string;
  readonly name?: string;
  /** Default HEAD. */
  readonly to?: string;
  /** What the branch is called, where git can't know it (a detached checkout). */
  readonly branch?: string;
  readonly strategy?: Strategy;
  readonly calendar?: string;
  /** How tags are written: `v{version}`. */
  readonly tag?: string;
};

/** What a repository says about the versions of one service. */
export type Repository = {
  readonly dir: string;
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
  readonly refs: Refs;
};

/** Reads refs, settings and the names of a service: all but its history. */
export async function openRepository(args: RepositoryArgs, known?: { refs: Refs; to: string }): Promise<Repository> {
  const refs = known?.refs ?? readRefsNow(args.repo);
  const to = known?.to ?? (await commitOf(args.repo, refs, args.to));
  const path = cleanPath(args.path ?? '.');
  const monorepo = path !== '';
  const [settings, manifest] = await readFiles(args.repo, to, [SETTINGS, monorepo ? `${path}/package.json` : 'package.json'], FILE_LIMIT);
  const set = settings == null ? null : (await import('../artifacts/versions/settings.ts')).readVersionSettings(settings, path);
  const rules = withArgs(set?.rules ?? DEFAULT_RULES, args);
  const service = args.name ?? set?.name ?? (monorepo ? (path.split('/').at(-1) ?? 'service') : 'service');
  const tags = refs.refs
    .filter((ref) => ref.ref.startsWith('refs/tags/'))
    .map(({ ref, commit, at }) => ({ name: ref.slice(10), commit, at }));
  const aliases = args.name === undefined ? [nameIn(manifest ?? null), monorepo ? path : null].filter((name) => name !== null) : [];
  const plain: Tagging = { service, monorepo, aliases: aliases.filter((name) => name !== service), format: rules.tag };
  const chosen = args.strategy !== undefined || args.calendar !== undefined || set !== null;
  const scheme = rules.strategy === 'calendar' ? readScheme(rules.calendar ?? 'YYYY.MM.MICRO') : chosen ? null : schemeOfTags(tags, plain);
  const { tagging, versions } = versionsIn(tags, plain, scheme);
  const branch = args.branch ?? branchOf(refs, args.to, to);
  const strategy = scheme === null ? rules.strategy : 'calendar';
  const lane = laneOf(branch, { ...rules, strategy });
  return {
    dir: args.repo,
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

function withArgs(rules: VersionRules, args: RepositoryArgs): VersionRules {
  const strategy = args.strategy ?? (args.calendar === undefined ? rules.strategy : 'calendar');
  return { ...rules, strategy, calendar: args.calendar ?? rules.calendar, tag: args.tag ?? rules.tag };
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

/** The commit of `to`, without a process where the refs say it. */
export async function commitOf(dir: string, refs: Refs, to: string | undefined): Promise<string> {
  if (to === undefined || to === 'HEAD') {
    const head = refs.refs.find((ref) => ref.ref === refs.head);
    return head?.commit ?? (await resolveRef(dir, 'HEAD'));
  }
  return resolveRef(dir, to);
}

/** The branch of the commit asked about: the one named, the one checked out, or the only one that points at it. */
function branchOf(refs: Refs, to: string | undefined, commit: string): string | null {
  if (to === undefined || to === 'HEAD') {
    if (refs.head !== null) return shortRef(refs.head);
    const names = new Set(refs.refs.filter((ref) => ref.commit === commit).flatMap((ref) => branchName(ref) ?? []));
    const [only] = names;
    return names.size === 1 && only !== undefined ? only : null;
  }
  const found = refs.refs.find(
    (ref) => branchName(ref) !== null && (ref.ref === to || branchName(ref) === to || ref.ref === `refs/remotes/${to}`),
  );
  return found === undefined ? null : branchName(found);
}

/** The short name of a branch, here or at a remote; null for tags and a remote's HEAD. */
function branchName({ ref }: Pick<Ref, 'ref'>): string | null {
  if (ref.startsWith('refs/heads/')) return ref.slice('refs/heads/'.length);
  const remote = /^refs\/remotes\/[^/]+\/(.+)$/.exec(ref)?.[1];
  return remote === undefined || remote === 'HEAD' ? null : remote;
}

/**
 * The version to count from: the best that the commit reaches. Where it reaches none, the best of all for a trunk whose
 * last version was made elsewhere, and none for a branch of its own range.
 */
export async function baseOf(repository: Repository): Promise<TaggedVersion | null> {
  const { dir, to, lane, scheme, versions } = repository;
  const bases = scheme === null ? basesOf(versions, lane) : versions.filter((tagged) => !tagged.version.includes('-'));
  const [best] = bases;
  if (best === undefined) {
    if (await isShallow(dir)) throw shallowHistory({ what: 'whether anything was released before can’t be seen' });
    return null;
  }
  if (best.commit === to || (best.commit !== null && (await reaches(dir, to, best.commit)))) return best;
  const merged = await refsByReach(dir, to, true, ['refs/tags']);
  const found = bases.find((tagged) => merged.has(`refs/tags/${tagged.tag}`));
  if (found !== undefined) return found;
  if (await isShallow(dir)) throw shallowHistory({ what: `whether ${best.tag} comes before ${to.slice(0, 12)} can't be seen` });
  return lane.kind === 'stable' ? best : null;
}

async function reaches(dir: string, commit: string, ancestor: string): Promise<boolean> {
  return runGit(dir, ['merge-base', '--is-ancestor', ancestor, commit]).then(
    () => true,
    () => false,
  );
}

/** Whether commits are missing at the end of the history. */
export async function isShallow(dir: string): Promise<boolean> {
  return (await runGit(dir, ['rev-parse', '--is-shallow-repository'])).toString().trim() === 'true';
}

/** What other branches hold: hotfix lanes that are not merged, and releases that are being made ready. */
export async function openLanes(repository: Repository): Promise<OpenLane[]> {
  const { dir, to, rules, refs, branch, scheme } = repository;
  if (scheme !== null) return [];
  const candidates = new Map<string, Ref>();
  for (const ref of refs.refs) {
    const name = branchName(ref);
    if (name === null || name === branch || candidates.has(name)) continue;
    const lane = laneOf(name, rules);
    if (lane.kind === 'hotfix' || heldBy(name, rules, null) !== null) candidates.set(name, ref);
  }
  if (candidates.size === 0) return [];
  const some = [...candidates].slice(0, LANES);
  const unmerged = await refsByReach(
    dir,
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
async function cutFrom({ dir, versions, lane }: Repository, { commit }: Ref): Promise<string | null> {
  if (versions.some((tagged) => tagged.commit === commit)) return null;
  const merged = await refsByReach(dir, commit, true, ['refs/tags']);
  return basesOf(versions, { ...lane, within: null, named: null }).find((tagged) => merged.has(`refs/tags/${tagged.tag}`))?.version ?? null;
}

/** The commits after `from` (null: all), newest first, with the ids of those that touch the service's folder. */
export async function commitsSince(
  { dir, to, monorepo, path, rules }: Pick<Repository, 'dir' | 'to' | 'monorepo' | 'path' | 'rules'>,
  from: string | null,
): Promise<{ commits: DatedCommit[]; touching: Set<string> | null }> {
  const commits: DatedCommit[] = [];
  const range = { to, from, limit: HISTORY_LIMIT };
  const slim = slimmer(rules.types);
  let above: readonly string[] = [];
  const [touching] = await Promise.all([
    monorepo ? idsOfHistory(dir, { ...range, paths: [path] }) : Promise.resolve(null),
    visitHistory(dir, range, ({ id, parents, at, subject, body }) => {
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

/** Whether `to` is named in a way that the refs answer for: nothing else may be remembered under them. */
export function isStable(refs: Refs, to: string | undefined): boolean {
  if (to === undefined || to === 'HEAD' || isCommitId(to)) return true;
  return refs.refs.some(({ ref }) => ref === to || shortRef(ref) === to || ref === `refs/remotes/${to}`);
}
