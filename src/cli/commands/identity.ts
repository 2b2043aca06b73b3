import { password as askPassword, isCancel } from '@clack/prompts';
import { ROLES, type Action, type Role } from '../../contract/actions.ts';
import * as contract from '../../contract/identity.ts';
import { noTerminal, usage } from '../cli.problems.ts';
import { keepCredential } from '../credentials.disk.ts';
import type { AddCommand } from '../main.ts';
import { table } from '../terminal.ts';

type Sign = { link?: string; name?: string; email?: string; password?: string };

/** ym setup, login, logout, whoami */
export const sessionCommands: AddCommand = (program, run) => {
  program
    .command('setup')
    .description('become the first admin, or use an invitation')
    .requiredOption('--link <link>', 'the link secret (ym_link_...)')
    .option('--name <name>')
    .option('--email <email>')
    .option('--password <password>', 'asked for when left out')
    .action(
      run(async (shell, options: Sign) => {
        const password = options.password ?? (await ask('Choose a password (12 characters or more)'));
        const signedIn = await shell.client().call(contract.setup, {
          body: { link: (options.link ?? '').replace(/^.*(ym_link_)/, '$1'), password, name: options.name, email: options.email },
        });
        const file = keepCredential(shell.url, signedIn.token);
        shell.print(
          `Welcome, ${signedIn.name}. You are signed in at ${shell.url} until ${signedIn.expiresAt} (kept in ${file}).`,
          signedIn,
        );
      }),
    );
  program
    .command('login')
    .description('sign in with e-mail and password')
    .requiredOption('--email <email>')
    .option('--password <password>', 'asked for when left out')
    .action(
      run(async (shell, options: Sign) => {
        const password = options.password ?? (await ask('Password'));
        const signedIn = await shell.client().call(contract.signIn, { body: { email: options.email ?? '', password } });
        keepCredential(shell.url, signedIn.token);
        shell.print(`Signed in as ${signedIn.name} until ${signedIn.expiresAt}.`, signedIn);
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
        const roles = me.roles.map(({ role, on }) => [role, where(on)]);
        shell.print(`${me.name} (${me.kind} ${me.id})\n${table(roles)}`, me);
      }),
    );
};

type TokenOptions = { name: string; days?: string; action?: string[]; service?: string[]; bot?: string };

/** ym token create|list|end */
export const tokenCommands: AddCommand = (program, run) => {
  const token = program.command('token').description('make, list and end tokens');
  token
    .command('create')
    .description('make a token; its secret is shown once')
    .requiredOption('--name <name>', 'what it is for')
    .option('--days <days>', 'how long it lasts', '90')
    .option('--action <action...>', 'narrow it to these actions')
    .option('--service <service...>', 'narrow it to these services')
    .option('--bot <bot>', 'for a bot, by id')
    .action(
      run(async (shell, options: TokenOptions) => {
        const made = await shell.client().call(contract.createToken, {
          body: {
            name: options.name,
            expiresInDays: Number(options.days),
            actions: options.action as Action[] | undefined,
            services: options.service,
            bot: options.bot,
          },
        });
        shell.print(`${made.token}\n\nIt is shown this once and lasts until ${made.expiresAt}. End it with: ym token end ${made.id}`, made);
      }),
    );
  token
    .command('list')
    .description('my tokens and sessions')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(contract.listTokens);
        const rows = list.items.map((one) => [
          one.id,
          one.kind,
          one.name,
          one.endedAt === null ? `until ${one.expiresAt}` : `ended ${one.endedAt}`,
        ]);
        shell.print(rows.length === 0 ? 'No tokens. Make one with: ym token create --name ci' : table(rows), list);
      }),
    );
  token
    .command('end <id>')
    .description('end a token now')
    .action(
      run(async (shell, id: string) => {
        const ended = await shell.client().call(contract.endToken, { params: { token: id } });
        shell.print(`Ended ${id}.`, ended);
      }),
    );
};

/** ym person add|list|email|deactivate, ym role give|take, ym bot add */
export const peopleCommands: AddCommand = (program, run) => {
  const person = program.command('person').description('people, their addresses and roles');
  person
    .command('add <name>')
    .description('add a person; prints the invitation with which they choose a password')
    .requiredOption('--email <email...>', 'every address they commit or sign in with')
    .option('--role <role...>', `roles over the organisation: ${ROLES.join(', ')}`)
    .action(
      run(async (shell, name: string, options: { email: string[]; role?: string[] }) => {
        const roles = (options.role ?? []).map((role) => ({ role: role as Role, on: {} }));
        const added = await shell.client().call(contract.addPerson, { body: { name, emails: options.email, roles } });
        shell.print(
          `${name} is ${added.person}. Invitation, valid once until ${added.expiresAt}:\n  ym setup --url ${shell.url} --link ${added.invitation}`,
          added,
        );
      }),
    );
  person
    .command('list')
    .description('everybody')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(contract.listPeople);
        const rows = list.items.map((one) => [
          one.id,
          one.name,
          one.active ? '' : 'inactive',
          one.emails.join(', '),
          one.roles.map(({ role, on }) => `${role}${where(on) === '' ? '' : ` (${where(on)})`}`).join(', '),
        ]);
        shell.print(table(rows), list);
      }),
    );
  person
    .command('email <person> <email>')
    .description('map a further address to a person')
    .action(
      run(async (shell, id: string, email: string) =>
        shell.print(`Mapped ${email}.`, await shell.client().call(contract.addEmail, { params: { person: id }, body: { email } })),
      ),
    );
  person
    .command('deactivate <person>')
    .description('end everything a person can act with')
    .action(
      run(async (shell, id: string) =>
        shell.print(`Deactivated ${id}.`, await shell.client().call(contract.deactivatePerson, { params: { person: id }, body: {} })),
      ),
    );
  const role = program.command('role').description('give and take roles');
  for (const [verb, route, said] of [
    ['give', contract.giveRole, 'Given'],
    ['take', contract.takeRole, 'Taken'],
  ] as const) {
    role
      .command(`${verb} <holder> <role>`)
      .description(`${verb} a person or bot a role, over the organisation or a narrower scope`)
      .option('--team <team>')
      .option('--service <service>')
      .option('--env <environment>')
      .action(
        run(async (shell, holder: string, name: string, scope: { team?: string; service?: string; env?: string }) => {
          const answer = await shell.client().call(route, {
            body: { holder, role: name as Role, on: { team: scope.team, service: scope.service, environment: scope.env } },
          });
          shell.print(`${said}: ${name}.`, answer);
        }),
      );
  }
  program
    .command('bot')
    .description('bots act for an owner')
    .command('add <name>')
    .requiredOption('--owner <person>', 'the person who answers for it, by id')
    .action(
      run(async (shell, name: string, options: { owner: string }) =>
        shell.print(`Added ${name}.`, await shell.client().call(contract.addBot, { body: { name, owner: options.owner } })),
      ),
    );
};

function where(on: { team?: string | undefined; service?: string | undefined; environment?: string | undefined }): string {
  return Object.entries(on)
    .filter((entry) => entry[1] !== undefined)
    .map(([kind, name]) => `${kind} ${name}`)
    .join(', ');
}

async function ask(message: string): Promise<string> {
  if (!process.stdin.isTTY) throw noTerminal({ what: 'a password', option: '--password' });
  const answer = await askPassword({ message });
  if (isCancel(answer) || answer === undefined) throw usage({ what: 'No password was given.', try: 'Run it again, or give --password.' });
  return answer;
}
