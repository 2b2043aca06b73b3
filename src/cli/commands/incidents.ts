import type { z } from 'zod';
import * as contract from '../../contract/environments.ts';
import { incidentPage } from '../../contract/inbox.ts';
import type { AddCommand } from '../main.ts';
import { findDeployment, oneOf } from '../refs.ts';
import type { Client } from '../../host/client.http.ts';
import { line, plain, table, when } from '../terminal.ts';

type Incident = z.infer<typeof contract.incidentSchema>;
type OpenOptions = {
  service?: string;
  env?: string;
  severity: string;
  title: string;
  startedAt?: string;
  deployment?: string[];
};
type ListOptions = { service?: string; env?: string; state?: string };

const SEVERITIES = ['critical', 'major', 'minor'] as const;

/** ym incident open|link|resolve|show|list|hook */
export const incidentCommands: AddCommand = (program, run) => {
  const group = program.command('incident').description('incidents: open, link to deployments, resolve');
  group
    .command('open')
    .description('open an incident')
    .requiredOption('--title <title>', 'what people see of it')
    .option('--service <service>', 'which service has it')
    .option('--env <environment>', 'and where')
    .option('--severity <severity>', SEVERITIES.join(', '), 'major')
    .option('--started-at <instant>', 'when it began (default: now)')
    .option('--deployment <deployment...>', 'deployments that caused it')
    .action(
      run(async (shell, options: OpenOptions) => {
        const client = shell.client();
        const { service, env, title, startedAt } = options;
        const severity = oneOf('--severity', options.severity, SEVERITIES);
        const deployments = await findAll(client, options.deployment ?? []);
        const incident = await client.call(contract.openIncident, {
          body: { service, environment: env, severity, title, startedAt, deployments },
        });
        const next =
          incident.deployments.length === 0
            ? `\nSay what caused it: ym incident link ${incident.id} ${service ?? 'SERVICE'}/${env ?? 'ENV'}`
            : '';
        shell.print(`${say(incident)}${next}`, incident);
      }),
    );
  group
    .command('link <incident> <deployment...>')
    .description('say which deployments caused it')
    .action(
      run(async (shell, id: string, names: string[]) => {
        const client = shell.client();
        const deployments = await findAll(client, names);
        const incident = await client.call(contract.linkIncident, { params: { incident: id }, body: { deployments } });
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
    .command('show <incident>')
    .description('one incident')
    .action(
      run(async (shell, id: string) => {
        const client = shell.client();
        const incident = await client.call(contract.getIncident, { params: { incident: id } });
        const story = await client.call(incidentPage, { params: { incident: id } });
        const lines = story.timeline.map(
          (one) => `  ${when(one.at)}  ${line(one.text)}${one.actor?.person ? `  (${line(one.actor.person.name)})` : ''}`,
        );
        shell.print([say(incident), ...(story.description === null ? [] : [plain(story.description)]), ...lines].join('\n'), {
          ...incident,
          ...story,
          deployments: incident.deployments,
        });
      }),
    );
  group
    .command('list')
    .description('incidents, newest first')
    .option('--service <service>', 'only of a service')
    .option('--env <environment>', 'only in an environment')
    .option('--state <state>', 'open or resolved')
    .action(
      run(async (shell, options: ListOptions) => {
        const state = options.state === undefined ? undefined : oneOf('--state', options.state, ['open', 'resolved']);
        const query = { service: options.service, environment: options.env, state };
        const list = await shell.client().call(contract.listIncidents, { query });
        const rows = list.items.map((one) => [one.state, one.severity, placeOf(one), when(one.startedAt), one.id, line(one.title)]);
        shell.print(rows.length === 0 ? 'No incidents.' : table(rows), list);
      }),
    );
  const hook = group.command('hook').description('webhooks through which monitoring tells of incidents');
  hook
    .command('create <name>')
    .description('make one; its secret is shown once')
    .action(
      run(async (shell, name: string) => {
        const made = await shell.client().call(contract.createIncidentHook, { body: { name } });
        shell.print(
          `POST to ${shell.url}${made.path}\nsigned with HMAC-SHA256 by this secret, shown once:\n  ${made.secret}\nEnd it with: ym incident hook end ${made.hook}`,
          made,
        );
      }),
    );
  hook
    .command('end <hook>')
    .description('end one: its signatures are refused from now on')
    .action(
      run(async (shell, id: string) => {
        const answer = await shell.client().call(contract.revokeIncidentHook, { params: { hook: id } });
        shell.print(`Ended ${id}.`, answer);
      }),
    );
};

async function findAll(client: Client, names: readonly string[]): Promise<string[]> {
  return Promise.all(names.map((name) => findDeployment(client, name)));
}

function placeOf(incident: Incident): string {
  return [incident.service, incident.environment].filter((one) => one !== null).join(' in ');
}

function say(incident: Incident): string {
  const where = placeOf(incident) === '' ? '' : ` (${placeOf(incident)})`;
  const linked = incident.deployments.length === 0 ? 'Not linked to a deployment.' : `Linked to ${incident.deployments.join(', ')}.`;
  return `${incident.id} is ${incident.state}: ${line(incident.title)}${where}. ${linked}`;
}
