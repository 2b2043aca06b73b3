import semver from 'semver';
import type { Instant } from '../kernel/time.ts';
import { latest } from '../kernel/time.ts';
import type { Missing, Reason, RuleAnswer, Verdict } from '../kernel/decision.ts';
import { answer, worst } from '../kernel/decision.ts';
import { booked, type Kept } from './booked.ts';
import type { ReleaseType, RollbackPlan } from './plan.ts';

export type Tick = { readonly item: string; readonly state: 'yes' | 'no'; readonly person: string };

export type ReadinessInput = {
  readonly purpose: 'deploy' | 'rollback';
  readonly releaseType: ReleaseType;
  /** Items that the policy asks for; the last tick of each counts. */
  readonly checklist: readonly string[];
  readonly ticks: readonly Tick[];
  /** Asked only where the policy says so; `running` is the version in this environment, null where nothing runs. */
  readonly dependencies: readonly { readonly service: string; readonly range: string | null; readonly running: string | null }[];
  readonly incidents: readonly { readonly id: string; readonly severity: string }[];
  readonly rollback: { readonly required: boolean; readonly plan: RollbackPlan | null };
  /** For the way back: the plan that was made when what runs now was deployed. */
  readonly leaving: RollbackPlan | null;
  /** Bookings of this environment that are not over; answers recorded before there were bookings have none. */
  readonly bookings?: readonly Kept[];
};

const RULE = 'readiness';
type Part = { readonly verdict: Verdict; readonly reason: Reason; readonly missing?: Missing; readonly earliest?: Instant | null };

/** Rule 6: checklist, dependencies, health, bookings and the way back. */
export function readinessRule(input: ReadinessInput, now: Instant): RuleAnswer {
  const kept = booked(input.purpose === 'rollback' ? [] : (input.bookings ?? []), now);
  const read = [
    ...input.incidents.map((incident) => ({ kind: 'incident', id: incident.id, digest: null })),
    ...kept.parts.map((part) => part.read),
  ];
  const parts: readonly Part[] =
    input.purpose === 'rollback'
      ? [leaving(input.leaving)]
      : [...checklist(input), ...input.dependencies.map(dependency), ...incidents(input), ...kept.parts, ...rollback(input)];
  const reasons = parts.map((part) => part.reason);
  if (parts.length === 0)
    return answer(RULE, 'allow', [{ code: 'readiness.nothing-asked', text: 'Nothing more is asked.' }], { read, notAfter: kept.notAfter });
  const open = parts.filter((part) => part.verdict !== 'allow');
  const clockAlone = open.length > 0 && open.every((part) => part.earliest != null);
  return answer(RULE, worst(parts.map((part) => part.verdict)), reasons, {
    read,
    missing: parts.flatMap((part) => (part.missing === undefined ? [] : [part.missing])),
    earliest: clockAlone ? latest(open.map((part) => part.earliest ?? null)) : null,
    notAfter: kept.notAfter,
  });
}

function checklist(input: ReadinessInput): Part[] {
  return input.checklist.map((item) => {
    const tick = input.ticks.findLast((one) => one.item === item);
    if (tick === undefined)
      return {
        verdict: 'deny',
        reason: { code: 'readiness.open-item', text: `“${item}” is not answered.` },
        missing: { what: item, who: ['developer', 'approver', 'release-manager'] },
      };
    if (tick.state === 'no')
      return {
        verdict: 'deny',
        reason: { code: 'readiness.no', text: `${tick.person} says no to “${item}”.` },
        missing: { what: item, who: [tick.person] },
      };
    return { verdict: 'allow', reason: { code: 'readiness.yes', text: `${tick.person} says yes to “${item}”.` } };
  });
}

function dependency({ service, range, running }: ReadinessInput['dependencies'][number]): Part {
  const missing = { what: `${service}${range === null ? '' : ` ${range}`} in this environment`, who: [service] };
  if (running === null)
    return {
      verdict: 'wait',
      reason: { code: 'readiness.dependency-absent', text: `${service}, which it depends on, does not run here.` },
      missing,
    };
  if (range === null) return { verdict: 'allow', reason: { code: 'readiness.dependency', text: `${service} runs here at ${running}.` } };
  if (semver.validRange(range) === null || semver.valid(running) === null) {
    return {
      verdict: 'unknown',
      reason: { code: 'readiness.dependency-unclear', text: `It can't be told whether ${service} at ${running} fits ${range}.` },
      missing,
    };
  }
  if (semver.satisfies(running, range, { includePrerelease: true }))
    return { verdict: 'allow', reason: { code: 'readiness.dependency', text: `${service} runs here at ${running}, which fits ${range}.` } };
  return {
    verdict: 'wait',
    reason: { code: 'readiness.dependency-version', text: `${service} runs here at ${running}; ${range} is needed.` },
    missing,
  };
}

/** An open incident holds standard releases; a hotfix or emergency may be its cure. */
function incidents(input: ReadinessInput): Part[] {
  return input.incidents.map(({ id, severity }) => {
    const text = `The ${severity} incident ${id} is open here`;
    if (input.releaseType !== 'standard')
      return {
        verdict: 'allow',
        reason: { code: 'readiness.incident-passed', text: `${text}; a ${input.releaseType} release may be its cure.` },
      };
    return {
      verdict: 'wait',
      reason: { code: 'readiness.incident', text: `${text}.` },
      missing: { what: `the incident ${id} resolved, or a hotfix`, who: ['developer'] },
    };
  });
}

function rollback({ rollback: { required, plan } }: ReadinessInput): Part[] {
  if (plan !== null)
    return [
      { verdict: 'allow', reason: { code: 'readiness.rollback-plan', text: `The way back is planned: ${plan.kind} (${plan.why}).` } },
    ];
  if (!required) return [];
  return [
    {
      verdict: 'wait',
      reason: { code: 'readiness.no-rollback-plan', text: 'No way back is planned yet; it is made when a deployment is asked for.' },
      missing: { what: 'a rollback plan', who: ['a deployment request'] },
    },
  ];
}

/** The only thing that holds a way back here: it would destroy data. */
function leaving(plan: RollbackPlan | null): Part {
  if (plan !== null && plan.kind !== 'safe')
    return {
      verdict: 'deny',
      reason: { code: 'readiness.data-loss', text: `Going back is ${plan.kind}: ${plan.why}.` },
      missing: { what: 'a fix forward', who: ['developer'] },
    };
  return {
    verdict: 'allow',
    reason: {
      code: 'readiness.way-back',
      text: plan === null ? 'No plan says that going back destroys data.' : `Going back is safe: ${plan.why}.`,
    },
  };
}
