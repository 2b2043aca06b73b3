import * as contract from '../../contract/freezes.ts';
import { plus } from '../../kernel/time.ts';
import { parseDuration } from '../../kernel/time.ts';
import { usage } from '../cli.problems.ts';
import { EXIT } from '../exit-codes.ts';
import type { AddCommand } from '../main.ts';
import { plain, table } from '../terminal.ts';

type FreezeOptions = {
  env?: string;
  service?: string;
  team?: string;
  tier?: string;
  kind?: string;
  from?: string;
  until?: string;
  for?: string;
  reason: string;
  ticket: string;
  exempt?: ('standard' | 'hotfix' | 'emergency')[];
  preview?: boolean;
  allow?: boolean;
  onRunning?: string;
  rule?: string;
  zone?: string;
  start?: string;
  minutes?: string;
};

/** ym freeze create|list|end|stop-the-line */
export const freezeCommands: AddCommand = (program, run) => {
  const group = program.command('freeze').description('freezes, maintenance windows, stopping the line');
  const create = group.command('create').description('freeze (or with --allow, open only in this window); shows first what it blocks');
  create
    .requiredOption('--reason <reason>')
    .requiredOption('--ticket <ticket>')
    .option('--env <environment>')
    .option('--service <service>')
    .option('--team <team>')
    .option('--tier <tier>', '1, 2 or 3')
    .option('--kind <kind>', 'all environments of a kind: production ...')
    .option('--from <instant>', 'when it begins (default: now)')
    .option('--until <instant>', 'when it ends')
    .option('--for <duration>', 'or how long it lasts: 2h, 3d')
    .option('--rule <rrule>', 'recurring: an RFC 5545 RRULE, with --start, --minutes and --zone')
    .option('--start <local>', 'the first window: 2026-12-24T18:00')
    .option('--minutes <n>', 'how long each window lasts')
    .option('--zone <zone>', 'its time zone: Europe/Berlin')
    .option('--exempt <type...>', 'release types that pass: hotfix, emergency')
    .option('--on-running <how>', 'finish, finish-wave or pause', 'finish-wave')
    .option('--allow', 'a maintenance window instead of a freeze')
    .option('--preview', 'only show what it would block')
    .action(
      run(async (shell, options: FreezeOptions) => {
        const body = {
          kind: options.allow === true ? ('allow' as const) : ('deny' as const),
          scope: {
            tier: options.tier === undefined ? undefined : (Number(options.tier) as 1 | 2 | 3),
            team: options.team,
            service: options.service,
            environment: options.env,
            kind: options.kind as 'production' | undefined,
          },
          when: when(options),
          reason: options.reason,
          ticket: options.ticket,
          exempt: options.exempt ?? [],
          onRunning: options.onRunning as 'finish-wave',
        };
        const answer = await shell
          .client()
          .call(contract.createFreeze, { query: { preview: options.preview === true ? 'true' : 'false' }, body });
        const blocks = answer.blocks.map(
          (one) => `  blocks ${one.service}@${one.version} -> ${one.environment}${one.until === null ? '' : ` until ${one.until}`}`,
        );
        shell.print(
          plain(
            [
              answer.freeze === null
                ? 'Preview:'
                : `${answer.freeze.kind === 'deny' ? 'Freeze' : 'Window'} ${answer.freeze.id}${answer.freeze.nextEdge === null ? '' : `, next change ${answer.freeze.nextEdge}`}`,
              ...(blocks.length === 0 ? ['  blocks nothing that is planned'] : blocks),
            ].join('\n'),
          ),
          answer,
        );
      }),
    );
  group
    .command('list')
    .description('freezes and windows that have not ended')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(contract.listFreezes);
        const rows = list.items.map((one) => [
          one.id,
          one.kind,
          one.activeNow ? 'active' : 'planned',
          scopeWords(one.scope),
          one.nextEdge ?? '',
          plain(one.reason),
        ]);
        shell.print(rows.length === 0 ? 'No freezes.' : table(rows), list);
      }),
    );
  group
    .command('end <freeze>')
    .description('end a freeze now')
    .requiredOption('--reason <reason>')
    .action(
      run(async (shell, id: string, options: { reason: string }) => {
        const client = shell.client();
        const found = (await client.call(contract.listFreezes)).items.find((one) => one.id === id);
        if (found === undefined)
          throw usage({ what: `There is no running or planned freeze ${id}.`, try: 'List them with: ym freeze list' });
        const ended = await client.call(contract.endFreeze, {
          params: { freeze: id },
          body: { reason: options.reason, version: found.version },
        });
        shell.print(`Ended ${id}.`, ended);
      }),
    );
  group
    .command('stop-the-line')
    .description('stop: nothing ships until this is ended; going back always passes')
    .requiredOption('--reason <reason>')
    .requiredOption('--ticket <ticket>')
    .option('--env <environment>')
    .option('--service <service>')
    .action(
      run(async (shell, options: { reason: string; ticket: string; env?: string; service?: string }) => {
        const answer = await shell.client().call(contract.stopTheLine, {
          body: { scope: { environment: options.env, service: options.service }, reason: options.reason, ticket: options.ticket },
        });
        shell.print(
          `The line stands still (${answer.freeze.id}). Going back still works. Start it again with: ym freeze end ${answer.freeze.id} --reason ...`,
          answer,
        );
        return EXIT.ok;
      }),
    );
};

function when(
  options: FreezeOptions,
):
  { kind: 'once'; from: string; until: string | null } | { kind: 'recurring'; start: string; minutes: number; zone: string; rule: string } {
  if (options.rule !== undefined) {
    if (options.start === undefined || options.minutes === undefined || options.zone === undefined)
      throw usage({
        what: 'A recurring freeze needs --start, --minutes and --zone.',
        try: 'For example: --rule FREQ=WEEKLY;BYDAY=FR --start 2026-12-04T15:00 --minutes 3900 --zone Europe/Berlin',
      });
    return { kind: 'recurring', start: options.start, minutes: Number(options.minutes), zone: options.zone, rule: options.rule };
  }
  const from = options.from ?? new Date().toISOString();
  if (options.for === undefined) return { kind: 'once', from, until: options.until ?? null };
  const ms = parseDuration(options.for);
  if (ms === null) throw usage({ what: `"${options.for}" is no duration.`, try: 'Write it like 90m, 2h or 3d.' });
  return { kind: 'once', from, until: plus(from, ms) };
}

function scopeWords(scope: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(scope).filter((entry) => entry[1] !== undefined);
  return parts.length === 0 ? 'everything' : parts.map(([key, value]) => `${key} ${String(value)}`).join(', ');
}
