import * as agents from '../../contract/agent.ts';
import {
  createHook,
  createRegistration,
  deleteSecret,
  listRunners,
  listSecrets,
  putSecret,
  revokeRunner,
} from '../../contract/pipelines.ts';
import type { AddCommand } from '../main.ts';
import { table } from '../terminal.ts';

/** ym runner register|list|revoke, ym secret set|list|remove, ym hook create */
export const machineCommands: AddCommand = (program, run) => {
  const runner = program.command('runner').description('machines that build');
  runner
    .command('register')
    .description('make a single-use registration for a runner')
    .option('--pool <pool>', 'which pool it joins', 'default')
    .option('--trust <trust>', 'the lowest trust of runs it takes: untrusted, trusted or protected', 'trusted')
    .action(
      run(async (shell, options: { pool: string; trust: 'untrusted' | 'trusted' | 'protected' }) => {
        const made = await shell.client().call(createRegistration, { body: { pool: options.pool, trust: options.trust } });
        shell.print(
          `Start the runner on its machine, within an hour:\n  yardmaster runner --url ${shell.url} --name NAME --state FOLDER --registration ${made.registration}`,
          made,
        );
      }),
    );
  runner
    .command('list')
    .description('all runners')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(listRunners);
        shell.print(
          list.items.length === 0
            ? 'No runners yet. Add one with: ym runner register'
            : table(
                list.items.map((one) => [one.id, one.name, one.pool, one.trust, one.revoked ? 'revoked' : `seen ${one.seenAt ?? 'never'}`]),
              ),
          list,
        );
      }),
    );
  runner
    .command('revoke <runner>')
    .description('end a runner: its key stops working at once')
    .action(
      run(async (shell, id: string) => shell.print(`Revoked ${id}.`, await shell.client().call(revokeRunner, { params: { runner: id } }))),
    );
  const secret = program.command('secret').description('secrets of services; never shown again');
  secret
    .command('set <service> <name>')
    .description('set a secret; its value comes on standard input')
    .option('--every-run', 'not only for the protected branch')
    .action(
      run(async (shell, service: string, name: string, options: { everyRun?: boolean }) => {
        const value = (await readStdin()).replace(/\n$/, '');
        shell.print(
          `Set ${name} of ${service}.`,
          await shell.client().call(putSecret, { params: { service, name }, body: { value, protectedOnly: options.everyRun !== true } }),
        );
      }),
    );
  secret
    .command('list <service>')
    .description('names of the secrets of a service')
    .action(
      run(async (shell, service: string) => {
        const list = await shell.client().call(listSecrets, { params: { service } });
        shell.print(
          list.items.length === 0
            ? 'No secrets.'
            : table(list.items.map((one) => [one.name, one.protectedOnly ? 'protected runs' : 'every trusted run', one.changedAt])),
          list,
        );
      }),
    );
  secret
    .command('remove <service> <name>')
    .description('forget a secret')
    .action(
      run(async (shell, service: string, name: string) =>
        shell.print(`Removed ${name}.`, await shell.client().call(deleteSecret, { params: { service, name } })),
      ),
    );
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

/** ym agent register|list */
export const agentCommands: AddCommand = (program, run) => {
  const agent = program.command('agent').description('machines where services run');
  agent
    .command('register')
    .description('make a single-use registration for an agent')
    .option('--label <label...>', 'environments name agents by name or label')
    .action(
      run(async (shell, options: { label?: string[] }) => {
        const made = await shell.client().call(agents.createAgentRegistration, { body: { labels: options.label ?? [] } });
        shell.print(
          `Start the agent on its machine, within an hour:\n  yardmaster agent --url ${shell.url} --name NAME --state FOLDER --registration ${made.registration}`,
          made,
        );
      }),
    );
  agent
    .command('list')
    .description('all agents')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(agents.listAgents);
        shell.print(
          list.items.length === 0
            ? 'No agents yet. Add one with: ym agent register'
            : table(list.items.map((one) => [one.id, one.name, `seen ${one.lastSeenAt ?? 'never'}`])),
          list,
        );
      }),
    );
};

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
