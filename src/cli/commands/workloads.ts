import { ACTIONS, type Action } from '../../contract/actions.ts';
import { KNOWN_ISSUERS } from '../../contract/issuers.ts';
import * as contract from '../../contract/workloads.ts';
import { usage } from '../cli.problems.ts';
import { readText } from '../files.disk.ts';
import type { AddCommand } from '../main.ts';
import { oneOf, wholeNumber } from '../refs.ts';
import { line, table, when } from '../terminal.ts';

type AddOptions = {
  issuer: string;
  audience: string;
  claim: string[];
  bot?: string;
  service?: string[];
  action?: string[];
  maxAge: string;
};

const ISSUERS: Readonly<Record<string, string>> = Object.fromEntries(KNOWN_ISSUERS.map(({ name, url }) => [name, url]));

/** ym workload add|list|test|remove|exchange */
export const workloadCommands: AddCommand = (program, run) => {
  const workload = program.command('workload').description('jobs of other CI that come in without a secret');
  workload
    .command('add <name>')
    .description('trust jobs whose tokens meet every condition')
    .requiredOption('--issuer <url>', 'who issues their tokens; `github` and `gitlab` stand for theirs')
    .requiredOption('--audience <audience>', 'what their tokens are made for: best the address of this server')
    .requiredOption('--claim <claim=pattern...>', 'repository=acme/shop; * is a part of a path, ** several; given twice, one must fit')
    .option('--service <service...>', 'the services they act on, with a bot of their own')
    .option('--bot <bot>', 'or the bot that they act as, by id')
    .option('--action <action...>', 'narrow it to these actions: run.read, release.create ...')
    .option('--max-age <minutes>', 'how long ago a token may have been issued', '60')
    .action(
      run(async (shell, name: string, options: AddOptions) => {
        const made = await shell.client().call(contract.addWorkload, {
          body: {
            name,
            issuer: ISSUERS[options.issuer] ?? options.issuer,
            audience: options.audience,
            conditions: conditionsOf(options.claim),
            bot: options.bot,
            services: options.service,
            actions: options.action?.map((one) => oneOf('--action', one, Object.keys(ACTIONS)) as Action),
            maxAgeMinutes: wholeNumber('--max-age', options.maxAge, 1, 1440),
          },
        });
        shell.print(`Trusted. See what it says to a token: ym workload test --token -`, made);
      }),
    );
  workload
    .command('list')
    .description('which jobs may come in, and as whom')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(contract.listWorkloads);
        const rows = list.items.map((one) => [
          one.name,
          line(one.issuer),
          line(
            Object.entries(one.conditions)
              .map(([claim, patterns]) => `${claim}=${patterns.join('|')}`)
              .join(' '),
          ),
          `as ${line(one.bot.name)} of ${line(one.bot.owner)}${one.bot.active ? '' : ' (not active)'}`,
          one.last === null ? 'nobody yet' : `last ${when(one.last.at)} ${line(one.last.repository ?? '')}`,
        ]);
        shell.print(
          rows.length === 0 ? 'None. Add one with: ym workload add NAME --issuer github --audience ... --claim ...' : table(rows),
          list,
        );
      }),
    );
  workload
    .command('test')
    .description('what each trust says to a token, condition by condition; the token is not used up')
    .requiredOption('--token <file>', 'the file with the token; - is standard input')
    .action(
      run(async (shell, options: { token: string }) => {
        const answer = await shell.client().call(contract.testWorkload, { body: { token: (await readText(options.token)).trim() } });
        const verdict =
          answer.accepted === null
            ? `Not accepted${answer.wrong === null ? '.' : `: ${answer.wrong}.`}`
            : `Accepted by ${answer.accepted}.`;
        const rows = answer.trusts.flatMap((trust) => [
          [trust.ok ? '✔' : '✘', trust.name, trust.wrong.map(line).join('; ')],
          ...trust.conditions.map(({ claim, wanted, found, ok }) => [
            '',
            `${ok ? '✔' : '✘'} ${claim}`,
            `${found.length === 0 ? 'is not in it' : `is ${line(found.join(', '))}`}${ok ? '' : `; asked for: ${line(wanted.join(' or '))}`}`,
          ]),
        ]);
        shell.print([verdict, ...(rows.length === 0 ? [] : [table(rows)])].join('\n'), answer);
      }),
    );
  workload
    .command('remove <name>')
    .description('end a trust; whatever its jobs are signed in with ends at once')
    .action(
      run(async (shell, name: string) => {
        const answer = await shell.client().call(contract.removeWorkload, { params: { workload: name } });
        shell.print(`Removed ${line(name)}. ${answer.ended} of its credentials ended.`, answer);
      }),
    );
  workload
    .command('exchange')
    .description('exchange a token, once, for one that ends with it; prints nothing else')
    .requiredOption('--token <file>', 'the file with the token; - is standard input')
    .option('--trust <name>', 'where several accept it')
    .action(
      run(async (shell, options: { token: string; trust?: string }) => {
        const answer = await shell.client().call(contract.exchangeWorkload, {
          body: { token: (await readText(options.token)).trim(), trust: options.trust },
        });
        shell.print(answer.token, answer);
      }),
    );
};

function conditionsOf(given: readonly string[]): Record<string, string[]> {
  const conditions = new Map<string, string[]>();
  for (const one of given) {
    const at = one.indexOf('=');
    if (at < 1 || at === one.length - 1)
      throw usage({
        what: `--claim ${line(one)} is no claim=pattern.`,
        try: 'For example: --claim repository=acme/shop --claim ref=refs/heads/main',
      });
    const claim = one.slice(0, at);
    conditions.set(claim, [...(conditions.get(claim) ?? []), one.slice(at + 1)]);
  }
  return Object.fromEntries(conditions);
}
