import type { EnvironmentPolicy } from '../../gates/policy/policy.ts';
import type { PolicyName, Tier } from '../../catalog/service.ts';
import type { FoundPart, FoundPipeline, Purpose } from './found.ts';

/** Everything that was found in one repository. What could not be asked is null, which is not "none". */
export type FoundRepository = {
  readonly name: string;
  readonly url: string | null;
  readonly branch: string | null;
  readonly pipelines: readonly FoundPipeline[];
  /** Environments that the forge keeps, with who has to agree there by its settings. */
  readonly environments: readonly FoundEnvironment[] | null;
  readonly branchProtected: boolean | null;
  /** Services of the catalog that come from here. */
  readonly services: readonly FoundService[];
  /** Why it could not be looked at as a whole. */
  readonly fault: string | null;
};
export type FoundEnvironment = { readonly name: string; readonly approval: string | null };
export type FoundService = { readonly name: string; readonly tier: Tier; readonly policy: PolicyName };

export const WANTED = [
  'tests',
  'coverage',
  'scans',
  'sbom',
  'provenance',
  'approval',
  'environment-before',
  'environments',
  'protected-branch',
  'pinned-parts',
] as const;
export type Wanted = (typeof WANTED)[number];

/** One thing that a tier's policy asks for, and whether the files and settings show it. `unknown`: it could not be asked. */
export type Standing = { readonly what: Wanted; readonly answer: 'yes' | 'no' | 'unknown'; readonly why: string };

/** What a policy asks of production, as far as it can be seen in how something is built. `rules`: the CEL of its checks. */
export type Asks = {
  readonly rules: readonly string[];
  readonly sbom: boolean;
  readonly provenance: boolean;
  readonly approval: boolean;
  readonly verifiedBefore: boolean;
};

/** What rules in front of production ask, with all that the levels add. */
export function asksOf({ checks, supplyChain, approval, lifecycle }: EnvironmentPolicy): Asks {
  return {
    rules: checks.map(({ rule }) => rule),
    sbom: supplyChain.sbom,
    provenance: supplyChain.provenance,
    approval: approval !== null,
    verifiedBefore: lifecycle.verifiedBefore,
  };
}

/** What the policy of production asks of how a service is built. It is read off the policy, so a changed preset changes this too. */
export function wantedBy(policy: Asks): Wanted[] {
  const rules = policy.rules.join(' ');
  return WANTED.filter((what) => {
    switch (what) {
      case 'tests':
        return /\btests\./.test(rules);
      case 'coverage':
        return /\bcoverage\./.test(rules);
      case 'scans':
        return /\bfindings\./.test(rules);
      case 'sbom':
        return policy.sbom;
      case 'provenance':
        return policy.provenance;
      case 'approval':
        return policy.approval;
      case 'environment-before':
        return policy.verifiedBefore;
      default:
        return true;
    }
  });
}

/** How a repository stands to what is wanted. */
export function standing(repository: FoundRepository, wanted: readonly Wanted[]): Standing[] {
  return wanted.map((what) => ({ what, ...answerTo(what, repository) }));
}

type Answered = Pick<Standing, 'answer' | 'why'>;
const PURPOSE: Readonly<Partial<Record<Wanted, { readonly of: readonly Purpose[]; readonly no: string }>>> = {
  tests: { of: ['test'], no: 'no job runs tests that we know' },
  coverage: { of: ['coverage'], no: 'no job measures coverage in a way that we know' },
  scans: { of: ['code-scan', 'dependency-scan', 'secret-scan', 'infrastructure-scan'], no: 'no scanner that we know is called' },
  sbom: { of: ['sbom'], no: 'nothing that we know makes an SBOM' },
  provenance: { of: ['sign'], no: 'nothing is signed or attested in a way that we know' },
};

function answerTo(what: Wanted, repository: FoundRepository): Answered {
  if (repository.fault !== null) return { answer: 'unknown', why: repository.fault };
  const purpose = PURPOSE[what];
  if (purpose !== undefined) return toolsOf(repository, purpose.of, purpose.no);
  if (what === 'approval') return approvalsOf(repository);
  if (what === 'protected-branch') return branchOf(repository);
  if (what === 'pinned-parts') return partsOf(repository);
  const names = environmentsOf(repository);
  if (what === 'environments') {
    if (names.length > 0) return { answer: 'yes', why: names.join(', ') };
    return { answer: unseenOf(repository) === null ? 'no' : 'unknown', why: unseenOf(repository) ?? 'no job names an environment' };
  }
  const before = names.filter((name) => !isProduction(name));
  if (before.length > 0) return { answer: 'yes', why: before.join(', ') };
  return { answer: unseenOf(repository) === null ? 'no' : 'unknown', why: unseenOf(repository) ?? 'nothing is deployed before production' };
}

function toolsOf(repository: FoundRepository, purposes: readonly Purpose[], no: string): Answered {
  const tools = repository.pipelines.flatMap(({ tools }) => tools.filter(({ purpose }) => purposes.includes(purpose)));
  if (tools.length > 0) return { answer: 'yes', why: [...new Set(tools.map(({ name }) => name))].join(', ') };
  const unseen = unseenOf(repository);
  return unseen === null ? { answer: 'no', why: no } : { answer: 'unknown', why: `${no}, but not everything was seen: ${unseen}` };
}

