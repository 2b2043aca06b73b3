import * as contract from '../../contract/subscriptions.ts';
import type { AddCommand } from '../main.ts';
import { oneOf, wholeNumber } from '../refs.ts';
import { line, table, when } from '../terminal.ts';

type AddOptions = { form: string; type: string[]; filter?: string };

/** ym subscriptions list|types|add|test|enable|remove|log|show|replay */
export const subscriptionCommands: AddCommand = (program, run) => {
  const group = program.command('subscriptions').description('webhooks that go out: who elsewhere is told of what');
  group
    .command('list', { isDefault: true })
    .description('all of them, and how they do')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(contract.listSubscriptions);
        const rows = list.items.map((one) => [
          line(one.name),
          one.state,
          one.failures === 0 ? '' : `failing: ${line(one.why ?? '')}`,
          line(one.url),
          one.id,
        ]);
        shell.print(rows.length === 0 ? 'Nobody elsewhere is told. Make one with: ym subscriptions add NAME URL' : table(rows), list);
      }),
    );
  group
    .command('types')
    .description('types of facts that can be told')
    .action(
      run(async (shell) => {
        const { types } = await shell.client().call(contract.listSubscriptions);
        shell.print(table(types.map((one) => [one.type, one.cdevents ? 'CDEvents' : '', one.means])), { types });
      }),
    );
  group
    .command('add <name> <url>')
    .description('tell an address; the secret is shown once')
    .option('--form <form>', contract.FORMS.join(' or '), 'cdevents')
    .option('--type <type...>', 'only these types of facts', [])
    .option('--filter <cel>', "CEL over fact: fact.body.outcome == 'failed'")
    .action(
      run(async (shell, name: string, url: string, options: AddOptions) => {
        const body = { name, url, form: oneOf('--form', options.form, contract.FORMS), types: options.type, filter: options.filter };
        const made = await shell.client().call(contract.addSubscription, { body });
        shell.print(
          `It is told from now on. Verify what comes with this secret (Standard Webhooks), shown once:\n  ${made.secret}\nTry it: ym subscriptions test ${made.id}`,
          made,
        );
      }),
    );
  group
    .command('test <subscription>')
    .description('send a message that says it is a test')
    .action(
      run(async (shell, id: string) => {
        const sent = await shell.client().call(contract.testSubscription, { params: { subscription: id }, body: {} });
        shell.print(`On its way; see: ym subscriptions show ${sent.message}`, sent);
      }),
    );
  group
    .command('enable <subscription>')
    .description('send again what a disabled one was not told')
    .action(
      run(async (shell, id: string) => {
        const one = await shell.client().call(contract.enableSubscription, { params: { subscription: id }, body: {} });
        shell.print(`${line(one.name)} is told again.`, one);
      }),
    );
  group
    .command('remove <subscription>')
    .description('tell it nothing any more')
    .action(
      run(async (shell, id: string) => {
        const answer = await shell.client().call(contract.removeSubscription, { params: { subscription: id } });
        shell.print('Removed.', answer);
      }),
    );
  group
    .command('log')
    .description('what went out, newest first, and what it was answered')
    .option('--state <state>', contract.TELLING_STATES.join(', '))
    .option('--subscription <subscription>', 'to one of them')
    .option('--limit <n>', 'how many', '50')
    .action(
      run(async (shell, options: { state?: string; subscription?: string; limit: string }) => {
        const state = options.state === undefined ? undefined : oneOf('--state', options.state, contract.TELLING_STATES);
        const query = { state, subscription: options.subscription, limit: wholeNumber('--limit', options.limit, 1, 1000) };
        const page = await shell.client().call(contract.listTellings, { query });
        const rows = page.items.map((one) => [
          when(one.at),
          one.state,
          one.status === null ? '' : String(one.status),
          one.type,
          line(one.subscription.name),
          one.id,
        ]);
        shell.print(rows.length === 0 ? 'Nothing went out that is remembered.' : table(rows), page);
      }),
    );
  group
    .command('show <message>')
    .description('one message, its payload and the last answer')
    .action(
      run(async (shell, id: string) => {
        const one = await shell.client().call(contract.getTelling, { params: { message: id } });
        const rows = [
          ['to', line(one.subscription.name)],
          ['state', `${one.state}, ${one.attempts} attempts`],
          ['answered', one.status === null ? 'not yet' : String(one.status)],
          ['words', line(one.answer ?? '')],
          ['fact', one.fact ?? 'none: a test'],
        ];
        shell.print(`${table(rows)}\n\n${line(one.payload)}`, one);
      }),
    );
  group
    .command('replay <message>')
    .description('send it again, under the id that it had')
    .action(
      run(async (shell, id: string) => {
        const one = await shell.client().call(contract.replayTelling, { params: { message: id }, body: {} });
        shell.print(`On its way again; see: ym subscriptions show ${one.id}`, one);
      }),
    );
};
