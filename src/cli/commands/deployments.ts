import type { z } from 'zod';
import * as contract from '../../contract/deployments.ts';
import type { Client } from '../../host/client.http.ts';
import { between, formatDuration } from '../../kernel/time.ts';
import { EXIT, type Exit } from '../exit-codes.ts';
import type { AddCommand } from '../main.ts';
import { findDeployment, findRelease, namesOf, wholeNumber } from '../refs.ts';
import type { Shell } from '../shell.ts';
import { line, table, when } from '../terminal.ts';

type Detail = z.infer<typeof contract.deploymentDetail>;
type Wait = { wait: boolean; timeout: string };

const ENDED: readonly string[] = ['succeeded', 'rolled-back', 'failed', 'cancelled'];

/** ym deploy, ym rollback, ym deployment list|show|wait|cancel */
export const deploymentCommands: AddCommand = (program, run) => {
  program
    .command('deploy <release>')
    .description('deploy a release to an environment and wait for its end')
    .requiredOption('--env <environment>', 'where to')
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
    .requiredOption('--env <environment>', 'where')
    .requiredOption('--reason <reason>', 'why')
    .option('--to <release>', 'or to this one (a version is enough), where it was verified')
    .option('--no-wait', 'only ask for it')
    .option('--timeout <seconds>', 'stop waiting after this long', '600')
    .action(
      run(async (shell, service: string, options: Wait & { env: string; reason: string; to?: string }) => {
        const client = shell.client();
        const wanted = options.to !== undefined && /^\d/.test(options.to) ? `${service}@${options.to}` : options.to;
        const to = wanted === undefined ? undefined : (await findRelease(client, wanted)).id;
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
    .option('--service <service>', 'only of a service')
    .option('--env <environment>', 'only to an environment')
    .option('--release <release>', 'only of a release')
    .action(
      run(async (shell, options: { service?: string; env?: string; release?: string }) => {
        const client = shell.client();
        const release = options.release === undefined ? undefined : (await findRelease(client, options.release)).id;
        const list = await client.call(contract.listDeployments, {
          query: { service: options.service, environment: options.env, release, limit: 50 },
        });
        const rows = list.items.map((one) => [
          `${one.service}@${line(one.version)}`,
          one.environment,
          one.kind,
          one.state,
          when(one.requestedAt),
          one.id,
          causeOf(one),
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
      run(async (shell, name: string) => {
        const client = shell.client();
        const { deployment } = await client.call(contract.getDeployment, { params: { deployment: await findDeployment(client, name) } });
        const names = NAMES_PERSON.test(deployment.cause + JSON.stringify(deployment.moves)) ? await namesOf(client) : same;
        shell.print(names(detailText(deployment)), deployment);
      }),
    );
  group
    .command('wait <deployment>')
    .description('wait for the end of a deployment')
    .option('--timeout <seconds>', 'stop waiting after this long', '1800')
    .action(
      run(async (shell, name: string, options: { timeout: string }) => {
        const client = shell.client();
        return settle(shell, client, await findDeployment(client, name), { wait: true, timeout: options.timeout });
      }),
    );
  group
    .command('cancel <deployment>')
    .description('stop it: before its first act it ends, after it the way back is taken')
    .requiredOption('--reason <reason>', 'why')
    .action(
      run(async (shell, name: string, options: { reason: string }) => {
        const client = shell.client();
        const id = await findDeployment(client, name);
        const { deployment } = await client.call(contract.cancelDeployment, {
          params: { deployment: id },
          body: { reason: options.reason },
        });
        shell.print(`${id} is ${deployment.state}.`, deployment);
      }),
    );
};

const NAMES_PERSON = /\bper_[0-9a-f]{32}/;
const same = (text: string): string => text;
const LONG = 160;

/** Why it is where it is, where that is more than its state; cut where it is long, since `ym may-ship` tells all of it. */
function causeOf(one: { readonly state: string; readonly cause: string }): string {
  const cause = line(one.cause).replace(`${one.state}: `, '');
  if (cause === one.state) return '';
  return cause.length > LONG ? `${cause.slice(0, LONG - 1)}…` : cause;
}

async function settle(shell: Shell, client: Client, id: string, options: Wait): Promise<Exit> {
  const until = performance.now() + wholeNumber('--timeout', options.timeout, 1, 604_800) * 1000;
  let seen = await client.call(contract.getDeployment, { params: { deployment: id } });
  let names: ((text: string) => string) | null = null;
  const named = async (text: string): Promise<string> => (NAMES_PERSON.test(text) ? (names ??= await namesOf(client))(text) : text);
  while (options.wait && !ENDED.includes(seen.deployment.state) && performance.now() < until) {
    for (const news of newsOf(seen.deployment)) shell.progress(await named(news));
    const waitMs = Math.max(0, Math.min(20_000, Math.round(until - performance.now())));
    seen = await client.call(
      contract.getDeployment,
      { params: { deployment: id }, query: { after: seen.version, waitMs } },
      { signal: shell.signal, timeoutMs: 60_000 },
    );
  }
  const { deployment } = seen;
  const goesOn = ENDED.includes(deployment.state)
    ? ''
    : `\nIt goes on by itself. Wait with: ym deployment wait ${id}\nor stop it with: ym deployment cancel ${id} --reason ...`;
  shell.print((await named(summaryText(deployment))) + goesOn, deployment);
  if (!options.wait) return EXIT.ok;
  if (!ENDED.includes(deployment.state)) return EXIT.waiting;
  return deployment.state === 'succeeded' ? EXIT.ok : EXIT.failed;
}

/** What stands to be told now; while it waits also where to see what for. */
function newsOf(one: Detail): string[] {
  const title = `${one.service}@${line(one.version)}`;
  const step = one.state === 'acting' || one.state === 'observing' ? one.plan[one.step]?.text : undefined;
  const cause = causeOf(one);
  const news = `${title} -> ${one.environment}: ${one.state}${step === undefined ? '' : `, step ${one.step + 1} of ${one.plan.length}: ${line(step)}`}${step === undefined && cause !== '' ? `, ${cause}` : ''}`;
  if (one.state !== 'waiting') return [news];
  return [`${news}\n  What for, and who can give it: ym may-ship ${title} --env ${one.environment}`];
}

function summaryText(one: Detail): string {
  const took = one.startedAt !== null && one.finishedAt !== null ? ` after ${formatDuration(between(one.startedAt, one.finishedAt))}` : '';
  const cause = causeOf(one);
  return `${one.kind} of ${one.service}@${line(one.version)} to ${one.environment}: ${one.state}${took}${cause === '' ? '' : `, ${cause}`} (${one.id})`;
}

function detailText(one: Detail): string {
  const rows = one.moves.map((move) => [`  ${when(move.at)}`, `${move.from} -> ${move.to}`, move.why === move.to ? '' : line(move.why)]);
  const verdicts = one.verdicts.map((verdict) => `  wave ${verdict.wave}: ${verdict.answer} by ${verdict.by}. ${line(verdict.why)}`);
  const seen = one.observations.map((item) => [`  ${item.instance}`, `${item.requests} requests`, `${item.errors} errors`]);
  return [
    summaryText(one),
    'Plan:',
    ...one.plan.map((step, i) => `  ${i + 1}. ${line(step.text)}`),
    'Moves:',
    table(rows),
    ...(verdicts.length === 0 ? [] : ['Judged:', ...verdicts]),
    ...(seen.length === 0 ? [] : ['Traffic:', table(seen)]),
  ].join('\n');
}
