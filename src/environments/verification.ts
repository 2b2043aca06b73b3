import type { Instant, Millis } from '../kernel/time.ts';
import { between } from '../kernel/time.ts';

export const CHECKS = ['health', 'smoke', 'person'] as const;
/** What can verify a release in an environment: its health, a smoke test run as a job, a person with a name. */
export type VerificationCheck = (typeof CHECKS)[number];
export type CheckVerdict = 'passed' | 'failed';

/** One check's word about one release in one environment. The latest word of a check counts. */
export type Verification = {
  readonly id: string;
  readonly serviceId: string;
  readonly environmentId: string;
  readonly releaseId: string;
  /** The deployment that was checked. */
  readonly deploymentId: string | null;
  readonly check: VerificationCheck;
  readonly verdict: CheckVerdict;
  /** `person:per_...`, `agent:agt_...`: who says so. */
  readonly by: string;
  readonly at: Instant;
  readonly revoked: { readonly at: Instant; readonly reason: string } | null;
};

/** Whether a release counts as verified, and what is missing where it does not. */
export type Standing = {
  readonly verified: boolean;
  /** When the last of the asked checks passed; null while not verified. */
  readonly since: Instant | null;
  /** Until when it counts, where the policy gives verifications an age. */
  readonly until: Instant | null;
  readonly missing: readonly VerificationCheck[];
  readonly failed: readonly VerificationCheck[];
  readonly revoked: readonly VerificationCheck[];
  readonly expired: readonly VerificationCheck[];
};

/**
 * Folds what the checks said into one standing at `now`. The latest word of each asked check counts: passed, not
 * revoked and not older than `maxAge`. No asked check at all is not verified: nothing asked is nothing known.
 */
export function standingOf(
  said: readonly Verification[],
  asked: { readonly checks: readonly VerificationCheck[]; readonly maxAge: Millis | null },
  now: Instant,
): Standing {
  const words = asked.checks.map((check) => ({ check, word: latestWord(said, check) }));
  const named = (is: (word: Verification) => boolean) => words.filter(({ word }) => word !== null && is(word)).map(({ check }) => check);
  const missing = words.filter(({ word }) => word === null).map(({ check }) => check);
  const failed = named((word) => word.revoked === null && word.verdict === 'failed');
  const revoked = named((word) => word.revoked !== null);
  const old = (word: Verification): boolean => asked.maxAge !== null && between(word.at, now) > asked.maxAge;
  const expired = named((word) => word.revoked === null && word.verdict === 'passed' && old(word));
  const verified = asked.checks.length > 0 && missing.length + failed.length + revoked.length + expired.length === 0;
  const instants = words.flatMap(({ word }) => (word === null ? [] : [word.at])).toSorted();
  const first = instants[0];
  return {
    verified,
    since: verified ? (instants.at(-1) ?? null) : null,
    until: verified && asked.maxAge !== null && first !== undefined ? new Date(Date.parse(first) + asked.maxAge).toISOString() : null,
    missing,
    failed,
    revoked,
    expired,
  };
}

function latestWord(said: readonly Verification[], check: VerificationCheck): Verification | null {
  let latest: Verification | null = null;
  // Of two words of one instant the later listed counts: queries list in the order of recording.
  for (const word of said) if (word.check === check && (latest === null || word.at >= latest.at)) latest = word;
  return latest;
}

/** Whether a release was found right: some check said so, and the latest word of every check that spoke is a standing pass. */
export function saidGood(said: readonly Verification[]): boolean {
  const checks = [...new Set(said.map((word) => word.check))];
  // Without a greatest age the instant plays no part.
  return standingOf(said, { checks, maxAge: null }, '').verified;
}
