/** What is known of how a service uses Yardmaster: everything that the steps are judged by. */
export type AdoptionFacts = {
  readonly service: string;
  readonly repository: boolean;
  readonly observeOnly: boolean;
  /** Of the newest runs: how many were told or made, and how far the newest that succeeded is known. */
  readonly builds: number;
  readonly newest: {
    readonly recorded: boolean;
    readonly trust: string;
    readonly artifacts: number;
    readonly tests: boolean;
    readonly sbom: boolean;
    /** Told by a workload identity, or provenance of it was handed in. */
    readonly witnessed: boolean;
  } | null;
  readonly releases: number;
  /** The environment of production where it goes, by name; null: there is none. */
  readonly production: string | null;
  /** The newest deployment to production. */
  readonly deployment: {
    readonly external: boolean;
    readonly asked: boolean;
    readonly admitted: boolean;
    readonly verified: boolean;
  } | null;
  /** Whether the catalog says how it is run, whether production is ours to deploy to, and whether an agent is there. */
  readonly run: boolean;
  readonly ours: boolean;
  readonly agent: boolean;
  readonly shippedByUs: boolean;
};

export const LEVELS = ['none', 'observed', 'evidence', 'warned', 'gated', 'deployed'] as const;
/** How far a service has come: each level holds what the ones before it hold. */
export type Level = (typeof LEVELS)[number];

export const LEVEL_WORDS: Readonly<Record<Level, string>> = {
  none: 'Nothing is known of it yet',
  observed: 'Observed: its builds and deployments are told',
  evidence: 'Evidence: tests, artifact and SBOM speak for what is released',
  warned: 'Gated, warning: it is asked before each deployment, and nothing is blocked',
  gated: 'Gated, blocking: nothing goes to production without an allow',
  deployed: 'Deployed by Yardmaster: canary, judge and way back',
};

export type AdoptionStep = { readonly text: string; readonly done: boolean; readonly command: string };
export type AdoptionLevel = {
  readonly level: Exclude<Level, 'none'>;
  readonly title: string;
  readonly done: boolean;
  readonly steps: readonly AdoptionStep[];
};
export type Adoption = { readonly level: Level; readonly levels: readonly AdoptionLevel[]; readonly next: AdoptionStep | null };

/**
 * The steps from a service that is only observed to one that Yardmaster deploys. A step is done by facts and never by
 * somebody saying so; a level is reached when all of its steps are done and every level before it is.
 */
export function adoptionOf(facts: AdoptionFacts): Adoption {
  const { service, production } = facts;
  const prod = production ?? 'prod';
  const one = facts.newest;
  const last = facts.deployment;
  const step = (text: string, done: boolean, command: string): AdoptionStep => ({ text, done, command });
  const steps: Readonly<Record<Exclude<Level, 'none'>, readonly AdoptionStep[]>> = {
    observed: [
      step('The catalog names its repository', facts.repository, 'ym apply -f yardmaster.yaml'),
      step('A build is told by its CI', facts.builds > 0, `ym record build --service ${service} --state succeeded`),
      step('There is an environment of production', production !== null, 'ym apply -f yardmaster.yaml'),
    ],
    evidence: [
      step('The commit of the newest build is on a branch of the repository', one !== null && one.trust !== 'untrusted', `ym run list --service ${service}`),
      step('Its artifact is known by digest', (one?.artifacts ?? 0) > 0, `ym record artifact FILE --service ${service}`),
      step('Its tests are reported', one?.tests === true, `ym record report junit.xml --kind junit --service ${service}`),
      step('Its bill of materials is reported', one?.sbom === true, `ym record report bom.json --kind cyclonedx --service ${service}`),
      step('A workload identity tells it, or signed provenance is handed in', one?.witnessed === true, `ym record attestation provenance.json --service ${service}`),
    ],
    warned: [
      step('A release is cut', facts.releases > 0, `ym release create ${service}`),
      step('A deployment to production is told', last !== null, `ym record deployment ${service} --env ${prod} --state started`),
      step('It was asked before the last one', last?.asked === true, `ym may-ship ${service} --env ${prod} --wait`),
      step('The last one was verified there', last?.verified === true, `ym record deployment ${service} --env ${prod} --state succeeded --check health=passed`),
    ],
    gated: [
      step('It is no longer only observed', !facts.observeOnly, 'remove `observe-only: true` from yardmaster.yaml, then: ym apply -f yardmaster.yaml'),
      step('The last deployment to production was allowed', last?.admitted === true && !facts.observeOnly, `ym may-ship ${service} --env ${prod} --wait`),
    ],
    deployed: [
      step('The catalog says how it is run', facts.run, 'add `run:` to yardmaster.yaml, then: ym apply -f yardmaster.yaml'),
      step('Yardmaster deploys to production', facts.ours, 'remove `deployed-by: external` from yardmaster.yaml, then: ym apply -f yardmaster.yaml'),
      step('An agent is on the machine', facts.agent, 'ym agent register'),
      step('A deployment of ours succeeded', facts.shippedByUs, `ym deploy ${service} --env ${prod}`),
    ],
  }; // prettier-ignore
  const levels: AdoptionLevel[] = [];
  let level: Level = 'none';
  for (const name of LEVELS) {
    if (name === 'none') continue;
    const done = steps[name].every((each) => each.done);
    levels.push({ level: name, title: LEVEL_WORDS[name], done, steps: steps[name] });
    if (done && LEVELS.indexOf(level) === LEVELS.indexOf(name) - 1) level = name;
  }
  // What Yardmaster builds and deploys itself needs no foreign tool that tells it.
  if (facts.shippedByUs && facts.ours && !facts.observeOnly) level = 'deployed';
  const open = level === 'deployed' ? null : (levels[LEVELS.indexOf(level)]?.steps.find((each) => !each.done) ?? null);
  return { level, levels, next: open };
}