function approvalsOf(repository: FoundRepository): Answered {
  const found = [
    ...repository.pipelines.flatMap(({ jobs }) =>
      jobs.flatMap(({ name, approval }) => (approval === null ? [] : [`${approval} (${name})`])),
    ),
    ...(repository.environments ?? []).flatMap(({ name, approval }) => (approval === null ? [] : [`${approval} (${name})`])),
  ];
  if (found.length > 0) return { answer: 'yes', why: found.join(', ') };
  const github = repository.pipelines.some(({ system, environments }) => system !== 'jenkins' && environments.length > 0);
  if (github && repository.environments === null) return { answer: 'unknown', why: 'the settings of its environments could not be asked' };
  const unseen = unseenOf(repository);
  return { answer: unseen === null ? 'no' : 'unknown', why: unseen ?? 'nobody has to agree before it is deployed' };
}

function branchOf({ branchProtected, branch }: FoundRepository): Answered {
  if (branchProtected === null) return { answer: 'unknown', why: 'the forge was not asked, or does not say' };
  return branchProtected
    ? { answer: 'yes', why: branch ?? '' }
    : { answer: 'no', why: `anybody who may push can change ${branch ?? 'the branch'}` };
}

function partsOf({ pipelines }: FoundRepository): Answered {
  const loose = loosePartsOf(pipelines);
  if (loose.length === 0) return { answer: 'yes', why: 'every part of others is named by what can not change' };
  return {
    answer: 'no',
    why: `${loose
      .slice(0, 5)
      .map(({ what }) => what)
      .join(', ')}${loose.length > 5 ? ` and ${loose.length - 5} more` : ''}`,
  };
}

/** Parts of others that may be something else tomorrow. Those that the vendor's own servers keep (tasks of Azure) count too. */
export function loosePartsOf(pipelines: readonly FoundPipeline[]): FoundPart[] {
  return pipelines.flatMap(({ parts }) => parts.filter(({ pinned }) => pinned !== 'commit' && pinned !== 'local'));
}

function unseenOf({ pipelines }: FoundRepository): string | null {
  const all = pipelines.flatMap(({ fault, file, unseen }) => [...(fault === null ? [] : [`${file}: ${fault}`]), ...unseen]);
  return all.length === 0 ? null : all.slice(0, 3).join('; ');
}

/** Names of environments that the files and the forge speak of. */
export function environmentsOf({ pipelines, environments }: FoundRepository): string[] {
  const all = [...pipelines.flatMap((pipeline) => pipeline.environments), ...(environments ?? []).map(({ name }) => name)];
  return [...new Set(all)].sort();
}

export function isProduction(name: string): boolean {
  return /(?:^|[^a-z])(?:prod|production|prd|live)(?:[^a-z]|$)/i.test(name);
}

/** The road of a repository: its environments in the order of the files, where somebody has to agree marked by `!`. */
export function roadOf(repository: FoundRepository): string[] {
  const agreed = new Set((repository.environments ?? []).filter(({ approval }) => approval !== null).map(({ name }) => name));
  const jobs = repository.pipelines.flatMap((pipeline) => pipeline.jobs).filter(({ deploys }) => deploys);
  const road = jobs.map(
    ({ environment, name, approval }) => `${environment ?? name}${approval !== null || agreed.has(environment ?? '') ? '!' : ''}`,
  );
  return [...new Set(road)];
}

/** Repositories that are built alike. `shape`: what they have in common, in words; `differs`: what each has beside the most common shape. */
export type Cluster = {
  readonly shape: readonly string[];
  readonly repositories: readonly string[];
  readonly lacks: readonly string[];
  readonly beside: readonly string[];
};

/** Clusters of one shape each, the largest first, with how they differ from the largest. */
export function clustersOf(repositories: readonly FoundRepository[]): Cluster[] {
  const groups = Map.groupBy(
    repositories.filter(({ pipelines }) => pipelines.length > 0),
    (repository) => shapeOf(repository).join('\n'),
  );
  const all = [...groups.values()]
    .map((members) => ({ shape: shapeOf(members[0] as FoundRepository), repositories: members.map(({ name }) => name).sort() }))
    .sort((a, b) => b.repositories.length - a.repositories.length || (a.shape.join() < b.shape.join() ? -1 : 1));
  const common = all[0]?.shape ?? [];
  return all.map((one) => ({
    ...one,
    lacks: common.filter((word) => !one.shape.includes(word)),
    beside: one.shape.filter((word) => !common.includes(word)),
  }));
}

/** What tells how a repository is built: systems, purposes, how it is deployed and agreed to. No names of its own. */
function shapeOf(repository: FoundRepository): string[] {
  const { pipelines } = repository;
  const words = [
    ...pipelines.map(({ system }) => `runs on ${system}`),
    ...pipelines.flatMap(({ tools }) => tools.map(({ purpose }) => `has ${purpose}`)),
    ...pipelines.flatMap(({ jobs }) =>
      jobs
        .filter(({ deploys }) => deploys)
        .map(({ environment }) =>
          environment === null
            ? 'deploys without an environment'
            : isProduction(environment)
              ? 'deploys to production'
              : 'deploys before production',
        ),
    ),
    ...(roadOf(repository).some((stop) => stop.endsWith('!')) ? ['asks somebody'] : []),
    ...(loosePartsOf(pipelines).length > 0 ? ['takes loose parts'] : []),
  ];
  return [...new Set(words)].sort();
}
