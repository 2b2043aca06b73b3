import { formatDuration } from '../../kernel/time.ts';
import type { ApprovalRoute, Check, EnvironmentPolicy } from './policy.ts';

/** What a policy asks in front of one environment, for people: one sentence for each thing. */
export function rulesInWords(rules: EnvironmentPolicy): string[] {
  const { checks, supplyChain, lifecycle, verification, readiness, breakGlass } = rules;
  return [
    ...(checks.length === 0 ? ['No check of reports is asked.'] : []),
    ...checks.map((check) => `${check.title}${modeWords(check)}.`),
    ...(supplyChain.sbom ? ['There is a software bill of materials for the artifact.'] : []),
    ...(supplyChain.provenance ? ['The artifact has signed provenance of our own builders.'] : []),
    RECORDED_WORDS[supplyChain.recorded ?? 'attestation'],
    ...(lifecycle.verifiedBefore
      ? [
          `The release was verified in every environment before this one${lifecycle.soak === 0 ? '' : `, and ran there for ${formatDuration(lifecycle.soak)}`}.`,
        ]
      : []),
    approvalWords(rules.approval),
    ...(readiness.rollbackPlan ? ['There is a plan for the way back.'] : []),
    ...(readiness.dependencies ? ['What it depends on runs there in versions that fit.'] : []),
    ...readiness.checklist.map((item) => `A person said yes to: ${item}.`),
    `After a deployment ${listed(verification.checks.map((one) => ({ health: 'its health', smoke: 'a smoke test', person: 'a person' })[one]))} must say that it is good${verification.maxAge === null ? '' : `; that counts for ${formatDuration(verification.maxAge)}`}.`,
    `In an emergency ${breakGlass.persons === 1 ? 'one person' : 'two persons'} may pass over this for ${formatDuration(breakGlass.timeBox)}, and what that owes is due in ${formatDuration(breakGlass.debtDue)}.`,
  ];
}

function modeWords({ mode, blockFrom }: Check): string {
  if (mode === 'warn') return ' (it only warns)';
  return blockFrom === undefined ? '' : ` (it warns until ${blockFrom}, and blocks from then on)`;
}

const EXCLUDED: Readonly<Record<ApprovalRoute['exclude'][number], string>> = {
  author: 'an author of a commit',
  committer: 'its committer',
  'co-author': 'a co-author',
  requester: 'who asked for the release',
  'config-changer': 'who changed the configuration',
  'policy-changer': 'who changed the policy',
};

function approvalWords(route: ApprovalRoute | null): string {
  if (route === null) return 'No person has to approve: the policy does.';
  const steps = route.steps.map(({ role, count }) => `${count} ${role}${count === 1 ? '' : 's'}`);
  return [
    `Approved by ${steps.join(', then ')}${route.onePersonOneRole && route.steps.length > 1 ? ', different persons' : ''}`,
    ...(route.exclude.length === 0
      ? []
      : [
          `none of whom is ${listed(
            route.exclude.map((one) => EXCLUDED[one]),
            'or',
          )}`,
        ]),
    route.unmapped === 'unknown' ? 'a committer whom nobody knows blocks until mapped' : 'a committer whom nobody knows is ignored',
    `an approval lasts ${formatDuration(route.expiresAfter)}.`,
  ].join('; ');
}

function listed(words: readonly string[], and = 'and'): string {
  return words.length < 2 ? (words[0] ?? 'nothing') : `${words.slice(0, -1).join(', ')} ${and} ${words.at(-1)}`;
}

const RECORDED_WORDS = {
  token: 'A build of another CI may be recorded by whoever holds a token for it.',
  identity:
    "A build of another CI is recorded by a workload identity of the service's repository, or has provenance signed by a registered key.",
  attestation: 'A build of another CI has provenance signed by a registered key.',
} as const;
