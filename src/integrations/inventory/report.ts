import type { Instant } from '../../kernel/time.ts';
import {
  clustersOf,
  type Asks,
  environmentsOf,
  roadOf,
  standing,
  wantedBy,
  type Cluster,
  type FoundRepository,
  type Standing,
} from './inventory.ts';
import { agentWords, onServers, type FoundAgent } from './found.ts';
import type { PolicyName, Tier } from '../../catalog/service.ts';

/** The inventory of an organisation, or of one folder, as it was at one moment. */
export type Inventory = {
  readonly at: Instant;
  readonly repositories: readonly FoundRepository[];
  /** Places that could not be asked, each with why. */
  readonly faults: readonly { readonly where: string; readonly why: string }[];
  /** Machines that run jobs, where a server tells them. */
  readonly agents?: readonly FoundAgent[];
};

export type Judged = {
  readonly repository: string;
  readonly service: string | null;
  readonly tier: Tier;
  readonly policy: PolicyName;
  readonly standing: readonly Standing[];
};

export type InventoryReport = {
  readonly at: Instant;
  readonly totals: {
    readonly repositories: number;
    readonly withPipeline: number;
    readonly pipelines: number;
    readonly unreadable: number;
    readonly environments: number;
    readonly approvals: number;
    readonly looseParts: number;
    readonly services: number;
  };
  readonly systems: readonly { readonly name: string; readonly repositories: number }[];
  readonly tools: readonly { readonly name: string; readonly purpose: string; readonly repositories: number }[];
  readonly clusters: readonly Cluster[];
  readonly judged: readonly Judged[];
  readonly repositories: readonly (FoundRepository & { readonly road: readonly string[] })[];
  readonly faults: Inventory['faults'];
  readonly agents: readonly FoundAgent[];
};

/** What is asked of a service in front of production; of one without a name: of a repository that belongs to none. */
export type AsksOf = (service: { readonly name: string | null; readonly policy: PolicyName; readonly tier: Tier }) => Asks;

/** The report of an inventory. A repository without a service is judged as `otherwise` says, so that it is seen what it would lack. */
export function reportOf(
  inventory: Inventory,
  asksOf: AsksOf,
  otherwise: { readonly policy: PolicyName; readonly tier: Tier },
): InventoryReport {
  const { repositories } = inventory;
  const pipelines = repositories.flatMap((repository) => repository.pipelines);
  const judged = repositories.flatMap((repository): Judged[] => {
    if (repository.pipelines.length === 0 && repository.services.length === 0) return [];
    const of = repository.services.length === 0 ? [{ name: null, ...otherwise }] : repository.services;
    return of.map(({ name, tier, policy }) => ({
      repository: repository.name,
      service: name,
      tier,
      policy,
      standing: standing(repository, wantedBy(asksOf({ name, policy, tier }))),
    }));
  });
  const jobs = pipelines.flatMap((pipeline) => pipeline.jobs);
  return {
    at: inventory.at,
    totals: {
      repositories: repositories.length,
      withPipeline: repositories.filter((repository) => repository.pipelines.length > 0).length,
      pipelines: pipelines.length,
      unreadable: pipelines.filter(({ fault }) => fault !== null).length,
      environments: repositories.reduce((sum, repository) => sum + environmentsOf(repository).length, 0),
      approvals:
        jobs.filter(({ approval }) => approval !== null).length +
        repositories.flatMap(({ environments }) => environments ?? []).filter(({ approval }) => approval !== null).length,
      looseParts: pipelines.flatMap(({ parts }) => parts).filter(({ pinned }) => pinned !== 'commit' && pinned !== 'local').length,
      services: new Set(repositories.flatMap(({ services }) => services.map(({ name }) => name))).size,
    },
    systems: counted(repositories, ({ pipelines: mine }) => mine.map(({ system }) => system)).map(([name, count]) => ({
      name,
      repositories: count,
    })),
    tools: counted(repositories, ({ pipelines: mine }) =>
      mine.flatMap(({ tools }) => tools.map(({ name, purpose }) => `${purpose}\n${name}`)),
    ).map(([key, count]) => {
      const [purpose = '', name = ''] = key.split('\n');
      return { name, purpose, repositories: count };
    }),
    clusters: clustersOf(repositories),
    judged,
    repositories: repositories.map((repository) => ({ ...repository, road: roadOf(repository) })),
    faults: inventory.faults,
    agents: inventory.agents ?? [],
  };
}

