import * as contract from '../../contract/identity.ts';
import { noTerminal, usage } from '../cli.problems.ts';
import { keepCredential } from '../credentials.disk.ts';
import type { AddCommand } from '../main.ts';
import { findPerson } from '../refs.ts';
import { scopeWords } from '../scope-words.ts';
import { line, table, when } from '../terminal.ts';

type Sign = { link?: string; name?: string; email?: string; password?: string };

const NEXT = 'Next: ym status says what there is; docs/guide/five-minutes.md walks the whole road.';

/** ym setup, login, logout, whoami, delegate */
export const sessionCommands: AddCommand = (program, run) => {
  program
    .command('setup')
    .description('become the first admin, or use an invitation')
    .requiredOption('--link <link>', 'the link secret (ym_link_...)')
    .option('--name <name>', 'your name; an invitation has it already')
    .option('--email <email>', 'your address; an invitation has it already')
    .option('--password <password>', 'asked for when left out')
    .action(
      run(async (shell, options: Sign) => {
        const password = options.password ?? (await ask('Choose a password (12 characters or more)'));
        const signedIn = await shell.client().call(contract.setup, {
          body: { link: (options.link ?? '').replace(/^.*(ym_link_)/, '$1'), password, name: options.name, email: options.email },
        });
        const file = keepCredential(shell.url, signedIn.token);
        shell.print(
          `Welcome, ${line(signedIn.name)}. You are signed in at ${shell.url} until\n${when(signedIn.expiresAt)} (kept in ${file}).\n${NEXT}`,
          signedIn,
        );
      }),
    );
  program
    .command('login')
    .description('sign in with e-mail and password')
    .requiredOption('--email <email>', 'your address')
    .option('--password <password>', 'asked for when left out')
    .action(
      run(async (shell, options: Sign) => {
        const password = options.password ?? (await ask('Password'));
        const signedIn = await shell.client().call(contract.signIn, { body: { email: options.email ?? '', password } });
        keepCredential(shell.url, signedIn.token);
        shell.print(`Signed in as ${line(signedIn.name)} until ${when(signedIn.expiresAt)}.`, signedIn);
      }),
    );
  program
    .command('logout')
    .description('end this session and forget it')
    .action(
      run(async (shell) => {
        await shell.client().call(contract.signOut);
        keepCredential(shell.url, null);
        shell.print('Signed out.', { ended: true });
      }),
    );
  program
    .command('whoami')
    .description('who I am and what I may do')
    .action(
      run(async (shell) => {
        const me = await shell.client().call(contract.whoAmI);
        const roles = me.roles.map(({ role, on }) => [`  ${role}`, scopeWords(on, 'everywhere')]);
        shell.print(`${line(me.name)} (${me.kind} ${me.id})\n${roles.length === 0 ? '  no roles' : table(roles)}`, me);
      }),
    );
  program
    .command('delegate [person]')
    .description('name who decides for me while I am away, within the same rules')
    .option('--end', 'nobody any more')
    .action(
      run(async (shell, name: string | undefined, options: { end?: boolean }) => {
        if ((name === undefined) !== (options.end === true))
          throw usage({ what: 'Name a person, or say --end.', try: 'For example: ym delegate cy@example.org' });
        const client = shell.client();
        const person = name === undefined ? null : await findPerson(client, name);
        const answer = await client.call(contract.setDelegate, { body: { person } });
        shell.print(name === undefined ? 'Nobody decides for you.' : `${line(name)} may decide for you until: ym delegate --end`, answer);
      }),
    );
};

async function ask(message: string): Promise<string> {
  if (!process.stdin.isTTY) throw noTerminal({ what: 'a password', option: '--password' });
  const { isCancel, password } = await import('@clack/prompts');
  const answer = await password({ message });
  if (isCancel(answer) || answer === undefined) throw usage({ what: 'No password was given.', try: 'Run it again, or give --password.' });
  return answer;
}
