import type { z } from 'zod';
import * as contract from '../../contract/releases.ts';
import { usage } from '../cli.problems.ts';
import { EXIT, exitOfVerdict } from '../exit-codes.ts';
import type { AddCommand } from '../main.ts';
import { findRelease } from '../refs.ts';
import type { Shell } from '../shell.ts';
import { plain, table, VERDICT_COLOUR, VERDICT_MARK } from '../terminal.ts';

type MayShip = z.infer<typeof contract.mayShipSchema>;
type CreateOptions = {
  run?: string;
  commit?: string;
  type: 'standard' | 'hotfix' | 'emergency';
  release?: string;
  manual?: boolean;
  to?: string[];
};

/** ym release create|list|show|check|abandon|break-glass */
export const releaseCommands: AddCommand = (program, run) => {
  const group = program.command('release').description('cut and follow releases');
  group
    .command('create <service>')
    .description('make a release of what a run built')
    .option('--run <run>', 'by run id (default: the newest successful run)')
    .option('--commit <commit>', 'or by commit')
    .option('--type <type>', 'standard, hotfix or emergency', 'standard')
    .option('--release <version>', 'a version by hand (default: from the commits)')
    .option('--manual', 'don’t go on to the next environment by itself')
    .option('--to <environment...>', 'only these environments')
    .action(
      run(async (shell, service: string, options: CreateOptions) => {
        const made = await shell.client().call(contract.createRelease, {
          body: {
            service,
            run: options.run,
            commit: options.commit,
            type: options.type,
            version: options.release,
            plan: options.manual === true ? 'manual' : 'continuous',
            targets: options.to,
          },
        });
        shell.print(
          `Release ${made.service}@${made.version} (${made.id}) of commit ${made.commit.slice(0, 10)}, for ${made.targets.join(', ')}.`,
          made,
        );
      }),
    );
  group
    .command('list')
    .description('releases, newest first')
    .option('--service <service>')
    .action(
      run(async (shell, options: { service?: string }) => {
        const list = await shell.client().call(contract.listReleases, { query: { service: options.service, limit: 50 } });
        const rows = list.items.map((one) => [
          `${one.service}@${one.version}`,
          one.type,
          one.state,
          one.commit.slice(0, 10),
          one.createdAt,
        ]);
        shell.print(rows.length === 0 ? 'No releases yet. Make one with: ym release create SERVICE' : table(rows), list);
      }),
    );
  group
    .command('show <release>')
    .description('one release: what each environment would answer now, votes, notes')
    .action(run(async (shell, name: string) => showRelease(shell, name)));
  group
    .command('check <release> <item>')
    .description('say yes or no to an item of the readiness checklist')
    .requiredOption('--env <environment>')
    .option('--answer <answer>', 'yes or no', 'yes')
    .option('--note <note>')
    .action(
      run(async (shell, name: string, item: string, options: { env: string; answer: string; note?: string }) => {
        const client = shell.client();
        const { id } = await findRelease(client, name);
        if (options.answer !== 'yes' && options.answer !== 'no')
          throw usage({ what: `"${options.answer}" is neither yes nor no.`, try: 'Say --answer yes or --answer no.' });
        const answer = await client.call(contract.tickChecklist, {
          params: { release: id },
          body: { environment: options.env, item, state: options.answer, note: options.note ?? '' },
        });
        shell.print(`${item}: ${answer.state}.`, answer);
      }),
    );
  group
    .command('abandon <release>')
    .description('give a release up')
    .requiredOption('--reason <reason>')
    .action(
      run(async (shell, name: string, options: { reason: string }) => {
        const client = shell.client();
        const { id } = await findRelease(client, name);
        const answer = await client.call(contract.abandonRelease, { params: { release: id }, body: { reason: options.reason } });
        shell.print(`${answer.service}@${answer.version} is ${answer.state}.`, answer);
      }),
    );
  group
    .command('break-glass <release>')
    .description('deploy now, approve afterwards; opens a dated debt')
    .requiredOption('--env <environment>')
    .requiredOption('--reason <reason>')
    .requiredOption('--ticket <ticket>')
    .action(
      run(async (shell, name: string, options: { env: string; reason: string; ticket: string }) => {
        const client = shell.client();
        const { id } = await findRelease(client, name);
        const answer = await client.call(contract.breakGlass, {
          params: { release: id },
          body: { environment: options.env, reason: options.reason, ticket: options.ticket },
        });
        shell.print(
          answer.state === 'active'
            ? `Open until ${answer.until ?? ''}. It is a debt now: ${answer.debt ?? ''}.`
            : `${answer.persons.length} of ${answer.personsNeeded} persons said so; it needs another.`,
          answer,
        );
        return answer.state === 'active' ? EXIT.ok : EXIT.waiting;
      }),
    );
};

