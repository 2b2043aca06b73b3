import { ACTIONS, type Action } from '../../contract/actions.ts';
import * as contract from '../../contract/identity.ts';
import type { AddCommand } from '../main.ts';
import { oneOf, wholeNumber } from '../refs.ts';
import { line, table, when } from '../terminal.ts';

type TokenOptions = { name: string; days: string; action?: string[]; service?: string[]; bot?: string };

/** ym token create|list|end */
export const tokenCommands: AddCommand = (program, run) => {
  const token = program.command('token').description('make, list and end tokens');
  token
    .command('create')
    .description('make a token; its secret is shown once')
    .requiredOption('--name <name>', 'what it is for')
    .option('--days <days>', 'how long it lasts', '90')
    .option('--action <action...>', 'narrow it to these actions: run.start, release.create ...')
    .option('--service <service...>', 'narrow it to these services')
    .option('--bot <bot>', 'for a bot, by id')
    .action(
      run(async (shell, options: TokenOptions) => {
        const actions = options.action?.map((one) => oneOf('--action', one, Object.keys(ACTIONS)) as Action);
        const made = await shell.client().call(contract.createToken, {
          body: {
            name: options.name,
            expiresInDays: wholeNumber('--days', options.days, 1, 366),
            actions,
            services: options.service,
            bot: options.bot,
          },
        });
        shell.print(
          `${made.token}\n\nIt is shown this once and lasts until ${when(made.expiresAt)}.\nUse it as YARDMASTER_TOKEN; end it with: ym token end ${made.id}`,
          made,
        );
      }),
    );
  token
    .command('list')
    .description('my tokens and sessions')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(contract.listTokens);
        const rows = list.items.map((one) => [
          one.kind,
          line(one.name),
          one.endedAt === null ? `until ${when(one.expiresAt)}` : `ended ${when(one.endedAt)}`,
          one.id,
        ]);
        shell.print(rows.length === 0 ? 'No tokens. Make one with: ym token create --name ci' : table(rows), list);
      }),
    );
  token
    .command('end <token>')
    .description('end a token now')
    .action(
      run(async (shell, id: string) => {
        const ended = await shell.client().call(contract.endToken, { params: { token: id } });
        shell.print(`Ended ${id}.`, ended);
      }),
    );
};
