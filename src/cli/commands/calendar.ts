import * as contract from '../../contract/freezes.ts';
import { usage } from '../cli.problems.ts';
import { EXIT } from '../exit-codes.ts';
import type { AddCommand } from '../main.ts';
import { scopeWords } from '../scope-words.ts';
import { line, table, when } from '../terminal.ts';
import { freezeBody, type FreezeOptions } from './freeze-options.ts';
import { changing } from './freeze-change.ts';

/** ym freeze create|list|show|change|preview|end|stop-the-line */
export const freezeCommands: AddCommand = (program, run) => {
  const group = program.command('freeze').description('freezes, maintenance windows, stopping the line');
  const create = group
    .command('create')
    .alias('add')
    .description('freeze (or with --allow, open only in this window); shows first what it blocks');
  create
    .requiredOption('--reason <reason>', 'why')
    .requiredOption('--ticket <ticket>', 'where it is written down')
    .option('--env <environment>', 'only there')
    .option('--service <service>', 'only this service')
    .option('--team <team>', 'only the services of a team')
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
        const body = freezeBody(options);
        const answer = await shell
          .client()
          .call(contract.createFreeze, { query: { preview: options.preview === true ? 'true' : 'false' }, body });
        const blocks = answer.blocks.map(
          (one) =>
            `  blocks ${one.service}@${line(one.version)} -> ${one.environment}${one.until === null ? '' : ` until ${when(one.until)}`}`,
        );
        shell.print(
          [
            answer.freeze === null ? 'Only a preview; nothing is frozen by it.' : madeWords(answer.freeze),
            ...(blocks.length === 0 ? ['  blocks nothing that is planned'] : blocks),
          ].join('\n'),
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
          one.kind === 'deny' ? 'freeze' : 'window',
          one.activeNow ? 'active' : 'planned',
          scopeWords(one.scope, 'everything'),
          one.nextEdge === null ? 'no known end' : `${one.activeNow ? 'until' : 'from'} ${when(one.nextEdge)}`,
          one.id,
          line(one.reason),
        ]);
        shell.print(rows.length === 0 ? 'No freezes.' : table(rows), list);
      }),
    );
  changing(group, run);
  group
    .command('end <freeze>')
    .description('end a freeze now')
    .requiredOption('--reason <reason>', 'why')
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
    .requiredOption('--reason <reason>', 'why')
    .requiredOption('--ticket <ticket>', 'where it is written down')
    .option('--env <environment>', 'only there')
    .option('--service <service>', 'only this service')
    .action(
      run(async (shell, options: { reason: string; ticket: string; env?: string; service?: string }) => {
        const answer = await shell.client().call(contract.stopTheLine, {
          body: { scope: { environment: options.env, service: options.service }, reason: options.reason, ticket: options.ticket },
        });
        shell.print(
          `The line stands still. Going back still works.\nStart it again with: ym freeze end ${answer.freeze.id} --reason ...`,
          answer,
        );
        return EXIT.ok;
      }),
    );
};

function madeWords(freeze: {
  readonly id: string;
  readonly kind: string;
  readonly activeNow: boolean;
  readonly nextEdge: string | null;
}): string {
  const what = freeze.kind === 'deny' ? 'Frozen' : 'Open only in this window';
  const edge = freeze.nextEdge === null ? '' : `, ${freeze.activeNow ? 'until' : 'from'} ${when(freeze.nextEdge)}`;
  return `${what}${edge}. End it with: ym freeze end ${freeze.id} --reason ...`;
}
