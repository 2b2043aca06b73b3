import * as agents from '../../contract/agent.ts';
import { TRUST } from '../../contract/runner.ts';
import {
  createHook,
  createRegistration,
  deleteEnvironmentSecret,
  deleteSecret,
  listRunners,
  listSecrets,
  putEnvironmentSecret,
  putSecret,
  revokeRunner,
} from '../../contract/pipelines.ts';
import { readText } from '../files.disk.ts';
import type { AddCommand } from '../main.ts';
import { oneOf } from '../refs.ts';
import { line, table, when } from '../terminal.ts';

/** ym runner register|list|revoke, ym agent register|list|revoke, ym secret set|list|remove, ym hook */
export const machineCommands: AddCommand = (program, run) => {
  for (const add of [runners, agentMachines, secrets]) add(program, run);
  program
    .command('hook <service>')
    .description('make (or renew) the signed webhook of the service’s repository')
    .action(
      run(async (shell, service: string) => {
        const hook = await shell.client().call(createHook, { params: { service } });
        shell.print(`POST pushes to ${shell.url}${hook.path}\nsigned with HMAC-SHA256 by this secret, shown once:\n  ${hook.secret}`, hook);
      }),
    );
};

const runners: AddCommand = (program, run) => {
  const runner = program.command('runner').description('machines that build');
  runner
    .command('register')
    .description('make a single-use registration for a runner')
    .option('--pool <pool>', 'which pool it joins', 'default')
    .option('--trust <trust>', `the lowest trust of runs it takes: ${TRUST.join(', ')}`, 'trusted')
    .action(
      run(async (shell, options: { pool: string; trust: string }) => {
        const trust = oneOf('--trust', options.trust, TRUST);
        const made = await shell.client().call(createRegistration, { body: { pool: options.pool, trust } });
        shell.print(startWords('runner', shell.url, 'builder-1', made.registration), made);
      }),
    );
  runner
    .command('list')
    .description('all runners')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(listRunners);
        const rows = list.items.map((one) => [
          line(one.name),
          `pool ${one.pool}`,
          one.trust,
          one.revoked ? 'revoked' : one.seenAt === null ? 'never seen' : `seen ${when(one.seenAt)}`,
          one.id,
        ]);
        shell.print(rows.length === 0 ? 'No runners yet. Add one with: ym runner register' : table(rows), list);
      }),
    );
  runner
    .command('revoke <runner>')
    .description('end a runner: its key stops working at once')
    .action(
      run(async (shell, name: string) => {
        const client = shell.client();
        const known = /^rnr_/.test(name)
          ? undefined
          : (await client.call(listRunners)).items.find((one) => one.name === name && !one.revoked);
        const id = known?.id ?? name;
        shell.print(`Revoked ${line(name)}.`, await client.call(revokeRunner, { params: { runner: id } }));
      }),
    );
};

const agentMachines: AddCommand = (program, run) => {
  const agent = program.command('agent').description('machines where services run');
  agent
    .command('register')
    .description('make a single-use registration for an agent')
    .option('--label <label...>', 'environments name agents by name or label', ['default'])
    .action(
      run(async (shell, options: { label: string[] }) => {
        const made = await shell.client().call(agents.createAgentRegistration, { body: { labels: options.label } });
        shell.print(startWords('agent', shell.url, 'machine-1', made.registration), made);
      }),
    );
  agent
    .command('list')
    .description('all agents')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(agents.listAgents);
        const rows = list.items.map((one) => [
          one.name,
          one.labels.length === 0 ? 'no labels' : `labels ${one.labels.join(', ')}`,
          one.lastSeenAt === null ? 'never seen' : `seen ${when(one.lastSeenAt)}`,
          one.revokedAt !== null ? 'revoked' : one.acts.length === 0 ? 'idle' : `doing ${one.acts.length}`,
          one.id,
        ]);
        shell.print(rows.length === 0 ? 'No agents yet. Add one with: ym agent register' : table(rows), list);
      }),
    );
  agent
    .command('revoke <agent>')
    .description('end an agent: its key stops working at once; what it started keeps running on its machine')
    .action(
      run(async (shell, name: string) => {
        const client = shell.client();
        const known = /^agt_/.test(name)
          ? undefined
          : (await client.call(agents.listAgents)).items.find((one) => one.name === name && one.revokedAt === null);
        const answer = await client.call(agents.revokeAgent, { params: { agent: known?.id ?? name } });
        shell.print(`Revoked ${line(name)}. What it started keeps running; deployments that it had in hand end without it.`, answer);
      }),
    );
};

const secrets: AddCommand = (program, run) => {
  const secret = program.command('secret').description('secrets of services; never shown again');
  secret
    .command('set <service> <name>')
    .description('set a secret; its value comes on standard input')
    .option('--file <file>', 'take the value from this file')
    .option('--every-run', 'not only for the protected branch')
    .option('--environment <environment>', 'only for jobs of this environment')
    .action(
      run(async (shell, service: string, name: string, options: { everyRun?: boolean; file?: string; environment?: string }) => {
        // Never from the arguments: other users of a machine read those.
        const value = (await readText(options.file ?? '-')).replace(/\r?\n$/, '');
        const { environment } = options;
        if (environment !== undefined) {
          const params = { service, environment, name };
          const set = await shell.client().call(putEnvironmentSecret, { params, body: { value } });
          return shell.print(`Set ${name} of ${service} in ${environment}.`, set);
        }
        const body = { value, protectedOnly: options.everyRun !== true };
        shell.print(`Set ${name} of ${service}.`, await shell.client().call(putSecret, { params: { service, name }, body }));
      }),
    );
  secret
    .command('list <service>')
    .description('names of the secrets of a service')
    .action(
      run(async (shell, service: string) => {
        const list = await shell.client().call(listSecrets, { params: { service } });
        const rows = list.items.map((one) => [
          one.name,
          one.environment === null ? '' : `in ${one.environment}`,
          one.protectedOnly ? 'protected runs' : 'every trusted run',
          when(one.changedAt),
        ]);
        shell.print(rows.length === 0 ? `No secrets. Set one with: ym secret set ${line(service)} NAME < FILE` : table(rows), list);
      }),
    );
  secret
    .command('remove <service> <name>')
    .description('forget a secret')
    .option('--environment <environment>', 'the one of this environment')
    .action(
      run(async (shell, service: string, name: string, { environment }: { environment?: string }) => {
        const client = shell.client();
        const removed =
          environment === undefined
            ? await client.call(deleteSecret, { params: { service, name } })
            : await client.call(deleteEnvironmentSecret, { params: { service, environment, name } });
        shell.print(`Removed ${name}.`, removed);
      }),
    );
};

/** The command that starts a machine, ready to paste. */
function startWords(kind: 'runner' | 'agent', url: string, name: string, registration: string): string {
  return [
    `Start the ${kind} on its machine, within an hour:`,
    `  npx yardmaster ${kind} --url ${url} \\`,
    `    --name ${name} --state ~/.yardmaster-${kind} \\`,
    `    --registration ${registration}`,
  ].join('\n');
}