/** ym may-ship, ym decision show|list|replay */
export const decisionCommands: AddCommand = (program, run) => {
  program
    .command('may-ship <release>')
    .description('can this go there now, and if not: what is missing, who can give it, when')
    .requiredOption('--env <environment>')
    .option('--rollback', 'ask for going back to it')
    .action(
      run(async (shell, name: string, options: { env: string; rollback?: boolean }) => {
        const client = shell.client();
        const { id } = await findRelease(client, name);
        const answer = await client.call(contract.mayShipRelease, {
          params: { release: id },
          query: { environment: options.env, purpose: options.rollback === true ? 'rollback' : 'deploy' },
        });
        shell.print(mayShipText(shell, answer), answer);
        return exitOfVerdict(answer.verdict);
      }),
    );
  const decision = program.command('decision').description('recorded decisions');
  decision
    .command('list <release>')
    .description('every decision about a release; refusals too')
    .action(
      run(async (shell, name: string) => {
        const client = shell.client();
        const { id } = await findRelease(client, name);
        const list = await client.call(contract.listDecisions, { params: { release: id }, query: { limit: 200 } });
        shell.print(
          table(list.items.map((one) => [one.decision ?? '', VERDICT_MARK[one.verdict], one.environment, one.purpose, one.at])),
          list,
        );
      }),
    );
  decision
    .command('show <decision>')
    .description('one decision with every rule')
    .action(
      run(async (shell, id: string) => {
        const answer = await shell.client().call(contract.getDecision, { params: { decision: id } });
        shell.print(mayShipText(shell, answer), answer);
      }),
    );
  decision
    .command('replay <decision>')
    .description('derive a decision again from its stored inputs')
    .action(
      run(async (shell, id: string) => {
        const answer = await shell.client().call(contract.replayDecision, { params: { decision: id } });
        shell.print(
          answer.same ? `The same: ${answer.verdict}, ${answer.derived}.` : `Not the same:\n${answer.differences.join('\n')}`,
          answer,
        );
        return answer.same ? EXIT.ok : EXIT.failed;
      }),
    );
};

/** ym approve, ym reject: the vote names the intent and row version that this very command shows. */
export const approvalCommands: AddCommand = (program, run) => {
  for (const verdict of ['approve', 'reject'] as const) {
    program
      .command(`${verdict} <release>`)
      .description(verdict === 'approve' ? 'agree to a release for one environment' : 'say no to a release for one environment')
      .requiredOption('--env <environment>')
      .requiredOption('--reason <reason>')
      .option('--intent <digest>', 'only where this is still the intent')
      .option('--for <person>', 'for a person who delegated to you')
      .action(
        run(async (shell, name: string, options: { env: string; reason: string; intent?: string; for?: string }) => {
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
              onBehalfOf: options.for,
            },
          });
          shell.print(
            `${verdict === 'approve' ? 'Approved' : 'Rejected'}: ${release.service}@${release.version} for ${options.env}, intent ${vote.intent.slice(7, 19)}, until ${vote.expiresAt}.`,
            vote,
          );
        }),
      );
  }
  program
    .command('withdraw <release> <approval>')
    .description('take back your vote')
    .requiredOption('--reason <reason>')
    .action(
      run(async (shell, name: string, approval: string, options: { reason: string }) => {
        const client = shell.client();
        const { id } = await findRelease(client, name);
        const vote = await client.call(contract.withdrawVote, { params: { release: id, approval }, body: { reason: options.reason } });
        shell.print(`The vote is ${vote.state}.`, vote);
      }),
    );
};

async function showRelease(shell: Shell, name: string): Promise<void> {
  const client = shell.client();
  const release = await client.call(contract.getRelease, { params: { release: (await findRelease(client, name)).id } });
  const rows = release.environments.map((one) => [
    one.environment,
    shell.paint(VERDICT_COLOUR[one.verdict], VERDICT_MARK[one.verdict]),
    one.missing.map((item) => `${item.what} (${item.who.join(', ')})`).join('; '),
  ]);
  const votes = release.votes.map((vote) => `  ${vote.verdict} for ${vote.environment} by ${vote.person}, ${vote.state}: ${vote.reason}`);
  shell.print(
    plain([`${release.service}@${release.version} (${release.id}), ${release.type}, ${release.state}`].join('')) +
      `\n${table(rows)}\n${plain([...(votes.length === 0 ? [] : ['Votes:', ...votes]), '', release.notes].join('\n'))}`,
    release,
  );
}

/** The answer as every door says it: verdict, each rule with its reasons, what is missing, when. */
export function mayShipText(shell: Pick<Shell, 'paint'>, answer: MayShip): string {
  const lines = [
    `${shell.paint(VERDICT_COLOUR[answer.verdict], VERDICT_MARK[answer.verdict])}  ${answer.purpose} to ${answer.environment}, asked ${answer.at}, policy ${answer.policy.name} ${answer.policy.version}`,
    ...answer.rules.flatMap((rule) => [
      `  ${shell.paint(VERDICT_COLOUR[rule.verdict], VERDICT_MARK[rule.verdict])}  ${rule.rule}`,
      ...rule.reasons.map((reason) => `      ${plain(reason.text)}`),
    ]),
    ...answer.missing.map((one) => `missing: ${plain(one.what)} from ${plain(one.who.join(', '))}`),
    answer.earliest === null ? '' : `earliest: ${answer.earliest}`,
    answer.verdict === 'allow' ? `holds until ${answer.notAfter}` : '',
  ];
  return lines.filter((line) => line !== '').join('\n');
}
