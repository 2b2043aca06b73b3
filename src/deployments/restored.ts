import type { RestoreReport } from '../contract/keeping.ts';
import type { ActResult } from '../contract/agent.ts';
import type { ActState } from './deployment.ts';

/**
 * After a restore: books of an earlier moment, and machines that went on. What machines say about themselves is taken;
 * what they did is never done again. This file decides, from both, what becomes of each deployment and each place.
 */
export type OpenDeployment = {
  readonly id: string;
  readonly service: string;
  readonly environment: string;
  readonly version: string;
  readonly state: string;
  readonly agentId: string | null;
  /** Acts that these books still wait for. */
  readonly open: readonly { readonly id: string; readonly state: ActState }[];
};

export type Place = {
  readonly service: string;
  readonly environment: string;
  readonly agentId: string | null;
  /** What these books say serves. */
  readonly books: { readonly release: string; readonly version: string; readonly digest: string; readonly instance: string | null } | null;
};

export type Books = {
  readonly deployments: readonly OpenDeployment[];
  readonly places: readonly Place[];
  /** Which of the acts that machines speak of stand in these books. */
  readonly knownActs: ReadonlySet<string>;
  /** Which of the deployments that machines speak of do. */
  readonly knownDeployments: ReadonlySet<string>;
};
export type Heard = { readonly agent: string; readonly report: RestoreReport };
type ReportedAct = RestoreReport['acts'][number];
type Serving = NonNullable<RestoreReport['slots'][number]['serving']>;
type Picture = RestoreReport['slots'][number]['picture'];

export type DeploymentPlan = {
  readonly deployment: OpenDeployment;
  readonly becomes: 'goes-on' | 'ends' | 'waits-for-agent';
  readonly says: string;
  /** Ends that the machine's own log tells. */
  readonly results: readonly { readonly act: string; readonly result: ActResult }[];
  /** Begun there and not ended: the agent goes on with them under their own ids. */
  readonly begun: readonly string[];
  /** Never begun there: taken back. */
  readonly never: readonly string[];
};

export type PlacePlan = {
  readonly service: string;
  readonly environment: string;
  readonly agent: string | null;
  readonly books: Place['books'];
  readonly machine: { readonly release: string; readonly version: string; readonly digest: string } | null;
  readonly same: boolean;
  readonly beside: readonly string[];
  readonly says: string;
  /** What the books take over; null: nothing to take. */
  readonly adopt: { readonly serving: Serving | null; readonly picture: Picture } | null;
};

export type Plan = {
  readonly deployments: readonly DeploymentPlan[];
  readonly places: readonly PlacePlan[];
  readonly unknownActs: readonly ReportedAct[];
  readonly highestToken: number;
};

/** What a resume would do now, with what was heard so far. */
export function planRestored(books: Books, heard: readonly Heard[]): Plan {
  const acts = heard.flatMap(({ report }) => report.acts);
  const unknown = acts.filter(({ act }) => !books.knownActs.has(act));
  const byAct = new Map(acts.map((act) => [act.act, act]));
  const reported = new Set(heard.map(({ agent }) => agent));
  return {
    deployments: books.deployments.map((deployment) => planOne(deployment, byAct, unknown, reported)),
    places: places(books, heard),
    unknownActs: unknown,
    highestToken: heard.reduce((highest, { report }) => Math.max(highest, report.highestToken), 0),
  };
}

function planOne(
  deployment: OpenDeployment,
  byAct: ReadonlyMap<string, ReportedAct>,
  unknown: readonly ReportedAct[],
  reported: ReadonlySet<string>,
): DeploymentPlan {
  const { open, agentId } = deployment;
  const results = open.flatMap(({ id }) => {
    const result = byAct.get(id)?.result ?? null;
    return result === null ? [] : [{ act: id, result }];
  });
  const ended = new Set(results.map(({ act }) => act));
  if (agentId !== null && !reported.has(agentId) && open.length > 0) {
    const begun = open.map(({ id }) => id);
    const says = 'its agent has not been heard of: what it has in hand is asked for again under the same ids, and never begun anew';
    return { deployment, becomes: 'waits-for-agent', says, results: [], begun, never: [] };
  }
  const begun = open.filter(({ id }) => !ended.has(id) && byAct.has(id)).map(({ id }) => id);
  const never = open.filter(({ id }) => !byAct.has(id)).map(({ id }) => id);
  // Whoever acted there: what these books would still do would go back over what came later.
  const further = unknown.filter((act) => act.service === deployment.service && act.environment === deployment.environment);
  if (further.length > 0) {
    const says = `the place went on after the backup (${further.map(({ phase }) => phase).join(', ')}): it ends here, and what runs is taken from the machine`;
    return { deployment, becomes: 'ends', says, results, begun, never };
  }
  const told = [
    ...(results.length > 0 ? ['the machine told how its act ended'] : []),
    ...(begun.length > 0 ? ['its act is still under way there'] : []),
    ...(never.length > 0 ? ['its act was never begun and is taken back'] : []),
  ];
  return {
    deployment,
    becomes: 'goes-on',
    says: told.length === 0 ? 'nothing was in hand; it asks mayShip again' : told.join('; '),
    results,
    begun,
    never,
  };
}

function places(books: Books, heard: readonly Heard[]): PlacePlan[] {
  const key = (of: { readonly service: string; readonly environment: string }): string => `${of.environment}/${of.service}`;
  const known = new Map(books.places.map((place) => [key(place), place]));
  const told = new Map(heard.flatMap(({ agent, report }) => report.slots.map((slot) => [key(slot.picture), { agent, ...slot }] as const)));
  return [...new Set([...known.keys(), ...told.keys()])].sort().map((name) => {
    const place = known.get(name);
    const slot = told.get(name);
    const [environment = '', service = ''] = name.split('/');
    const before = place?.books ?? null;
    const where = { service, environment, agent: slot?.agent ?? place?.agentId ?? null, books: before };
    if (slot === undefined) {
      const unheard = place?.agentId != null && !heard.some(({ agent }) => agent === place.agentId);
      const says = unheard ? 'its agent has not been heard of' : 'the machine knows nothing of it';
      return { ...where, machine: null, same: !unheard && before === null, beside: [], says, adopt: null };
    }
    const { picture, serving } = slot;
    const machine = serving === null ? null : { release: serving.as.release, version: serving.as.version, digest: serving.as.digest };
    const beside = picture.instances
      .filter((one) => one.instance !== serving?.instance)
      .map((one) => `${one.instance} (${one.version}, ${one.weight} %)`);
    const same =
      before?.release === machine?.release &&
      before?.digest === machine?.digest &&
      (before?.instance ?? null) === (serving?.instance ?? null);
    return { ...where, machine, same, beside, says: saying(before, machine, same), adopt: same ? null : { serving, picture } };
  });
}

function saying(books: Place['books'], machine: PlacePlan['machine'], same: boolean): string {
  if (same) return 'books and machine say the same';
  if (machine === null) return `${books?.version ?? 'something'} stands in the books, and nothing serves: the books will say so too`;
  if (books === null) return `${machine.version} serves, and the books know of nothing: they take it over`;
  if (books.release === machine.release) return `${machine.version} serves in another instance than the books say: they take it over`;
  return `${machine.version} serves, and the books say ${books.version}: they take over what serves`;
}
