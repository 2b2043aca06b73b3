import type { Problem } from '../kernel/problem.ts';

/**
 * The server's problems speak to whoever calls the API. Here stand the remedies in the words of `ym`, by code; the
 * sentence stays the server's. What is not named here is shown as it came.
 */
export const REMEDIES: Readonly<Record<string, string>> = {
  'identity.not-signed-in':
    'Sign in with: ym login --email YOU, or set YARDMASTER_TOKEN. On an empty server use the link that it printed: ym setup --link LINK',
  'identity.name-needed': 'Give them with --name and --email.',
  'catalog.no-such-service': 'See the names with: ym services. A new one goes into yardmaster.yaml, then: ym apply',
  'catalog.no-such-environment': 'See the names with: ym environments. A new one goes into yardmaster.yaml, then: ym apply',
  'catalog.no-such-team': 'See the names with: ym teams. A new one goes into yardmaster.yaml, then: ym apply',
  'artifacts.no-such-artifact': 'List them with: ym artifact list --service SERVICE',
  'changes.no-such-vote': 'List the votes with: ym release show RELEASE',
  'environments.no-such-incident': 'List them with: ym incident list',
  'environments.no-such-deployment': 'List them with: ym deployment list',
  'deployments.not-found': 'List them with: ym deployment list',
  'gates.no-such-policy': 'List them with: ym policy list',
  'gates.no-such-report': 'List the reports of a run with: ym report list RUN',
  'pipelines.no-such-run': 'List the runs with: ym run list',
  'pipelines.no-such-job': 'See the jobs of a run with: ym run show RUN',
  'pipelines.no-such-runner': 'List them with: ym runner list',
  'pipelines.no-such-secret': 'List their names with: ym secret list SERVICE',
  'releases.no-such-release': 'List releases with: ym release list',
  'releases.no-such-environment': 'See where the release is meant to go with: ym release show RELEASE',
  'releases.no-such-decision': 'List the decisions about a release with: ym decision list RELEASE',
  'releases.no-such-freeze': 'List them with: ym freeze list',
  'releases.unknown-service': 'See the names with: ym services',
  'identity.no-such': 'See who and what there is with: ym person list, ym token list',
  'platform.not-found': 'Check the name or id; ym status and the list commands show what there is.',
  'artifacts.no-attestation': 'It is signed within seconds after the build; if it stays missing: ym artifact show DIGEST',
  'evidence.no-such-fact': 'Search with: ym facts',
  'evidence.no-such-release': 'List releases with: ym release list',
  'evidence.story-too-long':
    'Ask for the trace of the parts that matter with ym trace, and prove single facts with: ym proof inclusion FACT',
  'ledger.beyond-end': 'Give a smaller size, or wait for the next checkpoint: ym checkpoint',
  'waivers.no-such-waiver': 'List them with: ym waiver list',
  'waivers.extended-already': 'Let another person decide that request; see it with: ym debts',
};

type Said = { readonly sentence: string; readonly remedy: string };

/** A problem in the words of the command line: fields of the wire become the options that set them. `help` names the command's help. */
export function wordsOf(problem: Pick<Problem, 'code' | 'sentence' | 'remedy' | 'data'>, help: string): Said {
  if (problem.code === 'platform.bad-request') {
    const errors = (problem.data['errors'] as { place?: unknown; message?: unknown }[] | undefined) ?? [];
    const lines = errors.slice(0, 20).map((one) => `  ${placeWords(String(one.place))}: ${String(one.message)}`);
    if (lines.length > 0) return { sentence: `This can not be sent like that:\n${lines.join('\n')}`, remedy: `See: ${help}` };
  }
  return { sentence: problem.sentence, remedy: Object.hasOwn(REMEDIES, problem.code) ? REMEDIES[problem.code]! : problem.remedy };
}

/** `params.run` -> `run`, `body.expiresInDays` -> `expires in days`, `body.scope.tier` -> `tier`. */
function placeWords(place: string): string {
  const word = place.replace(/^(?:params|query|body)\./, '').replace(/^(?:scope|when|on)\./, '');
  return word.replaceAll(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
}
