import { matchesGlob } from '../../kernel/globs.ts';
import type { Claims } from '../issuer/compact.ts';

/** Claim -> patterns. One pattern of each claim must fit; `*` stands for anything but `/`, `**` for anything. */
export type Conditions = Readonly<Record<string, readonly string[]>>;
export type Answered = {
  readonly claim: string;
  readonly wanted: readonly string[];
  readonly found: readonly string[];
  readonly ok: boolean;
};

/** Issuers that speak for everybody who has an account there: a trust must say whose jobs it means. */
const SHARED: readonly { readonly host: RegExp; readonly owners: readonly string[] }[] = [
  {
    host: /^token\.actions\.githubusercontent\.com$/,
    owners: ['repository', 'repository_id', 'repository_owner', 'repository_owner_id', 'sub', 'job_workflow_ref'],
  },
  { host: /^gitlab\.com$/, owners: ['project_path', 'project_id', 'namespace_path', 'namespace_id', 'sub'] },
  {
    host: /^(?:oidc\.circleci\.com|agent\.buildkite\.com|app\.terraform\.io|vstoken\.dev\.azure\.com|api\.bitbucket\.org)$/,
    owners: ['*'],
  },
];

/** Every condition with what the token says to it. Without a condition nothing is accepted. */
export function answersTo(conditions: Conditions, claims: Claims): readonly Answered[] {
  return Object.entries(conditions).map(([claim, wanted]) => {
    const found = textsOf(Object.hasOwn(claims, claim) ? claims[claim] : undefined);
    return { claim, wanted, found, ok: found.some((text) => wanted.some((pattern) => matchesGlob(pattern, text))) };
  });
}

/** Whether every condition is met, and there is one. */
export function isMet(answers: readonly Answered[]): boolean {
  return answers.length > 0 && answers.every(({ ok }) => ok);
}

/** Why these conditions would let in more than anybody means: nothing named, or nobody in particular at a shared issuer. */
export function tooWide(issuer: string, conditions: Conditions): string | null {
  const pinned = Object.entries(conditions)
    .filter(([, patterns]) => patterns.every(isPinned))
    .map(([claim]) => claim);
  if (pinned.length === 0) return 'no claim is asked for by name: every job of this issuer would be let in';
  const { hostname } = new URL(issuer);
  const shared = SHARED.find(({ host }) => host.test(hostname));
  if (shared === undefined || shared.owners.includes('*')) return null;
  const owned = pinned.some((claim) => shared.owners.includes(claim));
  return owned ? null : `everybody can have jobs at ${hostname}: say whose are meant, by ${shared.owners.slice(0, 4).join(', ')}`;
}

/** Whether a pattern begins with whole words of its own: `acme/*` does, and `*`, `acme*` and `repo:*` do not. */
function isPinned(pattern: string): boolean {
  const at = pattern.search(/[*?]/);
  if (at === -1) return pattern !== '';
  const before = pattern.slice(0, at);
  return /[/:]$/.test(before) && /[^/:]/.test(before.replace(/^[a-z_]+:/, ''));
}

/** The texts of a claim: of a list each, of a truth value or a number its JSON. Objects have none. */
function textsOf(value: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value.slice(0, 200) : [value];
  return list.flatMap((one) =>
    typeof one === 'string' ? [one] : typeof one === 'boolean' || typeof one === 'number' ? [String(one)] : [],
  );
}