/** In how many repositories each word is, the most common first. */
function counted(
  repositories: readonly FoundRepository[],
  wordsOf: (repository: FoundRepository) => readonly string[],
): [string, number][] {
  const counts = new Map<string, number>();
  for (const repository of repositories) for (const word of new Set(wordsOf(repository))) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

const WORDS: Readonly<Record<Standing['answer'], string>> = { yes: 'yes', no: '**no**', unknown: '?' };

/** The report as Markdown, for people who were not there. Names of others are texts in it and never markup. */
export function markdownOf(report: InventoryReport): string {
  const { totals } = report;
  const columns = [...new Set(report.judged.flatMap((one) => one.standing.map(({ what }) => what)))];
  return [
    '# Inventory',
    '',
    `As of ${report.at}: ${totals.repositories} repositories, ${totals.withPipeline} of them with ${totals.pipelines} pipelines (${totals.unreadable} could not be read), ${totals.environments} environments, ${totals.approvals} steps where somebody has to agree, ${totals.looseParts} parts of others that may change.`,
    '',
    '## What is missing',
    '',
    row(['repository', 'service', 'tier', 'policy', ...columns]),
    row(['repository', 'service', 'tier', 'policy', ...columns].map(() => '---')),
    ...report.judged.map((one) =>
      row([
        plain(one.repository),
        plain(one.service ?? ''),
        String(one.tier),
        one.policy,
        ...columns.map((what) => WORDS[one.standing.find((stands) => stands.what === what)?.answer ?? 'unknown']),
      ]),
    ),
    '',
    'A question mark means that it could not be found out; it is not a yes.',
    '',
    ...report.judged.flatMap((one) =>
      one.standing
        .filter(({ answer }) => answer === 'no')
        .map(({ what, why }) => `- ${plain(one.service ?? one.repository)}: ${what}: ${plain(why)}`),
    ),
    '',
    '## How they differ',
    '',
    ...report.clusters.flatMap((cluster, index) => [
      `${index + 1}. ${cluster.repositories.length} alike: ${cluster.repositories.slice(0, 20).map(plain).join(', ')}${cluster.repositories.length > 20 ? ' ...' : ''}`,
      `   ${index === 0 ? cluster.shape.join(', ') : [...cluster.lacks.map((word) => `without: ${word}`), ...cluster.beside.map((word) => `besides: ${word}`)].join(', ')}`,
    ]),
    '',
    '## Roads',
    '',
    ...report.repositories
      .filter(({ road }) => road.length > 0)
      .map(({ name, road }) => `- ${plain(name)}: ${road.map(plain).join(' -> ')}`),
    '',
    'An exclamation mark stands where somebody has to agree.',
    '',
    '## Tools',
    '',
    ...report.tools.map(({ name, purpose, repositories }) => `- ${purpose}: ${name} (${repositories})`),
    '',
    ...serversOf(report),
    ...(report.faults.length === 0
      ? []
      : ['## What could not be asked', '', ...report.faults.map(({ where, why }) => `- ${plain(where)}: ${plain(why)}`), '']),
  ].join('\n');
}

/** What CI servers say of jobs and machines. */
function serversOf({ repositories, agents }: InventoryReport): string[] {
  const jobs = repositories.flatMap(({ pipelines }) => pipelines);
  return [
    ...section(
      '## Jobs on servers',
      onServers(jobs).map(({ name, words }) => `- ${plain(name)}: ${plain(words)}`),
    ),
    ...section(
      '## Agents',
      agents.map((one) => `- ${plain(one.where)}: ${plain(one.name)}: ${plain(agentWords(one))}`),
    ),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [title, '', ...lines, ''];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Text of others in Markdown: what would be markup is escaped, so that it reads as it was written. */
function plain(text: string): string {
  return text
    .replaceAll(/[\u0000-\u001f\u007f]+/g, ' ')
    .replaceAll(/[\\`*_{}[\]<>()#|!~&]/g, (sign) => `\\${sign}`)
    .slice(0, 500);
}
