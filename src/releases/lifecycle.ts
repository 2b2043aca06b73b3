import type { Verification, VerificationCheck } from '../environments/verification.ts';
import { standingOf } from '../environments/verification.ts';
import type { Reason, RuleAnswer } from '../kernel/decision.ts';
import { answer, worse, type Missing, type Verdict } from '../kernel/decision.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Instant, Millis } from '../kernel/time.ts';
import { earliest as first, latest, plus } from '../kernel/time.ts';

/** An environment that comes before, and what is known of the release there. */
export type Before = {
  readonly environment: string;
  /** What makes a release verified there, by the policy as resolved for that environment. */
  readonly checks: readonly VerificationCheck[];
  readonly maxAge: Millis | null;
  readonly said: readonly Verification[];
};

export type LifecycleInput = {
  readonly purpose: 'deploy' | 'rollback';
  readonly abandoned: boolean;
  /** A person holds it back; absent where nobody does. */
  readonly held?: { readonly by: string; readonly at: Instant };
  /** Digests of this release that were revoked: they run nowhere any more. */
  readonly revoked: readonly Digest[];
  readonly policy: { readonly verifiedBefore: boolean; readonly soak: Millis };
  readonly before: readonly Before[];
  /** What is known of the release in this very environment: a way back must have been good here. */
  readonly here: { readonly said: readonly Verification[]; readonly allowedBefore: boolean };
};

const RULE = 'lifecycle';
type Part = {
  readonly verdict: Verdict;
  readonly reason: Reason;
  readonly missing: readonly Missing[];
  readonly earliest: Instant | null;
  readonly notAfter: Instant | null;
};

/** Rule 1: been in the environments before this one, verified there, soaked as long as asked, and not revoked since. */
export function lifecycleRule(input: LifecycleInput, now: Instant): RuleAnswer {
  const read = [...input.before.flatMap((before) => before.said), ...input.here.said].map((word) => ({
    kind: 'verification',
    id: word.id,
    digest: null,
  }));
  if (input.revoked.length > 0)
    return answer(RULE, 'deny', [{ code: 'lifecycle.artifact-revoked', text: `Revoked: ${input.revoked.join(', ')}.` }], { read });
  if (input.purpose === 'rollback') return wayBack(input, read);
  if (input.abandoned) return answer(RULE, 'deny', [{ code: 'lifecycle.abandoned', text: 'This release was given up.' }], { read });
  if (input.held !== undefined) {
    const { by, at } = input.held;
    const missing = [{ what: 'the hold to be ended', who: [by, 'release-manager'] }];
    return answer(RULE, 'wait', [{ code: 'lifecycle.held', text: `${by} holds this release since ${at}.` }], { read, missing });
  }
  if (!input.policy.verifiedBefore || input.before.length === 0) {
    const text =
      input.before.length === 0 ? 'No environment comes before this one.' : 'The policy asks for no verification before this environment.';
    return answer(RULE, 'allow', [{ code: 'lifecycle.nothing-before', text }], { read });
  }
  const parts = input.before.map((before) => onBefore(before, input.policy.soak, now));
  const open = parts.filter((part) => part.verdict !== 'allow');
  return answer(
    RULE,
    parts.map((part) => part.verdict).reduce(worse),
    parts.map((part) => part.reason),
    {
      read,
      missing: open.flatMap((part) => part.missing),
      earliest: open.every((part) => part.earliest !== null) ? latest(open.map((part) => part.earliest)) : null,
      notAfter: first(parts.map((part) => part.notAfter)),
    },
  );
}

/** Verified before, soaked? A revocation or a failed check denies; a check that is still to come waits. */
function onBefore(before: Before, soak: Millis, now: Instant): Part {
  const standing = standingOf(before.said, before, now);
  const part = (verdict: Verdict, code: string, text: string, more: Partial<Part> = {}): Part => ({
    verdict,
    reason: { code: `lifecycle.${code}`, text: `${before.environment}: ${text}` },
    missing:
      verdict === 'allow' || more.earliest != null
        ? []
        : [
            {
              what: `verification in ${before.environment}`,
              who: [...new Set([...standing.missing, ...standing.failed, ...standing.revoked, ...standing.expired])],
            },
          ],
    earliest: null,
    notAfter: null,
    ...more,
  });
  if (before.checks.length === 0) return part('unknown', 'no-checks', 'the policy names no check that could verify a release there.');
  if (standing.revoked.length > 0) return part('deny', 'revoked', `the verification was revoked (${standing.revoked.join(', ')}).`);
  if (standing.failed.length > 0) return part('deny', 'failed', `verification failed (${standing.failed.join(', ')}).`);
  if (standing.expired.length > 0) return part('wait', 'too-old', `verified too long ago (${standing.expired.join(', ')}).`);
  if (!standing.verified || standing.since === null)
    return part('wait', 'not-verified', `not verified yet (${standing.missing.join(', ')}).`);
  const soaked = plus(standing.since, soak);
  if (soaked > now) return part('wait', 'soaking', `verified at ${standing.since}; it soaks until ${soaked}.`, { earliest: soaked });
  return part('allow', 'verified', `verified at ${standing.since}.`, { notAfter: standing.until });
}

/** The way back leads only to what was verified here, or allowed here by a recorded decision, and was not revoked since. */
function wayBack(input: LifecycleInput, read: RuleAnswer['read']): RuleAnswer {
  const checks = [...new Set(input.here.said.map((word) => word.check))];
  const standing = standingOf(input.here.said, { checks, maxAge: null }, '');
  if (standing.revoked.length > 0)
    return answer(RULE, 'deny', [{ code: 'lifecycle.revoked', text: 'Its verification here was revoked: it is no way back.' }], { read });
  if (standing.failed.length > 0)
    return answer(RULE, 'deny', [{ code: 'lifecycle.failed', text: 'Its verification here failed: it is no way back.' }], { read });
  if (standing.verified)
    return answer(RULE, 'allow', [{ code: 'lifecycle.was-verified', text: `Verified here at ${standing.since ?? ''}.` }], { read });
  if (input.here.allowedBefore)
    return answer(RULE, 'allow', [{ code: 'lifecycle.was-allowed', text: 'A recorded decision allowed it here before.' }], { read });
  return answer(RULE, 'deny', [{ code: 'lifecycle.never-here', text: 'It was never verified nor allowed here: it is no way back.' }], {
    read,
  });
}
