import { bookEnvironment, endBooking, listBookings, type BookingView } from '../../contract/environments.ts';
import { environmentDifference } from '../../contract/yard.ts';
import { parseDuration, plus } from '../../kernel/time.ts';
import { usage } from '../cli.problems.ts';
import type { AddCommand } from '../main.ts';
import { line, table, when } from '../terminal.ts';

type BookOptions = { for?: string; until?: string; from?: string; service?: string; reason: string };

/** ym env book|bookings|free|diff */
export const bookingCommands: AddCommand = (group, run) => {
  group
    .command('book <env>')
    .description('keep an environment for yourself: only your releases go there')
    .requiredOption('--reason <reason>', 'what for')
    .option('--for <duration>', 'how long: 90m, 4h, 2d')
    .option('--until <instant>', 'or until when')
    .option('--from <instant>', 'from when on (default: now)')
    .option('--service <service>', 'only this service in it')
    .action(
      run(async (shell, environment: string, options: BookOptions) => {
        const { reason, service, from } = options;
        const body = { reason, service, from, until: untilOf(options, new Date().toISOString()) };
        const booking = await shell.client().call(bookEnvironment, { params: { environment }, body });
        shell.print(
          `${placeOf(booking)} is yours from ${when(booking.from)} until ${when(booking.until)}.\nGive it back with: ym env free ${booking.id}`,
          booking,
        );
      }),
    );
  group
    .command('bookings [env]')
    .description('who has which environment, and until when')
    .action(
      run(async (shell, environment: string | undefined) => {
        const list = await shell.client().call(listBookings, { query: environment === undefined ? {} : { environment } });
        const rows = list.items.map((one) => [
          placeOf(one),
          one.state,
          `${when(one.from)} to ${when(one.until)}`,
          line(one.owner.name),
          line(one.reason),
          one.id,
        ]);
        shell.print(
          rows.length === 0 ? 'Nothing is booked. Keep an environment with: ym env book ENV --for 2h --reason ...' : table(rows),
          list,
        );
      }),
    );
  group
    .command('free <booking>')
    .description('give a booking back before its end')
    .action(
      run(async (shell, booking: string) => {
        const ended = await shell.client().call(endBooking, { params: { booking }, body: {} });
        shell.print(`${placeOf(ended)} is free again.`, ended);
      }),
    );
  group
    .command('diff <left> <right>')
    .description('what differs between two environments: settings, versions, values')
    .option('--service <service>', 'only this service')
    .action(
      run(async (shell, left: string, right: string, options: { service?: string }) => {
        const found = await shell.client().call(environmentDifference, { query: { left, right, service: options.service } });
        const rows = [
          ...found.settings.map((one) => ['', one.setting, line(one.left), line(one.right)]),
          ...found.services.flatMap((one) => [
            ...(one.sameVersion
              ? []
              : [[one.service, 'version', line(one.version.left?.version ?? '-'), line(one.version.right?.version ?? '-')]]),
            ...one.configuration.map((pair) => [one.service, line(pair.key), valueOf(pair.left), valueOf(pair.right)]),
            ...(['left', 'right'] as const).flatMap((side) =>
              one.current[side] === false ? [[one.service, `values in ${found[side]} wait for the next deployment`, '', '']] : [],
            ),
          ]),
        ];
        const alike = found.alike === 0 ? [] : [`${found.alike} more ${found.alike === 1 ? 'service is' : 'services are'} alike.`];
        const text = rows.length === 0 ? [`${left} and ${right} do not differ.`] : [table([['', '', left, right], ...rows])];
        shell.print([...text, ...alike].join('\n'), found);
      }),
    );
};

/** When a booking ends, by one of the two options. */
export function untilOf({ for: span, until, from }: Pick<BookOptions, 'for' | 'until' | 'from'>, now: string): string {
  if (until !== undefined && span === undefined) return until;
  const ms = span === undefined ? null : parseDuration(span);
  if (ms === null || until !== undefined)
    throw usage({ what: 'Until when is not clear.', try: 'Give either --for DURATION (90m, 4h, 2d) or --until INSTANT.' });
  const begin = from === undefined ? now : from;
  if (Number.isNaN(Date.parse(begin))) throw usage({ what: `--from is "${begin}".`, try: 'Give an instant such as 2026-12-24T18:00:00Z.' });
  return plus(begin, ms);
}

function placeOf(booking: Pick<BookingView, 'environment' | 'service'>): string {
  return booking.service === null ? booking.environment : `${booking.service} in ${booking.environment}`;
}

function valueOf(value: string | null): string {
  return value === null ? '(not set)' : value === '' ? '(empty)' : line(value);
}
