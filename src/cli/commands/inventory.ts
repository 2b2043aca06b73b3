import { basename, resolve } from 'node:path';
import type { PolicyName, Tier } from '../../catalog/service.ts';
import { POLICIES } from '../../catalog/service.ts';
import * as contract from '../../contract/inventory.ts';
import { presetAsks } from '../../integrations/inventory/preset-policy.ts';
import { agentWords, onServers } from '../../integrations/inventory/found.ts';
import { readerOf, readPipelineFile } from '../../integrations/inventory/read-file.ts';
import { markdownOf, reportOf } from '../../integrations/inventory/report.ts';
import { usage } from '../cli.problems.ts';
import type { AddCommand } from '../main.ts';
import { filesBelow } from '../repository.disk.ts';
import type { Shell } from '../shell.ts';
import { line, table } from '../terminal.ts';

type Given = { repo?: string; policy: string; tier: string; take?: boolean; markdown?: boolean };
type Report = Pick<contract.InventoryReportView, 'at' | 'totals' | 'judged' | 'clusters' | 'repositories' | 'faults' | 'agents'>;

/** ym inventory: what is found in forges and CI servers, or, without a server, in one folder. */
export const inventoryCommand: AddCommand = (program, run) => {
  program
    .command('inventory')
    .description('repositories, pipelines, environments, approvals and tools that there are, how they differ and what is missing')
    .option('--repo <dir>', 'look at this folder alone, without a server')
    .option('--policy <name>', `with --repo: judge it by this preset (${POLICIES.join(', ')})`, 'standard')
    .option('--tier <n>', 'with --repo: as a service of this tier (1, 2, 3)', '2')
    .option('--take', 'look through everything that is connected, now')
    .option('--markdown', 'the report as Markdown')
    .action(
      run(async (shell, options: Given) => {
        if (options.repo !== undefined) return local(shell, options.repo, options);
        const client = shell.client();
        if (options.take === true) {
          const { id } = await client.call(contract.takeInventory, { body: {} });
          shell.print(`Everything that is connected is being looked through (${id}). See it with: ym inventory`, { id });
          return;
        }
        const found = await client.call(contract.getInventory);
        const { taking, report, markdown } = found;
        const way = taking === null ? '' : `An inventory is being taken: ${taking.looked} of ${taking.repositories} repositories.\n`;
        if (report === null) shell.print(`${way}There is no inventory yet. Take one with: ym inventory --take`, found);
        else shell.print(options.markdown === true ? (markdown ?? '') : `${way}${words(report)}`, found);
      }),
    );
};

async function local(shell: Shell, folder: string, { policy, tier, markdown }: Given): Promise<void> {
  if (!(POLICIES as readonly string[]).includes(policy))
    throw usage({ what: `there is no preset ${policy}`, try: `--policy ${POLICIES.join(' | ')}` });
  if (!/^[123]$/.test(tier)) throw usage({ what: `there is no tier ${tier}`, try: '--tier 1, 2 or 3' });
  const files = await filesBelow(folder, (path) => readerOf(path) !== null);
  const pipelines = files.flatMap(({ path, source }) => readPipelineFile(path, source) ?? []);
  const repository = {
    name: basename(resolve(folder)),
    url: null,
    branch: null,
    pipelines,
    environments: null,
    branchProtected: null,
    services: [],
    fault: null,
  };
  const otherwise = { policy: policy as PolicyName, tier: Number(tier) as Tier };
  const report = reportOf({ at: new Date().toISOString(), repositories: [repository], faults: [] }, presetAsks, otherwise);
  const none =
    pipelines.length === 0 ? `There is no pipeline of GitHub Actions, GitLab CI, Azure Pipelines or Jenkins in ${folder}.` : null;
  shell.print(none ?? (markdown === true ? markdownOf(report) : words(report as unknown as Report)), report);
}

function words({ at, totals, judged, clusters, repositories, faults, agents }: Report): string {
  const marks = { yes: 'yes', no: 'NO', unknown: '?' };
  const rows = judged.flatMap((one) =>
    one.standing.map(({ what, answer, why }) => [line(one.service ?? one.repository), `tier ${one.tier}`, what, marks[answer], line(why)]),
  );
  const roads = repositories
    .filter(({ road }) => road.length > 0)
    .map(({ name, road }) => `${line(name)}: ${road.map((stop) => line(stop)).join(' -> ')}`);
  return [
    `As of ${at}: ${totals.repositories} repositories, ${totals.pipelines} pipelines (${totals.unreadable} could not be read), ${totals.environments} environments,`,
    `${totals.approvals} steps where somebody has to agree, ${totals.looseParts} parts of others that may change.`,
    '',
    table(rows),
    '',
    ...roads,
    ...(clusters.length > 1
      ? [
          '',
          ...clusters.map(
            (one, index) =>
              `${one.repositories.length} alike${index === 0 ? '' : `; without ${one.lacks.join(', ') || 'nothing'}; besides ${one.beside.join(', ') || 'nothing'}`}: ${one.repositories
                .slice(0, 8)
                .map((name) => line(name))
                .join(', ')}`,
          ),
        ]
      : []),
    ...onServers(repositories.flatMap(({ pipelines }) => pipelines)).map(
      ({ name, system, words: said }) => `${line(name)} on ${system}: ${line(said)}`,
    ),
    ...agents.map((one) => `agent ${line(one.name)} of ${line(one.where)}: ${line(agentWords(one))}`),
    ...faults.map(({ where, why }) => `Could not be asked: ${line(where)}: ${line(why)}`),
  ].join('\n');
}
