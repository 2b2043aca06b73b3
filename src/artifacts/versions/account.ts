import type { ConventionalMessage } from './message.ts';
import { readMessage } from './message.ts';

/** What the version needs to know of a commit; `host/git.ts`'s `Commit` is one. */
export type CommitText = {
  readonly id: string;
  readonly parents: readonly string[];
  readonly subject: string;
  readonly body: string;
  /** The message, where it was read already: of long histories nobody keeps the bodies. */
  readonly message?: ConventionalMessage | null;
};

export type Bump = 'major' | 'minor' | 'patch';

/**
 * - `breaking`, `feature`, `fix`, `performance`, `revert`: they ask for a release.
 * - `other`: conventional, of a type that asks for none (docs, chore, test ...).
 * - `undone`: reverted before it was ever released; `undoing`: the revert of such a one.
 * - `merge`, `unconventional`: say nothing of their own. `released`: already in the version before. `elsewhere`: in a
 *   repository of several services, a commit that touches nothing of this one.
 */
export type CommitKind =
  | 'breaking'
  | 'feature'
  | 'fix'
  | 'performance'
  | 'revert'
  | 'other'
  | 'undone'
  | 'undoing'
  | 'merge'
  | 'unconventional'
  | 'released'
  | 'elsewhere';

/** One commit, accounted for. */
export type Accounted = {
  readonly commit: string;
  readonly subject: string;
  readonly kind: CommitKind;
  /** What the change is in SemVer's words, before the rule for 0.x; null where it asks for no release. */
  readonly bump: Bump | null;
  readonly why: string;
  readonly message: ConventionalMessage | null;
};

/**
 * Accounts for every commit (newest first, as git lists them). A revert cancels the commit it names where that one is in
 * the list and older; a revert that is itself reverted cancels nothing. `released` are ids that are in the version before;
 * `touching`, where given, the ids of the commits that touch this service; `types` what types of commits ask for in this
 * repository, where it is not the usual.
 */
export function accountFor(
  commits: readonly CommitText[],
  released: ReadonlySet<string> = new Set(),
  touching: ReadonlySet<string> | null = null,
  types: Readonly<Record<string, Bump | 'none'>> = {},
): Accounted[] {
  const messages = commits.map((commit) => (commit.message === undefined ? readMessage(commit.subject, commit.body) : commit.message));
  const undoneBy = new Map<number, number>();
  const undoing = new Set<number>();
  const find = finder(commits, messages);
  messages.forEach((message, at) => {
    const reverts = message?.reverts ?? null;
    if (reverts === null || undoneBy.has(at) || released.has(commits[at]?.id ?? '')) return;
    const targets = find(reverts.commits, reverts.subject, at).filter((target) => target >= 0 && !released.has(commits[target]?.id ?? ''));
    const named = Math.max(reverts.commits.length, 1);
    for (const target of targets) if (!undoneBy.has(target)) undoneBy.set(target, at);
    // Where one of the commits that it names was already released, the revert changes what users have.
    if (targets.length >= named) undoing.add(at);
  });
  return commits.map((commit, at) => {
    const message = messages[at] ?? null;
    const base = { commit: commit.id, subject: commit.subject, message };
    if (released.has(commit.id)) return { ...base, kind: 'released', bump: null, why: 'it is in the version before' };
    if (touching !== null && !touching.has(commit.id))
      return { ...base, kind: 'elsewhere', bump: null, why: 'it touches nothing of this service' };
    const by = undoneBy.get(at);
    if (by !== undefined) return { ...base, kind: 'undone', bump: null, why: `undone by ${short(commits[by]?.id)} before it was released` };
    if (undoing.has(at) && message?.breaking === null) {
      return { ...base, kind: 'undoing', bump: null, why: 'it undoes what was never released' };
    }
    return { ...base, ...judge(commit, message, types) };
  });
}

/** Finds, for a revert at `after`, the places of the older commits that it undoes. Only what some revert names is indexed. */
function finder(
  commits: readonly CommitText[],
  messages: readonly (ConventionalMessage | null)[],
): (ids: readonly string[], subject: string | null, after: number) => number[] {
  const starts = new Set<string>();
  const subjects = new Set<string>();
  for (const message of messages) {
    for (const id of message?.reverts?.commits ?? []) starts.add(id.slice(0, 7));
    if (message?.reverts?.subject != null) subjects.add(message.reverts.subject);
  }
  const byStart = new Map<string, number[]>();
  const bySubject = new Map<string, number[]>();
  if (starts.size + subjects.size > 0)
    commits.forEach((commit, at) => {
      const start = commit.id.slice(0, 7);
      if (starts.has(start)) push(byStart, start, at);
      if (subjects.has(commit.subject)) push(bySubject, commit.subject, at);
    });
  return (ids, subject, after) => {
    if (ids.length === 0) return subject === null ? [] : (bySubject.get(subject) ?? []).filter((at) => at > after).slice(0, 1);
    return ids.flatMap((id) =>
      (byStart.get(id.slice(0, 7)) ?? []).filter((at) => at > after && commits[at]?.id.startsWith(id)).slice(0, 1),
    );
  };
}

function push(map: Map<string, number[]>, key: string, value: number): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

const KINDS: Readonly<Record<Bump, CommitKind>> = { major: 'breaking', minor: 'feature', patch: 'fix' };

function judge(
  commit: CommitText,
  message: ConventionalMessage | null,
  types: Readonly<Record<string, Bump | 'none'>>,
): Pick<Accounted, 'kind' | 'bump' | 'why'> {
  if (message === null) {
    if (commit.parents.length > 1 || /^Merge /.test(commit.subject))
      return { kind: 'merge', bump: null, why: 'a merge; what it brings is counted by itself' };
    return { kind: 'unconventional', bump: null, why: 'its subject is no conventional commit, so it asks for no release' };
  }
  if (message.breaking !== null) return { kind: 'breaking', bump: 'major', why: `it breaks: ${message.breaking.slice(0, 200)}` };
  const own = Object.hasOwn(types, message.type) ? types[message.type] : undefined;
  if (own === 'none') return { kind: 'other', bump: null, why: `${message.type} asks for no release here` };
  const known = ['feat', 'feature', 'fix', 'perf', 'revert'].includes(message.type);
  if (own !== undefined)
    return { kind: known ? usual(message.type).kind : KINDS[own], bump: own, why: `${message.type} asks for a ${own} here` };
  return usual(message.type);
}

function usual(type: string): Pick<Accounted, 'kind' | 'bump' | 'why'> {
  switch (type) {
    case 'feat':
    case 'feature':
      return { kind: 'feature', bump: 'minor', why: 'a feature' };
    case 'fix':
      return { kind: 'fix', bump: 'patch', why: 'a fix' };
    case 'perf':
      return { kind: 'performance', bump: 'patch', why: 'a performance change' };
    case 'revert':
      return { kind: 'revert', bump: 'patch', why: 'it takes back what was released' };
    default:
      return { kind: 'other', bump: null, why: reasonOf(type) };
  }
}

function short(id: string | undefined): string {
  return (id ?? '').slice(0, 12);
}

const REASONS = new Map<string, string>();

/** One text for all commits of a type: a hundred thousand of them are a hundred thousand texts otherwise. */
function reasonOf(type: string): string {
  const known = REASONS.get(type);
  if (known !== undefined) return known;
  const reason = `${type} asks for no release`;
  if (REASONS.size < 1000) REASONS.set(type, reason);
  return reason;
}
