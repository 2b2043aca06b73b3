import { listEnvironments } from '../../contract/catalog.ts';
import { environmentServices } from '../../contract/deployments.ts';
import { listVerifications, revokeVerification, verifyByPerson } from '../../contract/environments.ts';
import { EXIT } from '../exit-codes.ts';
import { bookingCommands } from './bookings.ts';
import type { AddCommand } from '../main.ts';
import { findRelease, namesOf } from '../refs.ts';
import { line, table, when } from '../terminal.ts';

type VerifyOptions = { service: string; release?: string; note?: string; failed?: boolean };

/** ym environments, ym env running|verify|verifications|revoke|book|bookings|free|diff */
export const environmentCommands: AddCommand = (program, run) => {
  program
    .command('environments')
    .description('all environments, in the order that a release passes them')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(listEnvironments);
        const rows = list.items.map((one) => [
          one.name,
          one.kind,
          one.after.length === 0 ? 'first' : `after ${one.after.join(', ')}`,
          one.protected ? 'protected' : '',
          one.strategy.kind,
          `agent ${one.agent}`,
        ]);
        shell.print(rows.length === 0 ? 'No environments yet. Describe them in yardmaster.yaml, then: ym apply' : table(rows), list);
      }),
    );
  const group = program
    .command('env')
    .description('what runs in an environment, who looked at it, who has it, and what differs from another');
  bookingCommands(group, run);
  group
    .command('running <env>')
    .description('what runs there, since when, and where its traffic comes in')
    .action(
      run(async (shell, environment: string) => {
        const list = await shell.client().call(environmentServices, { params: { environment } });
        const rows = list.items.map((one) => [
          one.service,
          line(one.running?.version ?? '-'),
          one.running === null ? '' : `since ${when(one.running.since)}`,
          one.frontPort === null ? '' : `port ${one.frontPort}`,
          one.deploying === null ? '' : `${line(one.deploying.version)} is ${one.deploying.state}`,
        ]);
        shell.print(rows.length === 0 ? `Nothing runs in ${environment}.` : table(rows), list);
      }),
    );
  group
    .command('verify <env>')
    .description('say, with your name, that what runs there was looked at and is right')
    .requiredOption('--service <service>', 'what you looked at')
    .option('--release <release>', 'refuse where another release runs by now')
    .option('--failed', 'it is not right')
    .option('--note <note>', 'what you saw')
    .action(
      run(async (shell, environment: string, options: VerifyOptions) => {
        const client = shell.client();
        const release = options.release === undefined ? undefined : (await findRelease(client, options.release)).id;
        const verdict = options.failed === true ? ('failed' as const) : ('passed' as const);
        const answer = await client.call(verifyByPerson, {
          params: { environment },
          body: { service: options.service, verdict, note: options.note, release },
        });
        shell.print(`${options.service} in ${environment}: ${answer.verdict}, in your name.`, answer);
      }),
    );
  group
    .command('verifications <env> <release>')
    .description('what the checks and persons said of a release there')
    .action(
      run(async (shell, environment: string, name: string) => {
        const client = shell.client();
        const release = await findRelease(client, name);
        const query = { service: release.service, release: release.id };
        const list = await client.call(listVerifications, { params: { environment }, query });
        const names = list.items.some((one) => /\bper_/.test(one.by)) ? await namesOf(client) : (text: string) => text;
        const rows = list.items.map((one) => [
          when(one.at),
          one.check,
          one.verdict,
          line(names(one.by)),
          one.revoked === null ? '' : `revoked ${when(one.revoked.at)}: ${line(one.revoked.reason)}`,
        ]);
        shell.print(
          rows.length === 0 ? `Nothing was said of ${release.service}@${line(release.version)} in ${environment}.` : table(rows),
          list,
        );
        return EXIT.ok;
      }),
    );
  group
    .command('revoke <env> <release>')
    .description('take the verification of a release back; what comes after stops taking it')
    .requiredOption('--reason <reason>', 'why')
    .action(
      run(async (shell, environment: string, name: string, options: { reason: string }) => {
        const client = shell.client();
        const { service, id } = await findRelease(client, name);
        const answer = await client.call(revokeVerification, {
          params: { environment },
          body: { service, release: id, reason: options.reason },
        });
        shell.print(`Revoked ${answer.revoked} of its verifications in ${environment}.`, answer);
      }),
    );
};
