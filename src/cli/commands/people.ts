import { ROLES } from '../../contract/actions.ts';
import * as account from '../../contract/account.ts';
import * as contract from '../../contract/identity.ts';
import type { AddCommand } from '../main.ts';
import { findPerson, oneOf } from '../refs.ts';
import { scopeWords } from '../scope-words.ts';
import { line, table, when } from '../terminal.ts';

type ScopeOptions = { team?: string; service?: string; env?: string };

/** ym person add|list|email|invite|end-sessions|deactivate, ym role give|take, ym bot add */
export const peopleCommands: AddCommand = (program, run) => {
  const person = program.command('person').description('people, their addresses and roles');
  person
    .command('add <name>')
    .description('add a person; prints the invitation with which they choose a password')
    .requiredOption('--email <email...>', 'every address they commit or sign in with')
    .option('--role <role...>', `roles over everything: ${ROLES.join(', ')}`)
    .action(
      run(async (shell, name: string, options: { email: string[]; role?: string[] }) => {
        const roles = (options.role ?? []).map((role) => ({ role: oneOf('--role', role, ROLES), on: {} }));
        const added = await shell.client().call(contract.addPerson, { body: { name, emails: options.email, roles } });
        shell.print(
          `Added ${line(name)} (${added.person}).\nTheir invitation, good once until ${when(added.expiresAt)}:\n  ${shell.url}/setup#${added.invitation}\nor\n  ym setup --url ${shell.url} --link ${added.invitation}`,
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
          line(one.name),
          one.active ? '' : 'inactive',
          line(one.emails.join(', ')),
          one.roles.map(({ role, on }) => `${role}${scopeWords(on) === '' ? '' : ` (${scopeWords(on)})`}`).join(', '),
          one.id,
        ]);
        shell.print(table(rows), list);
      }),
    );
  person
    .command('email <person> <email>')
    .description('map a further address to a person: a second account, a forge address')
    .action(
      run(async (shell, name: string, email: string) => {
        const client = shell.client();
        const answer = await client.call(contract.addEmail, { params: { person: await findPerson(client, name) }, body: { email } });
        shell.print(`Their addresses are: ${line(answer.emails.join(', '))}.`, answer);
      }),
    );
  person
    .command('deactivate <person>')
    .description('end everything a person can act with')
    .action(
      run(async (shell, name: string) => {
        const client = shell.client();
        const answer = await client.call(contract.deactivatePerson, { params: { person: await findPerson(client, name) }, body: {} });
        shell.print(`Deactivated ${line(name)}: ${answer.ended} sessions and tokens ended.`, answer);
      }),
    );
  person
    .command('invite <person>')
    .description('a new invitation link: they choose a new password with it, and older links end')
    .action(
      run(async (shell, name: string) => {
        const client = shell.client();
        const answer = await client.call(account.invitePerson, { params: { person: await findPerson(client, name) }, body: {} });
        shell.print(
          `Good once until ${when(answer.expiresAt)}:\n  ${shell.url}/setup#${answer.invitation}\nor\n  ym setup --url ${shell.url} --link ${answer.invitation}`,
          answer,
        );
      }),
    );
  person
    .command('end-sessions <person>')
    .description('end all sessions of a person now, on every server')
    .option('--tokens', 'their tokens and those of their bots too')
    .requiredOption('--reason <text>', 'why; it stays on record')
    .action(
      run(async (shell, name: string, options: { tokens?: boolean; reason: string }) => {
        const client = shell.client();
        const body = { tokens: options.tokens === true, reason: options.reason };
        const answer = await client.call(account.endPersonSessions, { params: { person: await findPerson(client, name) }, body });
        shell.print(`Ended ${answer.ended} of ${line(name)}.`, answer);
      }),
    );
  person
    .command('remove-email <person> <email>')
    .description('take an address from a person; the last one stays')
    .action(
      run(async (shell, name: string, email: string) => {
        const client = shell.client();
        const answer = await client.call(account.removeEmail, { params: { person: await findPerson(client, name) }, body: { email } });
        shell.print(`Their addresses are: ${line(answer.emails.join(', '))}.`, answer);
      }),
    );
  person
    .command('end-second-factor <person>')
    .description('for who has lost it: they sign in without it, and all their sessions end')
    .requiredOption('--reason <text>', 'why; it stays on record')
    .action(
      run(async (shell, name: string, options: { reason: string }) => {
        const client = shell.client();
        const params = { person: await findPerson(client, name) };
        const answer = await client.call(account.endPersonSecondFactor, { params, body: { reason: options.reason } });
        shell.print(`${line(name)} has no second factor now; ${answer.ended} sessions ended.`, answer);
      }),
    );
  const role = program.command('role').description('give and take roles');
  for (const [verb, route, said] of [
    ['give', contract.giveRole, 'Given'],
    ['take', contract.takeRole, 'Taken'],
  ] as const) {
    role
      .command(`${verb} <holder> <role>`)
      .description(`${verb} a person or bot a role, over everything or a narrower scope`)
      .option('--team <team>', 'only over the services of a team')
      .option('--service <service>', 'only over a service')
      .option('--env <environment>', 'only over an environment')
      .action(
        run(async (shell, holder: string, name: string, scope: ScopeOptions) => {
          const client = shell.client();
          const on = { team: scope.team, service: scope.service, environment: scope.env };
          const id = /^bot_/.test(holder) ? holder : await findPerson(client, holder);
          const answer = await client.call(route, { body: { holder: id, role: oneOf('ROLE', name, ROLES), on } });
          const now = answer.roles.map((one) => `${one.role} ${scopeWords(one.on, 'everywhere')}`).join('; ');
          shell.print(`${said}: ${name}. Their roles now: ${now === '' ? 'none' : now}.`, answer);
        }),
      );
  }
  program
    .command('bot')
    .description('bots: each acts for an owner, and its approvals never count')
    .command('add <name>')
    .description('add a bot')
    .requiredOption('--owner <person>', 'the person who answers for it')
    .action(
      run(async (shell, name: string, options: { owner: string }) => {
        const client = shell.client();
        const answer = await client.call(contract.addBot, { body: { name, owner: await findPerson(client, options.owner) } });
        shell.print(`Added ${name} (${answer.bot}). Give it a token with: ym token create --name ${name} --bot ${answer.bot}`, answer);
      }),
    );
};
