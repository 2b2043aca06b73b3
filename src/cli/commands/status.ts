import { listEnvironments, listServices } from '../../contract/catalog.ts';
import { environmentServices } from '../../contract/deployments.ts';
import { listFreezes } from '../../contract/freezes.ts';
import { listRuns } from '../../contract/pipelines.ts';
import type { AddCommand } from '../main.ts';
import { plain, table } from '../terminal.ts';

/** ym status: the yard at a glance, service by environment. */
export const statusCommand: AddCommand = (program, run) => {
  program
    .command('status')
    .description('what runs where, what is on its way, what is frozen')
    .action(
      run(async (shell) => {
        const client = shell.client();
        const [services, environments, freezes, runs] = await Promise.all([
          client.call(listServices),
          client.call(listEnvironments),
          client.call(listFreezes),
          client.call(listRuns, { query: { limit: 20 } }),
        ]);
        const names = environments.items.map((one) => one.name);
        const boards = await Promise.all(names.map((environment) => client.call(environmentServices, { params: { environment } })));
        const rows = services.items.map((service) => [
          service.name,
          ...boards.map((board) => {
            const cell = board.items.find((one) => one.service === service.name);
            if (cell === undefined) return '-';
            const running = cell.running?.version ?? '-';
            return cell.deploying === null ? running : `${running} (${cell.deploying.version}: ${cell.deploying.state})`;
          }),
        ]);
        const active = freezes.items
          .filter((one) => one.activeNow)
          .map((one) => `frozen: ${one.id} ${plain(one.reason)}${one.nextEdge === null ? '' : `, until ${one.nextEdge}`}`);
        const building = runs.items.filter((one) => one.finishedAt === null).map((one) => `running: ${one.service} ${one.id} ${one.state}`);
        const text =
          rows.length === 0
            ? 'An empty yard. Describe teams, services and environments in yardmaster.yaml, then: ym apply'
            : [table([['', ...names], ...rows]), ...active, ...building].join('\n');
        shell.print(text, {
          environments: names,
          services: services.items.map((service, i) => ({
            service: service.name,
            versions: Object.fromEntries(
              names.map((name, n) => [name, boards[n]?.items.find((one) => one.service === services.items[i]?.name) ?? null]),
            ),
          })),
          freezes: freezes.items,
          running: runs.items.filter((one) => one.finishedAt === null),
        });
      }),
    );
};
