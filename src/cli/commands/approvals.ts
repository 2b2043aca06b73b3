import { CHANGE_STATES, listChanges } from '../../contract/changes.ts';
import * as contract from '../../contract/releases.ts';
import { usage } from '../cli.problems.ts';
import type { AddCommand } from '../main.ts';
import { findPerson, findRelease, oneOf } from '../refs.ts';
import { line, table, when } from '../terminal.ts';

type VoteOptions = { env: string; reason: string; intent?: string; for?: string };

/** ym approve, reject, withdraw, change list: the vote names the intent and row version that this very command saw. */
export const approvalCommands: AddCommand = (program, run) => {
  for (const verdict of ['approve', 'reject'] as const) {
    program
      .command(`${verdict} <release>`)
      .description(verdict === 'approve' ? 'agree to a release for one environment' : 'say no to a release for one environment')
      .requiredOption('--env <environment>', 'where it may go, or not')
      .requiredOption('--reason <reason>', 'what you looked at')
      .option('--intent <digest>', 'only where this is still the intent')
      .option('--for <person>', 'for a person who delegated to you')
      .action(
        run(async (shell, name: string, options: VoteOptions) => {
          const client = shell.client();
          const release = await client.call(contract.getRelease, { params: { release: (await findRelease(client, name)).id } });
          const target = release.environments.find((one) => one.environment === options.env);
          if (target === undefined)
            throw usage({
              what: `${release.service}@${release.version} is not meant for ${options.env}.`,
              try: `Its environments are: ${release.targets.join(', ')}.`,
            });
          const vote = await client.call(contract.castVote, {
            params: { release: release.id },
            body: {
              environment: options.env,
              verdict,
              reason: options.reason,
              intent: options.intent ?? target.intent,
              version: target.version,
              onBehalfOf: options.for === undefined ? undefined : await findPerson(client, options.for),
            },
          });
          const of = `${release.service}@${line(release.version)}`;
          const said = `${verdict === 'approve' ? 'Approved' : 'Rejected'}: ${of} for ${options.env}, intent ${vote.intent.slice(7, 19)}, until ${when(vote.expiresAt)}.`;
          shell.print(`${said}\nTake it back with: ym withdraw ${of} ${vote.id} --reason ...`, vote);
        }),
      );
  }
  program
    .command('withdraw <release> <approval>')
    .description('take back your vote')
    .requiredOption('--reason <reason>', 'why')
    .action(
      run(async (shell, name: string, approval: string, options: { reason: string }) => {
        const client = shell.client();
        const { id } = await findRelease(client, name);
        const vote = await client.call(contract.withdrawVote, { params: { release: id, approval }, body: { reason: options.reason } });
        shell.print(`The vote is ${vote.state}.`, vote);
      }),
    );
  program
    .command('change')
    .description('change records')
    .command('list')
    .description('change records, newest first')
    .option('--service <service>', 'only of a service')
    .option('--state <state>', CHANGE_STATES.join(', '))
    .action(
      run(async (shell, options: { service?: string; state?: string }) => {
        const state = options.state === undefined ? undefined : oneOf('--state', options.state, CHANGE_STATES);
        const list = await shell.client().call(listChanges, { query: { service: options.service, state, limit: 50 } });
        const rows = list.items.map((one) => [
          one.service,
          one.type,
          one.outcome === null ? one.state : `${one.state}, ${one.outcome}`,
          when(one.openedAt),
          one.id,
        ]);
        shell.print(rows.length === 0 ? 'No changes yet. Each release makes one.' : table(rows), list);
      }),
    );
};
