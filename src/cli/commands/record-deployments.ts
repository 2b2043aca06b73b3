import type { Command } from 'commander';
import type { AddCommand, Run } from '../main.ts';
import { checkIn, runIn, serviceIn } from '../record-options.ts';
import { findDeployment, findRelease, oneOf } from '../refs.ts';
import { line, table } from '../terminal.ts';

const TOLD = ['started', 'succeeded', 'failed', 'rolled-back'] as const;
const SEVERITIES = ['critical', 'major', 'minor'] as const;
const TICKETS = ['open', 'done', 'rejected'] as const;

type DeploymentOptions = {
  env: string;
  state: string;
  check?: string[];
  system?: string;
  runId?: string;
  attempt?: string;
  runUrl?: string;
  reason?: string;
  to?: string;
};
type IncidentOptions = {
  service?: string;
  env: string;
  title: string;
  id: string;
  system: string;
  severity: string;
  state: string;
  incidentUrl?: string;
  startedAt?: string;
  deployment?: string[];
};
type TicketOptions = {
  service?: string;
  system: string;
  title: string;
  state: string;
  type?: string;
  status?: string;
  fixVersion?: string;
  ticketUrl?: string;
};

/** ym ticket list */
export const ticketCommands: AddCommand = (program, run) => {
  program
    .command('ticket')
    .description('tickets of other systems, as they were told of')
    .command('list')
    .description('how they stand')
    .option('--system <name>', 'only of this system')
    .option('--keys <keys>', 'only these, with commas between')
    .option('--state <state>', TICKETS.join(', '))
    .action(
      run(async (shell, options: { system?: string; keys?: string; state?: string }) => {
        const { listTickets } = await import('../../contract/record-others.ts');
        const state = options.state === undefined ? undefined : oneOf('--state', options.state, TICKETS);
        const list = await shell.client().call(listTickets, { query: { system: options.system, keys: options.keys, state, limit: 1000 } });
        const rows = list.items.map((one) => [one.state, one.key, one.system, one.fixVersion ?? '', line(one.title)]);
        shell.print(rows.length === 0 ? 'No tickets.' : table(rows), list);
      }),
    );
};

/** ym record deployment|incident|ticket */
export function recordDeployments(group: Command, run: Run): void {
  group
    .command('deployment <release>')
    .description('a deployment that a tool of your own does: ask before with ym may-ship RELEASE --env ENV --wait')
    .requiredOption('--env <environment>', 'where to')
    .requiredOption('--state <state>', TOLD.join(', '))
    .option('--check <check...>', 'what was found after it: health=passed, smoke=failed ...')
    .option('--system <name>', 'the tool (default: the CI this runs in)')
    .option('--run-id <id>', 'which deployment of it, or which run')
    .option('--attempt <n>', 'which attempt of it')
    .option('--run-url <url>', 'where people see it')
    .option('--reason <reason>', 'why it failed or went back')
    .option('--to <release>', 'for rolled-back: what runs again (default: what was verified there last)')
    .action(
      run(async (shell, name: string, options: DeploymentOptions) => {
        const { recordDeployment } = await import('../../contract/record-deployments.ts');
        const state = oneOf('--state', options.state, TOLD);
        const client = shell.client();
        const release = await findRelease(client, name);
        // The commit is that of the release: the run that deploys may well be of another.
        const { id, system, attempt, url } = runIn({ ...options, service: release.service, commit: release.commit }, process.env);
        const to = options.to === undefined ? undefined : (await findRelease(client, options.to)).id;
        const checks = (options.check ?? []).map(checkIn);
        const body = { release: release.id, environment: options.env, state, system, id, attempt, url, reason: options.reason, checks, to };
        const told = await client.call(recordDeployment, { body });
        const { deployment } = told;
        const admitted =
          deployment.external?.admitted === false
            ? `\n${notAdmitted(deployment.external.observed)}${told.reasons.map((one) => `\n  ${line(one)}`).join('')}`
            : '';
        shell.print(
          `${deployment.id}: ${deployment.version} in ${deployment.environment} is ${deployment.state}${told.fresh ? '' : '; it was told before'}${admitted}`,
          told,
        );
      }),
    );
  incident(group, run);
  ticket(group, run);
}

function notAdmitted(observed: boolean): string {
  return observed
    ? 'Nothing was blocked, the service is only observed. It would have been said:'
    : 'It began without an allow, and is recorded so:';
}

function incident(group: Command, run: Run): void {
  group
    .command('incident')
    .description('an incident that another system keeps, open or resolved')
    .requiredOption('--title <title>', 'what people see of it')
    .requiredOption('--env <environment>', 'where')
    .requiredOption('--id <id>', 'its id there')
    .option('--system <name>', 'the system that keeps it', 'incidents')
    .option('--service <service>', 'which service has it (default: YARDMASTER_SERVICE)')
    .option('--severity <severity>', SEVERITIES.join(', '), 'major')
    .option('--state <state>', 'open or resolved', 'open')
    .option('--incident-url <url>', 'where people see it')
    .option('--started-at <instant>', 'when it began (default: now)')
    .option('--deployment <deployment...>', 'deployments that caused it')
    .action(
      run(async (shell, options: IncidentOptions) => {
        const { recordIncident } = await import('../../contract/record-others.ts');
        const client = shell.client();
        const deployments = await Promise.all((options.deployment ?? []).map((name) => findDeployment(client, name)));
        const { system, id, title, startedAt } = options;
        const severity = oneOf('--severity', options.severity, SEVERITIES);
        const state = oneOf('--state', options.state, ['open', 'resolved'] as const);
        const body = {
          service: serviceIn(options, process.env),
          environment: options.env,
          system,
          id,
          title,
          severity,
          state,
          url: options.incidentUrl,
          startedAt,
          deployments,
        };
        const told = await client.call(recordIncident, { body });
        shell.print(
          `${told.incident.id} is ${told.incident.state}: ${line(told.incident.title)}${told.fresh ? '' : '; it was told before'}`,
          told,
        );
      }),
    );
}

function ticket(group: Command, run: Run): void {
  group
    .command('ticket <key>')
    .description('how a ticket stands')
    .requiredOption('--title <title>', 'its title')
    .requiredOption('--state <state>', TICKETS.join(', '))
    .option('--system <name>', 'the system that keeps it', 'tickets')
    .option('--service <service>', 'whose pipeline tells it (default: YARDMASTER_SERVICE)')
    .option('--type <type>', 'story, bug ...')
    .option('--status <status>', 'the word that its system uses')
    .option('--fix-version <version>', 'in which version it is to be')
    .option('--ticket-url <url>', 'where people see it')
    .action(
      run(async (shell, key: string, options: TicketOptions) => {
        const { recordTicket } = await import('../../contract/record-others.ts');
        const state = oneOf('--state', options.state, TICKETS);
        const { system, title, type, status, fixVersion, ticketUrl: url } = options;
        const body = { service: serviceIn(options, process.env), system, key, title, state, type, status, fixVersion, url };
        const told = await shell.client().call(recordTicket, { body });
        shell.print(`${told.ticket.key} is ${told.ticket.state}${told.fresh ? '' : '; it was told before'}`, told);
      }),
    );
}
