import { calendarFeed, getCalendar } from '../../contract/calendar.ts';
import { createToken } from '../../contract/identity.ts';
import { writeWhole } from '../files.disk.ts';
import type { AddCommand } from '../main.ts';
import { wholeNumber } from '../refs.ts';
import { line, table, when } from '../terminal.ts';
import { instantOf } from './freeze-options.ts';

type Options = { from?: string; to?: string; service?: string; env?: string; kind?: string; ics?: string };

/** ym calendar: what stands, what is planned, what ends. */
export const calendarCommand: AddCommand = (program, run) => {
  const group = program
    .command('calendar')
    .description('freezes and windows as they fall, releases, deployments, ends of waivers')
    .option('--from <instant>', 'default: today')
    .option('--to <instant>', 'default: 31 days after')
    .option('--service <service>', 'only what concerns a service')
    .option('--env <environment>', 'only what concerns an environment')
    .option('--kind <kinds>', 'freeze, window, release, deployment, rollback, waiver, debt; with commas')
    .option('--ics <file>', 'write it as iCalendar, from 30 days ago to a year ahead')
    .action(
      run(async (shell, options: Options) => {
        const client = shell.client();
        const filters = { service: options.service, environment: options.env, kind: options.kind };
        if (options.ics !== undefined) {
          await writeWhole(options.ics, (await client.call(calendarFeed, { query: filters })).stream);
          shell.print(`Written to ${options.ics}.`, { file: options.ics });
          return;
        }
        const query = { ...filters, from: instantOf('--from', options.from), to: instantOf('--to', options.to) };
        const answer = await client.call(getCalendar, { query });
        const rows = answer.items.map((item) => [
          when(item.from),
          item.until === null ? 'no known end' : item.until === item.from ? '' : `to ${when(item.until)}`,
          item.kind,
          item.state,
          line(item.title),
          line(item.detail),
        ]);
        const note = answer.note === null ? [] : [line(answer.note)];
        shell.print([rows.length === 0 ? 'Nothing in the calendar.' : table(rows), ...note].join('\n'), answer);
      }),
    );
  group
    .command('feed')
    .description('make an address that a calendar program can subscribe to; it shows the calendar and can do nothing else')
    .option('--days <n>', 'for how long', '366')
    .action(
      run(async (shell, options: { days: string }) => {
        const expiresInDays = wholeNumber('--days', options.days, 1, 366);
        const made = await shell.client().call(createToken, { body: { name: 'calendar feed', actions: ['calendar.read'], expiresInDays } });
        const url = `${shell.url}/v1/calendar.ics?token=${made.token}`;
        const words = [
          url,
          `It is shown once, and ends ${when(made.expiresAt)}. Whoever has it sees the calendar as you do.`,
          `Take it back with: ym token end ${made.id}`,
        ];
        shell.print(words.join('\n'), { id: made.id, url, expiresAt: made.expiresAt });
      }),
    );
};
