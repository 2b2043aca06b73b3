import * as contract from '../../contract/connections.ts';
import type { ConnectionView } from '../../contract/connections.ts';
import { usage } from '../cli.problems.ts';
import { readText } from '../files.disk.ts';
import type { AddCommand } from '../main.ts';
import { ciServerCommands } from './ci-servers.ts';
import { line, table, when } from '../terminal.ts';

type Given = { name?: string; url?: string; set?: string[]; credential?: string };

/** ym connect vendors|list|add|change|check|remove */
export const connectionCommands: AddCommand = (program, run) => {
  const connect = program.command('connect').description('forges, CI servers, trackers and chat that you already have');
  ciServerCommands(connect, run);
  connect
    .command('vendors')
    .description('what can be connected, and what each asks for')
    .action(
      run(async (shell) => {
        const { vendors } = await shell.client().call(contract.listConnections);
        const rows = vendors.map((one) => [
          one.name,
          one.title,
          one.offers.join(', '),
          `credential: ${fields(one.credential)}`,
          `settings: ${fields(one.settings)}`,
        ]);
        shell.print(table(rows), { vendors });
      }),
    );
  connect
    .command('list')
    .description('all connections and how they are')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(contract.listConnections);
        const rows = list.items.map((one) => [line(one.name), one.vendor, one.state, line(one.url), line(one.lastError ?? '')]);
        shell.print(rows.length === 0 ? 'No connections yet. See what there is with: ym connect vendors' : table(rows), {
          items: list.items,
        });
      }),
    );
  connect
    .command('add <vendor>')
    .description('connect one; its credential comes as JSON, or as the one secret it asks for, from a file or standard input')
    .requiredOption('--name <name>', 'how you call it')
    .option('--url <url>', 'its address, where it is not the vendor’s own')
    .option('--set <name=value...>', 'settings, as `ym connect vendors` names them')
    .option('--credential <file>', 'the file with its credential; - is standard input')
    .action(
      run(async (shell, vendor: string, options: Given & { name: string }) => {
        const { vendors } = await shell.client().call(contract.listConnections);
        const wanted = vendors.find((one) => one.name === vendor)?.credential ?? [];
        const credential = options.credential === undefined ? {} : credentialOf(await readText(options.credential), wanted);
        const made = await shell.client().call(contract.addConnection, {
          body: {
            name: options.name,
            vendor,
            ...(options.url === undefined ? {} : { url: options.url }),
            settings: settingsOf(options.set),
            credential,
          },
        });
        shell.print(`Connected ${made.name}. See whether it works: ym connect check ${made.name}`, made);
      }),
    );
  connect
    .command('change <name>')
    .description('give it another address, other settings or another credential')
    .option('--url <url>', 'its address')
    .option('--set <name=value...>', 'all its settings')
    .option('--credential <file>', 'the file with its credential; - is standard input')
    .action(
      run(async (shell, name: string, options: Given) => {
        const list = await shell.client().call(contract.listConnections);
        const mine = list.items.find((one) => one.name === name);
        const wanted = list.vendors.find((one) => one.name === mine?.vendor)?.credential ?? [];
        const changed = await shell.client().call(contract.changeConnection, {
          params: { connection: name },
          body: {
            ...(options.url === undefined ? {} : { url: options.url }),
            ...(options.set === undefined ? {} : { settings: settingsOf(options.set) }),
            ...(options.credential === undefined ? {} : { credential: credentialOf(await readText(options.credential), wanted) }),
          },
        });
        shell.print(`Changed ${name}. See whether it works: ym connect check ${name}`, changed);
      }),
    );
  connect
    .command('check <name>')
    .description('ask the other side who we are and what we may')
    .action(
      run(async (shell, name: string) => {
        const checked = await shell.client().call(contract.checkConnection, { params: { connection: name }, body: {} });
        const found = checked.found.map(({ what, ok, detail }) => [ok ? 'yes' : 'NO', line(what), line(detail)]);
        shell.print(`${stateWords(checked.connection)}${checked.as === null ? '' : `, as ${line(checked.as)}`}\n${table(found)}`, checked);
        if (checked.found.some(({ ok }) => !ok)) process.exitCode = 1;
      }),
    );
  connect
    .command('hook <name>')
    .description('make (or renew) the webhook of a forge; its secret is shown once')
    .option('--register', 'set it at the forge for every watched repository')
    .action(
      run(async (shell, name: string, options: { register?: boolean }) => {
        const made = await shell.client().call(contract.hookConnection, {
          params: { connection: name },
          body: { register: options.register === true },
        });
        const rows = made.registered.map(({ repository, ok, detail }) => [ok ? 'set' : 'NOT SET', line(repository), line(detail)]);
        shell.print(
          `address  ${made.url}\nsecret   ${made.secret}\nsigned   ${made.schemes.join(' or ')}${rows.length === 0 ? '' : `\n${table(rows)}`}`,
          made,
        );
        if (made.registered.some(({ ok }) => !ok)) process.exitCode = 1;
      }),
    );
  connect
    .command('remove <name>')
    .description('end it; its credential is forgotten')
    .action(
      run(async (shell, name: string) => {
        const removed = await shell.client().call(contract.removeConnection, { params: { connection: name } });
        shell.print(`Removed ${name}.`, removed);
      }),
    );
};

function stateWords(connection: ConnectionView): string {
  const since = connection.checkedAt === null ? '' : `, asked ${when(connection.checkedAt)}`;
  return `${line(connection.name)} (${connection.vendor}) is ${connection.state}${since}`;
}

function fields(list: readonly { name: string; required: boolean }[]): string {
  return list.length === 0 ? 'none' : list.map(({ name, required }) => (required ? name : `[${name}]`)).join(' ');
}

/** `name=value` pairs. */
function settingsOf(given: readonly string[] = []): Record<string, string> {
  return Object.fromEntries(
    given.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw usage({ what: `--set ${pair} is no setting`, try: 'ym connect vendors, and write it as name=value' });
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

function credentialOf(text: string, wanted: readonly { name: string; required: boolean }[]): Record<string, string> {
  const trimmed = text.trim();
  if (trimmed.startsWith('{')) {
    try {
      const value: unknown = JSON.parse(trimmed);
      if (typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'string'))
        return value as Record<string, string>;
    } catch {
      // Said below, without what it holds.
    }
    throw usage({ what: 'the credential can not be taken: it begins like JSON and is no object of texts', try: 'ym connect vendors' });
  }
  const [only] = wanted.filter(({ required }) => required).length === 0 ? wanted : wanted.filter(({ required }) => required);
  if (only === undefined) throw usage({ what: 'the credential can not be taken: this vendor asks for none', try: 'ym connect vendors' });
  return { [only.name]: trimmed };
}
