import * as contract from '../../contract/freezes.ts';
import type { AddCommand } from '../main.ts';
import { oneOf } from '../refs.ts';
import { scopeWords } from '../scope-words.ts';
import { line, table, when } from '../terminal.ts';
import { collisionWords, exemptOf, freezeBody, scopeOf, whenOf, type FreezeOptions } from './freeze-options.ts';

type ChangeOptions = Partial<FreezeOptions> & { because: string; yes?: boolean };

/** ym freeze preview|show|change: what it would hold, what it said before, and changing it with a reason. */
export const changing: AddCommand = (group, run) => {
  placed(group.command('preview').description('what a freeze would hold: releases, services and environments; nothing is saved'))
    .option('--reason <reason>', 'why', 'a preview')
    .option('--ticket <ticket>', 'where it is written down', '-')
    .option('--on-running <how>', 'finish, finish-wave or pause', 'finish-wave')
    .option('--allow', 'a maintenance window instead of a freeze')
    .action(
      run(async (shell, options: FreezeOptions) => {
        const answer = await shell.client().call(contract.previewFreeze, { body: freezeBody(options) });
        shell.print(collisionWords(answer), answer);
      }),
    );
  group
    .command('show <freeze>')
    .description('one freeze or window, with all that it said before')
    .action(
      run(async (shell, id: string) => {
        const one = await shell.client().call(contract.getFreeze, { params: { freeze: id } });
        const rows = [
          ['what', `${one.kind === 'deny' ? 'freeze' : 'window'} for ${scopeWords(one.scope, 'everything')}`],
          ['when', scheduleWords(one.when)],
          ['now', one.endedAt !== null ? `ended ${when(one.endedAt)}` : one.activeNow ? 'it stands' : 'it does not stand'],
          ['next edge', when(one.nextEdge)],
          ['reason', line(one.reason)],
          ['ticket', line(one.ticket)],
          ['passing', one.exempt.join(', ')],
          ['version', String(one.version)],
        ];
        const past = one.past.map(
          (form) => `until ${when(form.until)}: ${scheduleWords(form.when)}; changed because ${line(form.because)}`,
        );
        shell.print([table(rows), ...past].join('\n'), one);
      }),
    );
  placed(group.command('change <freeze>').description('change a freeze or window; what it said before is kept, with the reason'))
    .requiredOption('--because <reason>', 'why it is changed')
    .option('--reason <reason>', 'another reason for the freeze itself')
    .option('--ticket <ticket>', 'another ticket')
    .option('--on-running <how>', 'finish, finish-wave or pause')
    .action(
      run(async (shell, id: string, options: ChangeOptions) => {
        const client = shell.client();
        const seen = await client.call(contract.getFreeze, { params: { freeze: id } });
        const timed = [options.rule, options.from, options.until, options.for].some((one) => one !== undefined);
        const scoped = [options.tier, options.team, options.service, options.env, options.kind].some((one) => one !== undefined);
        const change = {
          ...(timed ? { when: whenOf({ ...(seen.when.kind === 'once' ? { from: seen.when.from } : {}), ...options }) } : {}),
          ...(scoped ? { scope: scopeOf(options) } : {}),
          ...(options.reason === undefined ? {} : { reason: options.reason }),
          ...(options.ticket === undefined ? {} : { ticket: options.ticket }),
          ...(options.exempt === undefined ? {} : { exempt: exemptOf(options) }),
          ...(options.onRunning === undefined
            ? {}
            : { onRunning: oneOf('--on-running', options.onRunning, ['finish', 'finish-wave', 'pause']) }),
        };
        const { kind, scope, when: now, reason, ticket, exempt, onRunning } = seen;
        const draft = { kind, scope, when: now, reason, ticket, exempt, onRunning, ...change, freeze: id };
        const collisions = await client.call(contract.previewFreeze, { body: draft });
        const changed = await client.call(contract.changeFreeze, {
          params: { freeze: id },
          body: { version: seen.version, because: options.because, ...change },
        });
        shell.print(`Changed ${id}: ${scheduleWords(changed.when)}.\n${collisionWords(collisions)}`, { freeze: changed, collisions });
      }),
    );
};

/** The options that say for what and when. */
function placed(command: Parameters<AddCommand>[0]): Parameters<AddCommand>[0] {
  return command
    .option('--env <environment>', 'only there')
    .option('--service <service>', 'only this service')
    .option('--team <team>', 'only the services of a team')
    .option('--tier <tier>', '1, 2 or 3')
    .option('--kind <kind>', 'all environments of a kind: production ...')
    .option('--from <instant>', 'when it begins')
    .option('--until <instant>', 'when it ends')
    .option('--for <duration>', 'or how long it lasts: 2h, 3d')
    .option('--rule <rrule>', 'recurring: an RFC 5545 RRULE, with --start, --minutes and --zone')
    .option('--start <local>', 'the first window: 2026-12-24T18:00')
    .option('--minutes <n>', 'how long each window lasts')
    .option('--zone <zone>', 'its time zone: Europe/Berlin')
    .option('--exempt <type...>', 'release types that pass: hotfix, emergency');
}

type When =
  | { readonly kind: 'once'; readonly from: string; readonly until: string | null }
  | { readonly kind: 'recurring'; readonly start: string; readonly minutes: number; readonly zone: string; readonly rule: string };

function scheduleWords(schedule: When): string {
  if (schedule.kind === 'once') return `${when(schedule.from)} to ${schedule.until === null ? 'no known end' : when(schedule.until)}`;
  return `${schedule.rule} from ${schedule.start} for ${schedule.minutes} minutes (${schedule.zone})`;
}
