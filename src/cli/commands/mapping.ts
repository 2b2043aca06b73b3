import * as contract from '../../contract/mapping.ts';
import { unlinkAccount } from '../../contract/sign-in.ts';
import type { AddCommand } from '../main.ts';
import { findPerson } from '../refs.ts';
import { line, table, when } from '../terminal.ts';

/** ym people unmapped|map|unmap|dismiss|unlink */
export const mappingCommands: AddCommand = (program, run) => {
  const people = program.command('people').description('which person an address or a login elsewhere is');
  people
    .command('unmapped')
    .description('names in commits, reviews and deployments that map to nobody')
    .option('--all', 'those that were dismissed too')
    .action(
      run(async (shell, options: { all?: boolean }) => {
        const list = await shell.client().call(contract.listUnmapped, { query: { all: options.all === true ? 'true' : 'false' } });
        const rows = list.items.map((one) => [
          line(one.value),
          one.host === null ? 'address' : line(one.host),
          one.roles.join(', '),
          `${one.seen}x`,
          `last ${when(one.lastAt)}`,
          one.suggestions.length === 0 ? '' : `could be ${line(one.suggestions.map(({ name }) => name).join(' or '))}`,
        ]);
        shell.print(
          rows.length === 0
            ? 'Everybody who was seen is known.'
            : `${table(rows)}\nSay who one is: ym people map VALUE PERSON [--host HOST]`,
          list,
        );
      }),
    );
  people
    .command('map <value> <holder>')
    .description('say which person (or bot, by id) an address or a login is')
    .option('--host <host>', 'where it is a login: github.com')
    .action(
      run(async (shell, value: string, holder: string, options: { host?: string }) => {
        const client = shell.client();
        const to = /^bot_/.test(holder) ? holder : await findPerson(client, holder);
        const answer = await client.call(contract.mapName, { body: { host: options.host ?? null, value, to } });
        shell.print(`${line(value)} is ${line(holder)}.`, answer);
      }),
    );
  people
    .command('unmap <login>')
    .description('take a login from whom it stands for')
    .requiredOption('--host <host>', 'github.com')
    .action(
      run(async (shell, login: string, options: { host: string }) => {
        const answer = await shell.client().call(contract.unmapLogin, { body: { host: options.host, login } });
        shell.print(`${line(login)} stands for nobody now.`, answer);
      }),
    );
  people
    .command('dismiss <value>')
    .description('take a name off the list; it stays unknown')
    .option('--host <host>', 'where it is a login: github.com')
    .action(
      run(async (shell, value: string, options: { host?: string }) => {
        const answer = await shell.client().call(contract.dismissUnmapped, { body: { host: options.host ?? null, value } });
        shell.print(`${line(value)} is off the list, and counts as unknown.`, answer);
      }),
    );
  people
    .command('unlink <person>')
    .description('take a person’s account at a provider from them; the sessions that it opened end')
    .requiredOption('--issuer <issuer>', 'the provider’s issuer: https://login.example.org')
    .action(
      run(async (shell, who: string, options: { issuer: string }) => {
        const client = shell.client();
        const answer = await client.call(unlinkAccount, {
          params: { person: await findPerson(client, who) },
          body: { issuer: options.issuer },
        });
        shell.print(`${line(who)} has no account there any more; ${answer.ended} sessions ended.`, answer);
      }),
    );
};
