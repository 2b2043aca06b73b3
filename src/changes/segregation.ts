import type { Exclusion } from '../gates/policy/policy.ts';

/**
 * Who stands behind something, as far as we know. An e-mail address that belongs to nobody we know is `unmapped`, and
 * is named by the commit it stands on, never by the address: inputs of decisions are kept for ever.
 */
export type Behind =
  | { readonly kind: 'person'; readonly id: string }
  | { readonly kind: 'bot'; readonly id: string; readonly owner: string }
  | { readonly kind: 'unmapped'; readonly label: string };

/** What persons did in a release, by the words that policies exclude by. */
export type Involvement = { readonly [Did in Exclusion]: readonly Behind[] };

export const NOBODY: Involvement = {
  author: [],
  committer: [],
  'co-author': [],
  requester: [],
  'config-changer': [],
  'policy-changer': [],
};

export type Segregation = {
  /** Person id -> why that person's vote doesn't count. */
  readonly excluded: ReadonlyMap<string, readonly Exclusion[]>;
  /** Contributors of the asked kinds whom we can't name. They may be anybody, the approver included. */
  readonly unmapped: readonly string[];
};

/**
 * Who is excluded from approving, BY PERSON: a bot's work is its owner's, so that a second account changes nothing.
 * Only what the route asks to exclude is looked at.
 */
export function segregate(involvement: Involvement, exclude: readonly Exclusion[]): Segregation {
  const excluded = new Map<string, Exclusion[]>();
  const unmapped = new Set<string>();
  for (const did of exclude) {
    for (const behind of involvement[did]) {
      if (behind.kind === 'unmapped') {
        unmapped.add(`${did} of ${behind.label}`);
        continue;
      }
      const person = behind.kind === 'bot' ? behind.owner : behind.id;
      const why = excluded.get(person) ?? [];
      if (!why.includes(did)) excluded.set(person, [...why, did]);
    }
  }
  return { excluded, unmapped: [...unmapped].sort() };
}

/** A commit as segregation needs it: e-mail addresses only, which never leave the function below. null: erased. */
export type CommitPeople = {
  readonly id: string;
  readonly author: string | null;
  readonly committer: string | null;
  readonly coAuthors: readonly (string | null)[];
};

/** The involvement that commits show. `personOf` maps a lower-cased e-mail address to whom it belongs; null is unmapped. */
export function involvementOfCommits(
  commits: readonly CommitPeople[],
  personOf: (email: string) => Behind | null,
): Pick<Involvement, 'author' | 'committer' | 'co-author'> {
  const find = (email: string | null, commit: string): Behind =>
    (email === null ? null : personOf(email.toLowerCase())) ?? { kind: 'unmapped', label: `commit ${commit.slice(0, 12)}` };
  return {
    author: distinct(commits.map((commit) => find(commit.author, commit.id))),
    committer: distinct(commits.map((commit) => find(commit.committer, commit.id))),
    'co-author': distinct(commits.flatMap((commit) => commit.coAuthors.map((email) => find(email, commit.id)))),
  };
}

/** The same people once each, in a stable order, so that equal facts have equal digests. */
function distinct(all: readonly Behind[]): Behind[] {
  const key = (behind: Behind): string => (behind.kind === 'unmapped' ? `unmapped ${behind.label}` : `${behind.kind} ${behind.id}`);
  const byKey = new Map(all.map((behind) => [key(behind), behind]));
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, behind]) => behind);
}
