import type { Digest } from './digest.ts';
import { digestOfValue } from './digest.ts';
import type { Instant } from './time.ts';
import { latest } from './time.ts';

/** The four answers, from best to worst. "We could not find out" is `unknown`, and unknown is never yes. */
export type Verdict = 'allow' | 'wait' | 'unknown' | 'deny';

const SEVERITY: Readonly<Record<Verdict, number>> = { allow: 0, wait: 1, unknown: 2, deny: 3 };

/** One sentence of why, with a permanent code for programs. */
export type Reason = { readonly code: string; readonly text: string };

/** A fact or record that a rule read, by id and digest, so that the decision can be replayed. */
export type Read = { readonly kind: string; readonly id: string; readonly digest: Digest | null };

/** Something that is missing, and who can supply it (names of persons or roles). */
export type Missing = { readonly what: string; readonly who: readonly string[] };

/** What one rule answers. */
export type RuleAnswer = {
  readonly rule: string;
  readonly verdict: Verdict;
  /** Never empty: a decision always carries its reasons, an allow too. */
  readonly reasons: readonly Reason[];
  readonly read: readonly Read[];
  readonly missing: readonly Missing[];
  /** The earliest instant at which this answer could turn to allow by itself; null where no clock can turn it. */
  readonly earliest: Instant | null;
  /** Until when an allow of this rule holds; null where no clock can end it. */
  readonly notAfter: Instant | null;
};

/** The worse of two verdicts: deny > unknown > wait > allow. */
export function worse(a: Verdict, b: Verdict): Verdict {
  return SEVERITY[a] >= SEVERITY[b] ? a : b;
}

/** The worst of all; `unknown` for none at all, because nothing asked is nothing known. */
export function worst(verdicts: readonly Verdict[]): Verdict {
  const [first, ...rest] = verdicts;
  return first === undefined ? 'unknown' : rest.reduce(worse, first);
}

/** A rule's answer with the empty parts filled in. */
export function answer(
  rule: string,
  verdict: Verdict,
  reasons: readonly Reason[],
  rest: Partial<Pick<RuleAnswer, 'read' | 'missing' | 'earliest' | 'notAfter'>> = {},
): RuleAnswer {
  if (reasons.length === 0) throw new Error(`rule ${rule} answered ${verdict} without a reason`);
  return {
    rule,
    verdict,
    reasons,
    read: rest.read ?? [],
    missing: rest.missing ?? [],
    earliest: rest.earliest ?? null,
    notAfter: rest.notAfter ?? null,
  };
}

/** The folded answer of many rules. */
export type Folded = {
  readonly verdict: Verdict;
  readonly rules: readonly RuleAnswer[];
  readonly missing: readonly Missing[];
  /** The earliest instant at which every rule that says wait could have turned; null where something else is needed. */
  readonly earliest: Instant | null;
  readonly digest: Digest;
};

/** Folds rule answers, worst verdict wins. The digest covers every rule's whole answer. */
export function fold(rules: readonly RuleAnswer[]): Folded {
  const verdict = worst(rules.map((rule) => rule.verdict));
  const open = rules.filter((rule) => rule.verdict !== 'allow');
  const clockAlone = open.length > 0 && open.every((rule) => rule.earliest !== null);
  return {
    verdict,
    rules,
    missing: open.flatMap((rule) => rule.missing),
    earliest: clockAlone ? latest(open.map((rule) => rule.earliest)) : null,
    digest: digestOfValue(rules),
  };
}
