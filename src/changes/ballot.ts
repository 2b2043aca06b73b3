import type { ApprovalRoute } from '../gates/policy/policy.ts';
import type { Digest } from '../kernel/digest.ts';
import { segregate, type Involvement } from './segregation.ts';

/** A vote that somebody wants to cast, with what it is judged by. */
export type Ballot = {
  /** The person who casts it; null for bots and machines. */
  readonly person: string | null;
  readonly onBehalfOf: string | null;
  /** Persons who have named the voter as their delegate. */
  readonly mandates: readonly string[];
  readonly route: ApprovalRoute | null;
  readonly involvement: Involvement;
  /** Roles of whoever's seat it would fill. */
  readonly roles: readonly string[];
  readonly seen: { readonly intent: Digest; readonly version: number };
  readonly current: { readonly intent: Digest; readonly version: number };
};

export type Refusal = 'not-a-person' | 'excluded' | 'mandate' | 'no-route' | 'no-role' | 'stale';
export type Judged = { readonly ok: true } | { readonly ok: false; readonly why: Refusal; readonly because: readonly string[] };

const no = (why: Refusal, because: readonly string[] = []): Judged => ({ ok: false, why, because });

/** Whether a vote may be cast at all. Who is excluded is told so first, whatever else is wrong. */
export function judgeBallot(ballot: Ballot): Judged {
  const { person, onBehalfOf, route } = ballot;
  if (person === null) return no('not-a-person');
  if (route === null) return no('no-route');
  const { excluded } = segregate(ballot.involvement, route.exclude);
  const because = [...new Set([...(excluded.get(person) ?? []), ...(excluded.get(onBehalfOf ?? '') ?? [])])];
  if (because.length > 0) return no('excluded', because);
  if (onBehalfOf !== null && !ballot.mandates.includes(onBehalfOf)) return no('mandate', [onBehalfOf]);
  const wanted = route.steps.map((step) => step.role);
  if (!wanted.some((role) => ballot.roles.includes(role))) return no('no-role', [...new Set(wanted)]);
  return ballot.seen.intent === ballot.current.intent && ballot.seen.version === ballot.current.version ? { ok: true } : no('stale');
}
