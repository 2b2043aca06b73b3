import { formatDuration } from '../../kernel/time.ts';
import type { ApprovalRoute, Check, EnvironmentPolicy } from './policy.ts';

/** One thing that is asked, for people, with the paths of the rules that it tells (`checks.ID`, `lifecycle.soak`). */
export type RuleLine = { readonly paths: readonly string[]; readonly words: string };

/** What a policy asks in front of one environment, for people: one sentence for each thing. */
export function rulesInWords(rules: EnvironmentPolicy): string[] {
  return ruleLines(rules).map(({ words }) => words);
}

/** The same with where each stands in the rules. */
export function ruleLines(rules: EnvironmentPolicy): RuleLine[] {
  const { checks, supplyChain, licences = [], lifecycle, verification, readiness, breakGlass } = rules;
  const line = (words: string, ...paths: string[]): RuleLine => ({ paths, words });
  const verified = `The release was verified in every environment before this one${lifecycle.soak === 0 ? '' : `, and ran there for ${formatDuration(lifecycle.soak)}`}.`;
  const said = verification.checks.map((one) => ({ health: 'its health', smoke: 'a smoke test', person: 'a person' })[one]);
  const lasts = verification.maxAge === null ? '' : `; that counts for ${formatDuration(verification.maxAge)}`;
  const persons = breakGlass.persons === 1 ? 'one person' : 'two persons';
  return [
    ...(checks.length === 0 ? [line('No check of reports is asked.')] : []),
    ...checks.map((check) => line(`${check.title}${opaWords(check)}${modeWords(check)}.`, `checks.${check.id}`)),
    ...(supplyChain.sbom ? [line('There is a software bill of materials for the artifact.', 'supplyChain.sbom')] : []),
    ...(supplyChain.provenance ? [line('The artifact has signed provenance of our own builders.', 'supplyChain.provenance')] : []),
    ...licences.map((one) => line(licenceWords(one), 'licences')),
    line(RECORDED_WORDS[supplyChain.recorded ?? 'attestation'], 'supplyChain.recorded'),
    ...(lifecycle.verifiedBefore ? [line(verified, 'lifecycle.verifiedBefore', 'lifecycle.soak')] : []),
    line(approvalWords(rules.approval), 'approval'),
    ...(readiness.rollbackPlan ? [line('There is a plan for the way back.', 'readiness.rollbackPlan')] : []),
    ...(readiness.dependencies ? [line('What it depends on runs there in versions that fit.', 'readiness.dependencies')] : []),
    ...readiness.checklist.map((item) => line(`A person said yes to: ${item}.`, 'readiness.checklist')),
    line(`After a deployment ${listed(said)} must say that it is good${lasts}.`, 'verification.checks', 'verification.maxAge'),
    line(
      `In an emergency ${persons} may pass over this for ${formatDuration(breakGlass.timeBox)}, and what that owes is due in ${formatDuration(breakGlass.debtDue)}.`,
      'breakGlass.persons',
      'breakGlass.timeBox',
      'breakGlass.debtDue',
    ),
  ];
}

function licenceWords({ allow, deny }: NonNullable<EnvironmentPolicy['licences']>[number]): string {
  const denied = deny === undefined ? '' : `${listed(deny)} ${deny.length === 1 ? 'is' : 'are'} denied`;
  if (allow === undefined) return `Of licences ${denied}.`;
  return `Of licences only ${listed(allow)} ${allow.length === 1 ? 'is' : 'are'} allowed${denied === '' ? '' : `, and ${denied}`}.`;
}

function opaWords({ opa }: Check): string {
  return opa === undefined ? '' : ` (OPA at ${opa.connection} is asked for ${opa.path})`;
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
