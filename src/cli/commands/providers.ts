import { z } from 'zod';
import * as contract from '../../contract/sign-in.ts';
import { usage } from '../cli.problems.ts';
import { readText } from '../files.disk.ts';
import type { AddCommand } from '../main.ts';
import { oneOf } from '../refs.ts';
import { line, table } from '../terminal.ts';

type Given = { title?: string; issuer?: string; client?: string; secret?: string; settings?: string };

/** ym provider add|change|list|check|remove|passwords */
export const providerCommands: AddCommand = (program, run) => {
  const provider = program.command('provider').description('sign-in with a provider (OpenID Connect)');
  provider
    .command('add <name>')
    .description('let persons sign in with it')
    .requiredOption('--title <title>', 'what the button says')
    .requiredOption('--issuer <url>', 'its issuer, exactly')
    .requiredOption('--client <id>', 'our client there')
    .option('--secret <file>', 'the file with the client’s secret; - is standard input')
    .option('--settings <file>', 'JSON: scopes, claims, domains, groups, link, provision, roles, acr, amr')
    .action(
      run(async (shell, name: string, options: Given & { title: string; issuer: string; client: string }) => {
        const secret = options.secret === undefined ? null : (await readText(options.secret)).trim();
        const settings = await settingsIn(options.settings);
        const { title, issuer, client } = options;
        const made = await shell.client().call(contract.addProvider, {
          body: { name, title, issuer, clientId: client, secret, ...(settings === undefined ? {} : { settings }) },
        });
        shell.print(`Added ${name}. Register there, exactly:\n  ${line(made.redirectUri)}\nThen: ym provider check ${name}`, made);
      }),
    );
  provider
    .command('change <name>')
    .description('change what is given; the rest stays')
    .option('--title <title>', 'what the button says')
    .option('--issuer <url>', 'its issuer, exactly')
    .option('--client <id>', 'our client there')
    .option('--secret <file>', 'the file with the client’s secret; - is standard input')
    .option('--settings <file>', 'JSON, whole')
    .action(
      run(async (shell, name: string, options: Given) => {
        const secret = options.secret === undefined ? undefined : (await readText(options.secret)).trim();
        const settings = await settingsIn(options.settings);
        const { title, issuer, client: clientId } = options;
        const body = JSON.parse(JSON.stringify({ title, issuer, clientId, secret, settings })) as Record<string, never>;
        const changed = await shell.client().call(contract.changeProvider, { params: { provider: name }, body });
        shell.print(`Changed ${name}.`, changed);
      }),
    );
  provider
    .command('list')
    .description('the providers, and who may use a password')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(contract.listProviders);
        const rows = list.items.map((one) => [
          one.name,
          line(one.title),
          line(one.issuer),
          line(one.clientId),
          one.secret ? 'has a secret' : 'public client',
        ]);
        const said = rows.length === 0 ? 'None. Add one with: ym provider add NAME --title ... --issuer ... --client ...' : table(rows);
        shell.print(`${said}\nPasswords: ${list.passwords}. They send browsers back to ${line(list.redirectUri)}`, list);
      }),
    );
  provider
    .command('check <name>')
    .description('ask it what it can')
    .action(
      run(async (shell, name: string) => {
        const answer = await shell.client().call(contract.checkProvider, { params: { provider: name }, body: {} });
        shell.print(table(answer.found.map(({ what, ok, detail }) => [ok ? '✔' : '✘', what, line(detail)])), answer);
      }),
    );
  provider
    .command('remove <name>')
    .description('end it; the sessions and roles that came by it end')
    .action(
      run(async (shell, name: string) => {
        const answer = await shell.client().call(contract.removeProvider, { params: { provider: name } });
        shell.print(`Removed ${line(name)}; ${answer.ended} sessions ended.`, answer);
      }),
    );
  provider
    .command('passwords <who>')
    .description('who may use a password: everybody, or admins')
    .action(
      run(async (shell, who: string) => {
        const passwords = oneOf('WHO', who, ['everybody', 'admins']) as 'everybody' | 'admins';
        const answer = await shell.client().call(contract.rulePasswords, { body: { passwords } });
        shell.print(
          passwords === 'admins' ? 'Passwords are for admins over the organisation alone.' : 'Everybody who has a password may use it.',
          answer,
        );
      }),
    );
};

async function settingsIn(file: string | undefined): Promise<z.input<typeof contract.providerSettingsSchema> | undefined> {
  if (file === undefined) return undefined;
  try {
    return contract.providerSettingsSchema.parse(JSON.parse(await readText(file)));
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof z.ZodError)) throw error;
    const what =
      error instanceof z.ZodError ? error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ') : error.message;
    throw usage({
      what: `${line(file)} are no settings: ${line(what)}`,
      try: 'docs/guide/sign-in-with-your-provider.md shows whole examples.',
    });
  }
}
