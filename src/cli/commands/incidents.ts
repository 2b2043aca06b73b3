import type { z } from 'zod';
import * as contract from '../../contract/environments.ts';
import type { AddCommand } from '../main.ts';
import { plain, table } from '../terminal.ts';

type Incident = z.infer<typeof contract.incidentSchema>;
type OpenOptions = {
  service?: string;
  env?: string;
  severity?: 'critical' | 'major' | 'minor';
  title: string;
  startedAt?: string;
  deployment?: string[];
};

/** ym incident open|link|resolve|list, ym verify-as-person */
export const incidentCommands: AddCommand = (program, run) => {
  const group = program.command('incident').description('incidents: open, link to deployments, resolve');
  group
    .command('open')
    .description('open an incident')
    .requiredOption('--title <title>')
    .option('--service <service>')
    .option('--env <environment>')
    .option('--severity <severity>', 'critical, major or minor', 'major')
    .option('--started-at <instant>', 'when it began (default: now)')
    .option('--deployment <deployment...>', 'deployments that caused it')
    .action(
      run(async (shell, options: OpenOptions) => {
        const { service, env, severity, title, startedAt, deployment } = options;
        const incident = await shell.client().call(contract.openIncident, {
          body: { service, environment: env, severity: severity as never, title, startedAt, deployments: deployment },
        });
        shell.print(say(incident), incident);
      }),
    );
  group
    .command('link <incident> <deployment...>')
    .description('say which deployments caused it')
    .action(
      run(async (shell, id: string, deployments: string[]) => {
        const incident = await shell.client().call(contract.linkIncident, { params: { incident: id }, body: { deployments } });
        shell.print(say(incident), incident);
      }),
    );
  group
    .command('resolve <incident>')
    .description('the service is restored')
    .option('--at <instant>', 'when (default: now)')
    .action(
      run(async (shell, id: string, options: { at?: string }) => {
        const incident = await shell
          .client()
          .call(contract.resolveIncident, { params: { incident: id }, body: { resolvedAt: options.at } });
        shell.print(say(incident), incident);
      }),
    );
  group
    .command('list')
    .description('incidents, newest first')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(contract.listIncidents);
        shell.print(
          list.items.length === 0
            ? 'No incidents.'
            : table(list.items.map((one) => [one.id, one.state, one.severity, one.service ?? '', one.environment ?? '', plain(one.title)])),
          list,
        );
      }),
    );
};

function say(incident: Incident): string {
  const linked = incident.deployments.length === 0 ? 'not linked to a deployment' : `linked to ${incident.deployments.join(', ')}`;
  return plain(`${incident.id} is ${incident.state}: ${incident.title} (${linked}).`);
}
