import { ROLES } from '../../contract/actions.ts';
import * as contract from '../../contract/identity.ts';
import type { AddCommand } from '../main.ts';
import { findPerson, oneOf } from '../refs.ts';
import { scopeWords } from '../scope-words.ts';
import { line, table, when } from '../terminal.ts';

type ScopeOptions = { team?: string; service?: string; env?: string };

/** ym person add|list|email|deactivate, ym role give|take, ym bot add */
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
          `Added ${line(name)} (${added.person}).\nTheir invitation, good once until ${when(added.expiresAt)}:\n  ym setup --url ${shell.url} --link ${added.invitation}`,
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
