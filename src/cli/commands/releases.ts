import * as contract from '../../contract/releases.ts';
import { usage } from '../cli.problems.ts';
import { EXIT } from '../exit-codes.ts';
import type { AddCommand } from '../main.ts';
import { commitOf, findRelease, findRun, oneOf, wholeNumber } from '../refs.ts';
import { instants } from './decisions.ts';
import { followRelease } from './release-follow.ts';
import { releaseMergeRequestsCommand } from './release-merge-requests.ts';
import { releaseTicketsCommand } from './release-tickets.ts';
import type { Shell } from '../shell.ts';
import { line, plain, table, VERDICT_COLOUR, VERDICT_MARK, when } from '../terminal.ts';

type CreateOptions = {
  run?: string;
  commit?: string;
  type: string;
  schemaChange: string;
  release?: string;
  manual?: boolean;
  to?: string[];
};

/** ym release create|next|list|show|follow|check|abandon|break-glass */
export const releaseCommands: AddCommand = (program, run) => {
  const group = program.command('release').description('cut and follow releases');
  releaseTicketsCommand(group, run);
  releaseMergeRequestsCommand(group, run);
  group
    .command('create <service>')
    .description('make a release of what a run built')
    .option('--run <run>', 'what this run built (default: the newest successful run)')
    .option('--commit <commit>', 'or what was built of this commit')
    .option('--type <type>', contract.RELEASE_TYPES.join(', '), 'standard')
    .option('--release <version>', 'a version by hand (default: from the commits)')
    .option('--manual', 'don’t go on to the next environment by itself')
    .option('--to <environment...>', 'only these environments')
    .option('--schema-change <kind>', `what it does to the shape of data: ${contract.SCHEMA_CHANGES.join(', ')}`, 'none')
    .action(
      run(async (shell, service: string, options: CreateOptions) => {
        const client = shell.client();
        const made = await client.call(contract.createRelease, {
          body: {
            service,
            run: options.run === undefined ? undefined : await findRun(client, options.run),
            commit: commitOf(options.commit),
            type: oneOf('--type', options.type, contract.RELEASE_TYPES),
            schemaChange: oneOf('--schema-change', options.schemaChange, contract.SCHEMA_CHANGES),
            version: options.release,
            plan: options.manual === true ? 'manual' : 'continuous',
            targets: options.to,
          },
        });
        shell.print(
          `Release ${nameOf(made)} of commit ${made.commit.slice(0, 10)}, for ${made.targets.join(', ')} (${made.id}).\n${
            made.plan === 'continuous'
              ? `Next: ym release follow ${nameOf(made)}`
              : `Next: ym deploy ${nameOf(made)} --env ${made.targets[0] ?? 'ENV'}`
          }`,
          made,
        );
      }),
    );
  nextCommand(group, run);
  group
    .command('list')
    .description('releases, newest first')
    .option('--service <service>', 'only of a service')
    .option('--limit <n>', 'how many', '50')
    .action(
      run(async (shell, options: { service?: string; limit: string }) => {
        const query = { service: options.service, limit: wholeNumber('--limit', options.limit, 1, 1000) };
        const list = await shell.client().call(contract.listReleases, { query });
        const rows = list.items.map((one) => [nameOf(one), one.type, one.state, one.commit.slice(0, 10), when(one.createdAt)]);
        shell.print(rows.length === 0 ? 'No releases yet. Make one with: ym release create SERVICE' : table(rows), list);
      }),
    );
  group
    .command('show <release>')
    .description('one release: what each environment would answer now, votes, notes')
    .action(run(async (shell, name: string) => showRelease(shell, name)));
  group
    .command('follow <release>')
    .description('watch a release go from environment to environment, until somebody is needed')
    .option('--env <environment>', 'up to here (default: the last one)')
    .option('--timeout <seconds>', 'stop watching after this long', '1800')
    .action(
      run(async (shell, name: string, options: { env?: string; timeout: string }) =>
        followRelease(shell, name, options.env, wholeNumber('--timeout', options.timeout, 1, 86_400)),
      ),
    );
  changeReleases(group, run);
};

