import { listHooks } from '../../contract/admin.ts';
import * as contract from '../../contract/hooks.ts';
import { HOOK_SCHEMES } from '../../kernel/webhook.ts';
import { unreadable } from '../cli.problems.ts';
import { EXIT } from '../exit-codes.ts';
import { readText } from '../files.disk.ts';
import type { AddCommand } from '../main.ts';
import { oneOf, wholeNumber } from '../refs.ts';
import { line, table, when } from '../terminal.ts';

/** ym hooks list|make|mapping|try|end, ym deliveries list|show|replay */
export const hookCommands: AddCommand = (program, run) => {
  for (const add of [hooks, deliveries]) add(program, run);
};

type MakeOptions = { cdevents?: true; mapping?: string; scheme: string[]; header?: string; secretFile?: string };

const hooks: AddCommand = (program, run) => {
  const group = program.command('hooks').description('webhooks that come in: who may send what, and what it means');
  group
    .command('list', { isDefault: true })
    .description('all signed webhooks that are taken, and what they refused')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(listHooks);
        const rows = list.items.map((one) => [
          one.kind,
          line(one.name),
          one.revokedAt === null ? `last ${one.lastDeliveryAt === null ? 'never' : when(one.lastDeliveryAt)}` : 'revoked',
          one.refused === 0 ? '' : `${one.refused} refused: ${one.refusedWhy ?? ''}`,
          one.path,
        ]);
        shell.print(rows.length === 0 ? 'No webhooks. Make one with: ym hook SERVICE, or ym hooks make NAME' : table(rows), list);
      }),
    );
  group
    .command('make <name>')
    .description('make a webhook; its secret is shown once')
    .option('--mapping <file>', 'JSON: which payload is what, in CEL')
    .option('--cdevents', 'it takes CDEvents, and needs no mapping')
    .option('--scheme <scheme...>', `how it is signed: ${HOOK_SCHEMES.join(', ')}`, ['standard', 'hub'])
    .option('--header <name>', 'for hmac: the header with the signature')
    .option('--secret-file <file>', 'a secret that the sender has; default: one is made')
    .action(
      run(async (shell, name: string, options: MakeOptions) => {
        const made = await shell.client().call(contract.makeHook, {
          body: {
            name,
            takes: options.cdevents === true ? 'cdevents' : 'mapping',
            mapping: options.mapping === undefined ? undefined : await mappingIn(options.mapping),
            schemes: options.scheme.map((scheme) => oneOf('--scheme', scheme, HOOK_SCHEMES)),
            signatureHeader: options.header?.toLowerCase(),
            secret: options.secretFile === undefined ? undefined : (await readText(options.secretFile)).trim(),
          },
        });
        shell.print(
          `POST to ${shell.url}${made.path}\nsigned by this secret, shown once:\n  ${made.secret}\nEnd it with: ym hooks end ${made.hook}`,
          made,
        );
      }),
    );
  group
    .command('mapping <hook> <file>')
    .description('give a webhook another mapping')
    .action(
      run(async (shell, id: string, file: string) => {
        const { items } = await shell.client().call(contract.listHooksIn);
        const version = items.find((one) => one.id === id)?.version ?? 0;
        const body = { mapping: await mappingIn(file), version };
        const hook = await shell.client().call(contract.changeMapping, { params: { hook: id }, body });
        shell.print(`${line(hook.name)} reads what comes by the new mapping from now on.`, hook);
      }),
    );
  group
    .command('try <mapping> <payload>')
    .description('what a mapping makes of a payload; nothing is kept')
    .option('--header <name=value...>', 'headers that the sender sends', [])
    .action(
      run(async (shell, mapping: string, payload: string, options: { header: string[] }) => {
        const headers = Object.fromEntries(options.header.map((one) => [one.split('=')[0] ?? '', one.slice(one.indexOf('=') + 1)]));
        const body = { mapping: await mappingIn(mapping), headers, body: await readText(payload) };
        const tried = await shell.client().call(contract.tryMapping, { body });
        const fields = Object.entries(tried.fields).map(([field, value]) => ['', field, line(JSON.stringify(value))]);
        const head = tried.rule === null ? 'No rule fits: nothing would be told.' : `Rule ${tried.rule}: ${tried.input ?? 'not answered'}`;
        shell.print(
          [head, fields.length === 0 ? '' : table(fields), ...tried.wrong.map((one) => `✘ ${line(one)}`)].filter(Boolean).join('\n'),
          tried,
        );
        return tried.wrong.length === 0 ? EXIT.ok : EXIT.failed;
      }),
    );
  group
    .command('end <hook>')
    .description('end a webhook; its signatures are refused')
    .action(
      run(async (shell, id: string) => {
        const answer = await shell.client().call(contract.endHook, { params: { hook: id } });
        shell.print('Ended.', answer);
      }),
    );
};

const deliveries: AddCommand = (program, run) => {
  const group = program.command('deliveries').description('what webhooks brought, and what became of it');
  group
    .command('list', { isDefault: true })
    .description('newest first')
    .option('--state <state>', contract.DELIVERY_STATES.join(', '))
    .option('--hook <hook>', 'of one webhook')
    .option('--limit <n>', 'how many', '50')
    .action(
      run(async (shell, options: { state?: string; hook?: string; limit: string }) => {
        const state = options.state === undefined ? undefined : oneOf('--state', options.state, contract.DELIVERY_STATES);
        const query = { state, hook: options.hook, limit: wholeNumber('--limit', options.limit, 1, 1000) };
        const page = await shell.client().call(contract.listDeliveries, { query });
        const rows = page.items.map((one) => [when(one.at), one.state, line(one.hook.name), one.id, line(one.outcome ?? '')]);
        shell.print(rows.length === 0 ? 'Nothing came that is remembered.' : table(rows), page);
      }),
    );
  group
    .command('show <delivery>')
    .description('its headers, its bytes, and what became of it')
    .action(
      run(async (shell, id: string) => {
        const one = await shell.client().call(contract.getDelivery, { params: { delivery: id } });
        const rows = [
          ['state', `${one.state}, ${one.attempts} attempts`],
          ['of', line(one.hook.name)],
          ['named', line(one.name)],
          ['came', when(one.at)],
          ['outcome', line(one.outcome ?? '')],
          ...Object.entries(one.headers ?? {}).map(([name, value]) => [line(name), line(value)]),
        ];
        const body = one.body === null ? 'Its bytes are no longer kept.' : one.body.split('\n').slice(0, 200).map(line).join('\n');
        shell.print(`${table(rows)}\n\n${body}`, one);
      }),
    );
  group
    .command('replay <delivery>')
    .description('take it again from its bytes, with the mapping of now')
    .action(
      run(async (shell, id: string) => {
        const one = await shell.client().call(contract.replayDelivery, { params: { delivery: id }, body: {} });
        shell.print(`It is taken again; see: ym deliveries show ${one.id}`, one);
      }),
    );
};

async function mappingIn(file: string): Promise<contract.MappingWritten> {
  const text = await readText(file);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw unreadable({ file, why: 'it is no JSON' });
  }
  const read = contract.mappingSchema.safeParse(json);
  if (read.success) return read.data;
  throw unreadable({ file, why: read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ') });
}
