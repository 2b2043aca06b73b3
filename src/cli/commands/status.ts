import { listEnvironments, listServices } from '../../contract/catalog.ts';
import { listAgents } from '../../contract/agent.ts';
import { environmentServices } from '../../contract/deployments.ts';
import { listIncidents } from '../../contract/environments.ts';
import { listFreezes } from '../../contract/freezes.ts';
import { listRunners, listRuns } from '../../contract/pipelines.ts';
import type { Client } from '../../host/client.http.ts';
import type { AddCommand } from '../main.ts';
import { line, table, when } from '../terminal.ts';

/** The road of an instance that has no service yet; machines that joined are ticked. */
async function emptyYard(client: Client): Promise<string> {
  // Whoever may not see machines is shown the road without ticks.
  const [runner, agent] = await Promise.all([
    client.call(listRunners).then(
      ({ items }) => items.some((one) => !one.revoked),
      () => false,
    ),
    client.call(listAgents).then(
      ({ items }) => items.some((one) => one.revokedAt === null),
      () => false,
    ),
  ]);
  const mark = (done: boolean): string => (done ? '✔' : ' ');
  return `An empty yard. The road from here:
${mark(runner)} 1. ym runner register   and start the runner that it prints: it builds
${mark(agent)} 2. ym agent register    and start the agent that it prints: it deploys
  3. ym apply             what yardmaster.yaml says: teams, environments, services
  4. ym run SERVICE       build it; then: ym release create SERVICE`;
}

/** ym status: the yard at a glance, service by environment. */
export const statusCommand: AddCommand = (program, run) => {
  program
    .command('status')
    .description('what runs where, what is on its way, what is frozen')
    .action(
      run(async (shell) => {
        const client = shell.client();
        const [services, environments, freezes, runs, incidents] = await Promise.all([
          client.call(listServices),
          client.call(listEnvironments),
          client.call(listFreezes),
          client.call(listRuns, { query: { limit: 20 } }),
          client.call(listIncidents, { query: { state: 'open', limit: 20 } }),
        ]);
        const names = environments.items.map((one) => one.name);
        const boards = await Promise.all(names.map((environment) => client.call(environmentServices, { params: { environment } })));
        const rows = services.items.map((service) => [
          service.name,
          ...boards.map((board) => {
            const cell = board.items.find((one) => one.service === service.name);
            if (cell === undefined) return '-';
            const running = line(cell.running?.version ?? '-');
            return cell.deploying === null ? running : `${running} (${line(cell.deploying.version)}: ${cell.deploying.state})`;
          }),
        ]);
        const waiting = names.flatMap((name, n) =>
          (boards[n]?.items ?? [])
            .filter((one) => one.deploying?.state === 'waiting')
            .map((one) => `waiting: ym may-ship ${one.service}@${line(one.deploying?.version ?? '')} --env ${name}`),
        );
        const frozen = freezes.items
          .filter((one) => one.activeNow && one.kind === 'deny')
          .map((one) => `frozen: ${line(one.reason)}${one.nextEdge === null ? '' : `, until ${when(one.nextEdge)}`} (${one.id})`);
        const building = runs.items
          .filter((one) => one.finishedAt === null)
          .map((one) => `building: ${one.service} is ${one.state} (${one.id})`);
        const hurt = incidents.items.map(
          (one) => `incident: ${line(one.title)}, ${one.severity}, since ${when(one.startedAt)} (${one.id})`,
        );
        const text =
          rows.length === 0
            ? await emptyYard(client)
            : [table([['', ...names], ...rows]), ...waiting, ...building, ...frozen, ...hurt].join('\n');
        shell.print(text, {
          environments: names,
          services: services.items.map((service) => ({
            service: service.name,
            versions: Object.fromEntries(
              names.map((name, n) => [name, boards[n]?.items.find((one) => one.service === service.name) ?? null]),
            ),
          })),
          freezes: freezes.items,
          running: runs.items.filter((one) => one.finishedAt === null),
          incidents: incidents.items,
        });
      }),
    );
};
