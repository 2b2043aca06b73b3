import * as account from '../../contract/account.ts';
import * as contract from '../../contract/identity.ts';
import { Problem } from '../../kernel/problem.ts';
import { noTerminal, usage } from '../cli.problems.ts';
import { keepCredential } from '../credentials.disk.ts';
import type { AddCommand } from '../main.ts';
import { findPerson } from '../refs.ts';
import { scopeWords } from '../scope-words.ts';
import { count, line, table, when } from '../terminal.ts';
import { signInByBrowser } from './sign-in.ts';

type Sign = { link?: string; name?: string; email?: string; password?: string; code?: string };

const NEXT = 'Next: ym status says what there is; docs/guide/five-minutes.md walks the whole road.';

/** ym setup, login, logout, whoami, session list|end|end-others, password, delegate */
export const sessionCommands: AddCommand = (program, run) => {
  program
    .command('setup')
    .description('become the first admin, or use an invitation')
    .requiredOption('--link <link>', 'the link secret (ym_link_...)')
    .option('--name <name>', 'your name; an invitation has it already')
    .option('--email <email>', 'your address; an invitation has it already')
    .option('--password <password>', 'asked for when left out')
    .option('--code <code>', 'of your second factor, where you have one')
    .action(
      run(async (shell, options: Sign) => {
        const password = options.password ?? (await ask('Choose a password (12 characters or more)'));
        const signedIn = await shell.client().call(contract.setup, {
          body: {
            link: (options.link ?? '').replace(/^.*(ym_link_)/, '$1'),
            password,
            name: options.name,
            email: options.email,
            code: options.code,
          },
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
    .description('sign in with e-mail and password, or by way of a browser')
    .option('--email <email>', 'your address')
    .option('--browser', 'sign in there, with a provider or a password, and give the code that is shown here')
    .option('--password <password>', 'asked for when left out')
    .option('--code <code>', 'of your second factor, where you have one; asked for when left out')
    .action(
      run(async (shell, options: Sign & { browser?: boolean }) => {
        if (options.browser === true) return signInByBrowser(shell);
        if (options.email === undefined)
          throw usage({ what: 'Who signs in is not said.', try: 'ym login --email you@example.org, or: ym login --browser' });
        const password = options.password ?? (await ask('Password'));
        const signedIn = await withCode(options.code, (code) =>
          shell.client().call(contract.signIn, { body: { email: options.email ?? '', password, code } }),
        );
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
  sessions(program, run);
  secondFactor(program, run);
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

const sessions: AddCommand = (program, run) => {
  const session = program.command('session').description('where I am signed in');
  session
    .command('list')
    .description('all my sessions')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(account.listSessions);
        const rows = list.items.map((one) => [
          one.current ? 'this one' : one.screen ? 'browser' : 'program',
          line(one.client ?? 'unknown'),
          one.seenAt === null ? 'not used yet' : `used ${when(one.seenAt)}`,
          `until ${when(one.expiresAt)}`,
          one.id,
        ]);
        shell.print(table(rows), list);
      }),
    );
  session
    .command('end <session>')
    .description('end one of my sessions now, on every server')
    .action(
      run(async (shell, id: string) =>
        shell.print(`Ended ${line(id)}.`, await shell.client().call(account.endSession, { params: { session: id } })),
      ),
    );
  session
    .command('end-others')
    .description('end all my sessions except this one')
    .action(
      run(async (shell) => {
        const answer = await shell.client().call(account.endOtherSessions, { body: {} });
        shell.print(`Ended ${count(answer.ended, 'other session')}.`, answer);
      }),
    );
  program
    .command('password')
    .description('change my password; my other sessions end')
    .option('--password <password>', 'the one now; asked for when left out')
    .option('--next <password>', 'the new one; asked for when left out')
    .option('--code <code>', 'of your second factor, where you have one')
    .action(
      run(async (shell, options: { password?: string; next?: string; code?: string }) => {
        const password = options.password ?? (await ask('Password now'));
        const next = options.next ?? (await ask('New password (12 characters or more)'));
        const answer = await withCode(options.code, (code) =>
          shell.client().call(account.changePassword, { body: { password, next, code } }),
        );
        shell.print(`Changed. ${count(answer.ended, 'other session')} ended.`, answer);
      }),
    );
};

const secondFactor: AddCommand = (program, run) => {
  const factor = program.command('second-factor').description('a code of an authenticator beside my password');
  factor
    .command('status')
    .description('whether I have one')
    .action(
      run(async (shell) => {
        const now = await shell.client().call(account.getSecondFactor);
        shell.print(
          now.confirmedAt === null
            ? 'You have none. Begin with: ym second-factor begin'
            : `Since ${when(now.confirmedAt)}; ${count(now.codesLeft, 'recovery code')} left.`,
          now,
        );
      }),
    );
  factor
    .command('begin')
    .description('begin one: prints the secret for the authenticator, once')
    .option('--password <password>', 'asked for when left out')
    .action(
      run(async (shell, options: { password?: string }) => {
        const password = options.password ?? (await ask('Password'));
        const begun = await shell.client().call(account.startSecondFactor, { body: { password } });
        shell.print(`Put this into your authenticator:\n  ${begun.secret}\n  ${begun.uri}\nThen: ym second-factor confirm CODE`, begun);
      }),
    );
  factor
    .command('confirm <code>')
    .description('confirm it: from now on signing in asks for a code')
    .action(
      run(async (shell, code: string) => {
        const answer = await shell.client().call(account.confirmSecondFactor, { body: { code } });
        shell.print(`It holds from now on. Keep these recovery codes; each works once:\n  ${answer.recoveryCodes.join('\n  ')}`, answer);
      }),
    );
  factor
    .command('end <code>')
    .description('sign in without one from now on')
    .option('--password <password>', 'asked for when left out')
    .action(
      run(async (shell, code: string, options: { password?: string }) => {
        const password = options.password ?? (await ask('Password'));
        shell.print(
          'You sign in without a second factor now.',
          await shell.client().call(account.endSecondFactor, { body: { password, code } }),
        );
      }),
    );
};

/** Does it, and once more with a code of the second factor where the server asks for one and a person can type it. */
async function withCode<Answer>(code: string | undefined, attempt: (code: string | undefined) => Promise<Answer>): Promise<Answer> {
  try {
    return await attempt(code);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'identity.code-needed' || !process.stdin.isTTY) throw error;
    return attempt(await ask('Code of your authenticator, or a recovery code'));
  }
}

async function ask(message: string): Promise<string> {
  if (!process.stdin.isTTY) throw noTerminal({ what: 'a password', option: '--password' });
  const { isCancel, password } = await import('@clack/prompts');
  const answer = await password({ message });
  if (isCancel(answer) || answer === undefined) throw usage({ what: 'No password was given.', try: 'Run it again, or give --password.' });
  return answer;
}