const nextCommand: AddCommand = (group, run) => {
  group
    .command('next <service>')
    .description('what the next release would be called, and why; 1: this branch may not give it')
    .option('--run <run>', 'of what this run built (default: the newest successful run)')
    .option('--commit <commit>', 'or of what was built of this commit')
    .option('--type <type>', contract.RELEASE_TYPES.join(', '), 'standard')
    .action(
      run(async (shell, service: string, options: { run?: string; commit?: string; type: string }) => {
        const client = shell.client();
        const query = {
          run: options.run === undefined ? undefined : await findRun(client, options.run),
          commit: commitOf(options.commit),
          type: oneOf('--type', options.type, contract.RELEASE_TYPES),
        };
        const said = await client.call(contract.nextRelease, { params: { service }, query });
        const held = said.held.map((one) => `${one.number} is held by the branch ${line(one.branch)}.`);
        const because = said.because.map((one) => [
          one.commit.slice(0, 10),
          one.bump ?? '-',
          line(one.subject).slice(0, 72),
          line(one.why),
        ]);
        const more = said.more === 0 ? [] : [`... and ${said.more} commits more`];
        const head = said.next === null ? `No next version: ${line(said.why)}.` : `${line(said.why)}.`;
        const where = `By the strategy ${said.strategy}${said.branch === null ? '' : `, on ${line(said.branch)}`}${said.preview ? ': what it would be once merged' : ''}.`;
        shell.print([head, where, ...held, ...(because.length === 0 ? [] : [table(because)]), ...more].join('\n'), said);
        return said.refused ? EXIT.failed : EXIT.ok;
      }),
    );
};

const changeReleases: AddCommand = (group, run) => {
  group
    .command('check <release> <item>')
    .description('say yes or no to an item of the readiness checklist')
    .requiredOption('--env <environment>', 'in front of which environment')
    .option('--answer <answer>', 'yes or no', 'yes')
    .option('--note <note>', 'what you saw')
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
        shell.print(`${line(item)}: ${answer.state}.`, answer);
      }),
    );
  for (const [word, route, says] of [
    ['hold', contract.holdRelease, 'hold a release back until a person ends it'],
    ['resume', contract.resumeRelease, 'end the hold of a release'],
  ] as const)
    group
      .command(`${word} <release>`)
      .description(says)
      .requiredOption('--reason <reason>', 'why')
      .action(
        run(async (shell, name: string, options: { reason: string }) => {
          const client = shell.client();
          const { id } = await findRelease(client, name);
          const answer = await client.call(route, { params: { release: id }, body: { reason: options.reason } });
          shell.print(`${nameOf(answer)} ${word === 'hold' ? 'is held: it goes nowhere until somebody resumes it' : 'goes on'}.`, answer);
        }),
      );
  group
    .command('abandon <release>')
    .description('give a release up')
    .requiredOption('--reason <reason>', 'why')
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
    .requiredOption('--env <environment>', 'where to')
    .requiredOption('--reason <reason>', 'why')
    .requiredOption('--ticket <ticket>', 'where it is written down')
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
            ? `Open until ${when(answer.until)}. It is a debt now: ${answer.debt ?? ''}.`
            : `${answer.persons.length} of ${answer.personsNeeded} persons said so; it needs another.`,
          answer,
        );
        return answer.state === 'active' ? EXIT.ok : EXIT.waiting;
      }),
    );
};

const nameOf = (release: { readonly service: string; readonly version: string }): string => `${release.service}@${line(release.version)}`;

async function showRelease(shell: Shell, name: string): Promise<void> {
  const client = shell.client();
  const release = await client.call(contract.getRelease, { params: { release: (await findRelease(client, name)).id } });
  const rows = release.environments.map((one) => [
    `  ${one.environment}`,
    shell.paint(VERDICT_COLOUR[one.verdict], VERDICT_MARK[one.verdict]),
    line(instants([...one.words.missing, ...(one.verdict === 'allow' ? [] : [one.words.when])].join('; '))),
  ]);
  const items = release.environments.flatMap((one) =>
    one.checklist.map(
      (item) => `  ${one.environment}: ${line(item.item)}: ${item.state}${item.name === null ? '' : `, by ${line(item.name)}`}`,
    ),
  );
  const votes = release.votes.map(
    (vote) =>
      `  ${vote.verdict} for ${vote.environment} by ${line(vote.name)}${vote.onBehalfOfName === null ? '' : ` for ${line(vote.onBehalfOfName)}`}, ${vote.state}: ${line(vote.reason)} (${vote.id})`,
  );
  shell.print(
    [
      `${nameOf(release)}, ${release.type}, ${release.state}, commit ${release.commit.slice(0, 10)} (${release.id})`,
      'May it go there now?',
      table(rows),
      ...(votes.length === 0 ? [] : ['Votes:', ...votes]),
      ...(items.length === 0 ? [] : ['Checklist:', ...items]),
      '',
      plain(release.notes),
    ].join('\n'),
    release,
  );
}
