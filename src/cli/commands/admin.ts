import { AUDIT_KINDS, dropParked, getInstance, listAudit, listParked, retryAllParked, retryParked } from '../../contract/admin.ts';
import { endEverybody } from '../../contract/account.ts';
import type { AddCommand } from '../main.ts';
import { findPerson, oneOf, wholeNumber } from '../refs.ts';
import { count, line, table, when } from '../terminal.ts';

type AuditOptions = { kind?: string; type?: string; by?: string; about?: string; since?: string; until?: string; limit: string };

/** ym audit, ym instance, ym parked list|retry|drop, ym end-everybody */
export const adminCommands: AddCommand = (program, run) => {
  program
    .command('audit')
    .description('who changed what about people, tokens, machines, keys, policies and the catalog; newest first')
    .option('--kind <kind>', `only one kind: ${AUDIT_KINDS.join(', ')}`)
    .option('--type <type>', 'only one type of fact: role.given ...')
    .option('--by <who>', 'only what this person (by e-mail or id), bot or machine did')
    .option('--about <id>', 'only what names this id')
    .option('--since <instant>', 'not before: 2026-03-01T00:00:00Z')
    .option('--until <instant>', 'before')
    .option('--limit <n>', 'how many', '50')
    .action(
      run(async (shell, options: AuditOptions) => {
        const client = shell.client();
        const by = options.by?.includes('@') === true ? await findPerson(client, options.by) : options.by;
        const kind = options.kind === undefined ? undefined : oneOf('--kind', options.kind, AUDIT_KINDS);
        const { type, about, since, until } = options;
        const limit = wholeNumber('--limit', options.limit, 1, 1000);
        const page = await client.call(listAudit, { query: { kind, type, by, about, since, until, limit } });
        const rows = page.items.map((one) => [
          when(one.at),
          line(one.by.name ?? one.by.id),
          one.means,
          line(one.subject.name ?? one.subject.id),
          one.reason === null ? '' : line(one.reason),
        ]);
        shell.print(rows.length === 0 ? 'Nothing like that happened.' : table(rows), page);
      }),
    );
  program
    .command('instance')
    .description('versions, servers, database, disk, ledger and the settings in force')
    .action(
      run(async (shell) => {
        const one = await shell.client().call(getInstance);
        const rows = [
          ['version', `${one.version} on Node ${one.node}`],
          ['address', line(one.publicUrl)],
          ['servers', String(one.servers.length)],
          ['database', `${one.database.kind} PostgreSQL ${line(one.database.version)}, ${Math.round(one.database.bytes / 1e6)} MB`],
          [
            'disk',
            one.disk === null ? 'unknown' : `${Math.round(one.disk.freeBytes / 1e9)} of ${Math.round(one.disk.totalBytes / 1e9)} GB free`,
          ],
          ['ledger', `${one.ledger.size} entries, ${one.ledger.waiting} waiting, ${one.ledger.lagMs} ms behind`],
          ['people', `${one.people.active} active, ${one.people.sessions} sessions, ${one.people.tokens} tokens`],
          ...one.settings.map(({ name, value }) => [name, line(value)]),
        ];
        shell.print(table(rows), one);
      }),
    );
  const parked = program.command('parked').description('work that failed for the last time and waits for a person');
  parked
    .command('list')
    .description('what is parked, and what fails and is tried again by itself')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(listParked, { query: {} });
        const rows = list.items.map((one) => [
          one.state,
          one.id,
          one.task,
          `${one.attempts} of ${one.maxAttempts} tries`,
          one.nextAt === null ? '' : `next ${when(one.nextAt)}`,
          line(one.error.split('\n')[0] ?? '').slice(0, 120),
        ]);
        shell.print(rows.length === 0 ? 'Nothing is parked: all work goes on by itself.' : table(rows), list);
      }),
    );
  parked
    .command('retry [work]')
    .description('try one piece again now, or all')
    .action(
      run(async (shell, work: string | undefined) => {
        const client = shell.client();
        const answer =
          work === undefined
            ? await client.call(retryAllParked, { body: {} })
            : await client.call(retryParked, { params: { work }, body: {} });
        shell.print(`${count(answer.retried, 'piece')} of work will be tried again now.`, answer);
      }),
    );
  parked
    .command('drop <work>')
    .description('give a piece of parked work up; the reason stays on record')
    .requiredOption('--reason <text>', 'why')
    .action(
      run(async (shell, work: string, options: { reason: string }) => {
        const answer = await shell.client().call(dropParked, { params: { work }, body: { reason: options.reason } });
        shell.print(`Dropped ${line(work)}.`, answer);
      }),
    );
  program
    .command('end-everybody')
    .description('the kill-switch: every session and token of everybody ends now, on every server, except the one you use')
    .requiredOption('--reason <text>', 'why; it stays on record')
    .action(
      run(async (shell, options: { reason: string }) => {
        const answer = await shell.client().call(endEverybody, { body: { reason: options.reason } });
        shell.print(`Ended ${count(answer.ended, 'session or token')}. Everybody signs in again; CI needs new tokens.`, answer);
      }),
    );
};
