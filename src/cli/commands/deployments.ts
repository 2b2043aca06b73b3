import type { z } from 'zod';
import * as contract from '../../contract/deployments.ts';
import type { Client } from '../../host/client.http.ts';
import { between, formatDuration } from '../../kernel/time.ts';
import { EXIT, type Exit } from '../exit-codes.ts';
import type { AddCommand } from '../main.ts';
import { findRelease } from '../refs.ts';
import type { Shell } from '../shell.ts';
import { plain, table } from '../terminal.ts';

type Detail = z.infer<typeof contract.deploymentDetail>;
type Wait = { wait: boolean; timeout: string };

const ENDED: readonly string[] = ['succeeded', 'rolled-back', 'failed', 'cancelled'];

/** ym deploy, ym rollback, ym deployment list|show|wait|cancel */
export const deploymentCommands: AddCommand = (program, run) => {
  program
    .command('deploy <release>')
    .description('deploy a release to an environment and wait for its end')
    .requiredOption('--env <environment>')
    .option('--no-wait', 'only ask for it')
    .option('--timeout <seconds>', 'stop waiting after this long; the deployment goes on', '1800')
    .action(
      run(async (shell, name: string, options: Wait & { env: string }) => {
        const client = shell.client();
        const { id } = await findRelease(client, name);
        const { deployment } = await client.call(contract.startDeployment, { body: { release: id, environment: options.env } });
        return settle(shell, client, deployment.id, options);
      }),
    );
  program
    .command('rollback <service>')
    .description('go back to the release that was verified last')
    .requiredOption('--env <environment>')
    .requiredOption('--reason <reason>')
    .option('--to <release>', 'or to this one, where it was verified')
    .option('--no-wait', 'only ask for it')
    .option('--timeout <seconds>', 'stop waiting after this long', '600')
    .action(
      run(async (shell, service: string, options: Wait & { env: string; reason: string; to?: string }) => {
        const client = shell.client();
        const to = options.to === undefined ? undefined : (await findRelease(client, options.to)).id;
        const { deployment } = await client.call(contract.startRollback, {
          body: { service, environment: options.env, reason: options.reason, to },
        });
        return settle(shell, client, deployment.id, options);
      }),
    );
  const group = program.command('deployment').description('deployments in detail');
  group
    .command('list')
    .description('deployments, newest first')
    .option('--service <service>')
    .option('--env <environment>')
    .option('--release <release>')
    .action(
      run(async (shell, options: { service?: string; env?: string; release?: string }) => {
        const client = shell.client();
        const release = options.release === undefined ? undefined : (await findRelease(client, options.release)).id;
        const list = await client.call(contract.listDeployments, {
          query: { service: options.service, environment: options.env, release, limit: 50 },
        });
        const rows = list.items.map((one) => [
          one.id,
          `${one.service}@${one.version}`,
          one.environment,
          one.kind,
          one.state,
          plain(one.cause),
        ]);
        shell.print(
          rows.length === 0 ? 'No deployments yet. Start one with: ym deploy SERVICE@VERSION --env ENVIRONMENT' : table(rows),
          list,
        );
      }),
    );
  group
    .command('show <deployment>')
    .description('plan, moves, acts, observations, verdicts')
    .action(
      run(async (shell, id: string) => {
        const { deployment } = await shell.client().call(contract.getDeployment, { params: { deployment: id } });
        shell.print(detailText(deployment), deployment);
      }),
    );
  group
    .command('wait <deployment>')
    .description('wait for the end of a deployment')
    .option('--timeout <seconds>', 'stop waiting after this long', '1800')
    .action(
      run(async (shell, id: string, options: { timeout: string }) =>
        settle(shell, shell.client(), id, { wait: true, timeout: options.timeout }),
      ),
    );
  group
    .command('cancel <deployment>')
    .description('stop it: before its first act it ends, after it the way back is taken')
    .requiredOption('--reason <reason>')
    .action(
      run(async (shell, id: string, options: { reason: string }) => {
        const { deployment } = await shell
          .client()
          .call(contract.cancelDeployment, { params: { deployment: id }, body: { reason: options.reason } });
        shell.print(`${id} is ${deployment.state}.`, deployment);
      }),
    );
};

async function settle(shell: Shell, client: Client, id: string, options: Wait): Promise<Exit> {
  const until = performance.now() + Number(options.timeout) * 1000;
  let seen = await client.call(contract.getDeployment, { params: { deployment: id } });
  while (options.wait && !ENDED.includes(seen.deployment.state) && performance.now() < until) {
    const { deployment } = seen;
    shell.progress(
      `${deployment.service}@${deployment.version} -> ${deployment.environment}: ${deployment.state}, ${plain(deployment.cause)}`,
    );
    const waitMs = Math.max(0, Math.min(20_000, Math.round(until - performance.now())));
    seen = await client.call(
      contract.getDeployment,
      { params: { deployment: id }, query: { after: seen.version, waitMs } },
      { signal: shell.signal, timeoutMs: 60_000 },
    );
  }
  const { deployment } = seen;
  shell.print(summaryText(deployment), deployment);
  if (!options.wait) return EXIT.ok;
  if (!ENDED.includes(deployment.state)) return EXIT.waiting;
  return deployment.state === 'succeeded' ? EXIT.ok : EXIT.failed;
}

function summaryText(one: Detail): string {
  const took = one.startedAt !== null && one.finishedAt !== null ? ` after ${formatDuration(between(one.startedAt, one.finishedAt))}` : '';
  return plain(`${one.kind} of ${one.service}@${one.version} to ${one.environment}: ${one.state}${took}. ${one.cause} (${one.id})`);
}

function detailText(one: Detail): string {
  const rows = one.moves.map((move) => [move.at, `${move.from} -> ${move.to}`, plain(move.why)]);
  const verdicts = one.verdicts.map((verdict) => `  wave ${verdict.wave}: ${verdict.answer} by ${verdict.by}. ${verdict.why}`);
  const seen = one.observations.map((item) => [`  ${item.instance}`, `${item.requests} requests`, `${item.errors} errors`]);
  return [
    summaryText(one),
    'Plan:',
    ...one.plan.map((step, i) => `  ${i + 1}. ${plain(step.text)}`),
    'Moves:',
    table(rows),
    ...(verdicts.length === 0 ? [] : ['Judged:', ...verdicts.map(plain)]),
    ...(seen.length === 0 ? [] : ['Traffic:', table(seen)]),
  ].join('\n');
}
