/**
 * Which tickets a text names, in the forms that trackers and forges link: `SHOP-12` (Jira and others), `#12` (an issue of
 * the same repository), `acme/shop#12`. Texts come from strangers: every pattern is linear, every count has a limit.
 */

/** More keys than this are not read of one release. */
export const MOST_KEYS = 100;
/** Characters of one text that are looked at. */
const MOST_TEXT = 20_000;

const PROJECT = /(?<![A-Za-z0-9_/#-])([A-Z][A-Z0-9_]{1,19}-[1-9]\d{0,8})(?![A-Za-z0-9_]|-\d)/g;
/** A branch is in lower case as often as not: `feature/shop-12-new-price`, `SHOP-12`. */
const IN_BRANCH = /(?:^|[/_])([A-Za-z][A-Za-z0-9]{1,19}-[1-9]\d{0,8})(?=$|[/_-])/g;
const ISSUE = /(?<![\w&/#.-])((?:[A-Za-z0-9][\w.-]{0,99}\/[\w.-]{1,100})?#[1-9]\d{0,8})(?![\w-])/g;

/** Keys in prose: subjects, trailers, titles. In order, once each, 100 at most. */
export function keysIn(text: string): string[] {
  const head = text.slice(0, MOST_TEXT);
  return distinct([...head.matchAll(PROJECT), ...head.matchAll(ISSUE)].map((found) => found[1] ?? ''));
}

/** Keys in the name of a branch, in upper case. */
export function keysInBranch(branch: string): string[] {
  const name = branch.slice(0, 300).replace(/^refs\/heads\//, '');
  return distinct([...name.matchAll(IN_BRANCH)].map((found) => (found[1] ?? '').toUpperCase()));
}

/** The project of a key such as `SHOP-12`; null for an issue of a forge. */
export function projectOf(key: string): string | null {
  return /^([A-Z][A-Z0-9_]{1,19})-[1-9]\d{0,8}$/.exec(key)?.[1] ?? null;
}

/** The repository and number of a forge's issue; the repository null where it is the service's own. */
export function issueOf(key: string): { readonly repository: string | null; readonly number: number } | null {
  const [, repository, number] = /^([A-Za-z0-9][\w.-]{0,99}\/[\w.-]{1,100})?#([1-9]\d{0,8})$/.exec(key) ?? [];
  return number === undefined ? null : { repository: repository ?? null, number: Number(number) };
}

export type TextsOfChange = { readonly subject: string | null; readonly title: string | null; readonly branch: string | null };

/** What each ticket is named by: key to commits, in the order in which they are first named; 100 keys at most. */
export function namedBy(changes: readonly (TextsOfChange & { readonly commit: string })[]): Map<string, string[]> {
  const named = new Map<string, string[]>();
  for (const { commit, subject, title, branch } of changes) {
    const keys = new Set([...keysIn(subject ?? ''), ...keysIn(title ?? ''), ...keysInBranch(branch ?? '')]);
    for (const key of keys) {
      const commits = named.get(key);
      if (commits !== undefined) commits.push(commit);
      else if (named.size < MOST_KEYS) named.set(key, [commit]);
    }
  }
  return named;
}

function distinct(keys: readonly string[]): string[] {
  return [...new Set(keys)].slice(0, MOST_KEYS);
}
