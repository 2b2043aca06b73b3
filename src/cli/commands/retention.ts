import { liftHold, placeHold, planRetention, runRetention, setRetention, showRetention } from '../../contract/retention.ts';
import type { AddCommand } from '../main.ts';
import { wholeNumber } from '../refs.ts';
import type { Shell } from '../shell.ts';
import { line, mebibytes, table, when } from '../terminal.ts';

/** ym retention show|plan|set|run|hold|lift */
export const retentionCommands: AddCommand = (program, run) => {
  const retention = program.command('retention').description('how long things are kept, and what may not be removed');
  retention
    .command('show')
    .description('what is kept for how long, what is due, and legal holds')
    .action(run(async (shell) => show(shell)));
  retention
    .command('plan')
    .description('a dry run: which artifacts the next round removes, which a legal hold keeps; with --all why the others stay')
    .option('--what <what>', 'only of this rule: artifacts-built, artifacts-released, artifacts-production')
    .option('--all', 'also what stays, and why')
    .option('--limit <n>', 'how many of each', '100')
    .action(
      run(async (shell, options: { what?: string; all?: true; limit: string }) => {
        const query = {
          what: options.what,
          all: options.all === true ? ('true' as const) : ('false' as const),
          limit: wholeNumber('--limit', options.limit, 1, 1000),
        };
        const plan = await shell.client().call(planRetention, { query });
        const rows = plan.items.map((one) => [one.what, one.name, mebibytes(one.size), when(one.since), stand(one)]);
        shell.print(rows.length === 0 ? (options.all === true ? 'There are no artifacts.' : 'No artifact is due.') : table(rows), plan);
      }),
    );
  retention
    .command('set <what> <days>')
    .description('decide how many days one kind of thing is kept')
    .option('--keep <n>', 'of artifacts: the newest of each service that stay whatever their age')
    .action(
      run(async (shell, what: string, text: string, options: { keep?: string }) => {
        const days = wholeNumber('days', text, 1, 36_500);
        const keep = options.keep === undefined ? {} : { keep: wholeNumber('--keep', options.keep, 0, 100_000) };
        const told = await shell.client().call(setRetention, { params: { what }, body: { days, ...keep } });
        shell.print(`${what} are kept for ${days} days${told.keep === null ? '' : `, and the newest ${told.keep} of each service`}.`, told);
      }),
    );
  retention
    .command('run')
    .description('remove what is due now, instead of waiting for the daily round')
    .option('--dry-run', 'only show what is due')
    .action(
      run(async (shell, options: { dryRun?: boolean }) => {
        if (options.dryRun === true) return show(shell);
        shell.print('Started; it goes on by itself. See: ym retention show', await shell.client().call(runRetention));
      }),
    );
  retention
    .command('hold')
    .description('legal hold: keep everything, a service, or a run, until lifted')
    .requiredOption('--reason <reason>', 'why')
    .option('--service <service>', 'only what belongs to this service')
    .option('--run <run>', 'only this run, by id')
    .option('--release <release>', 'only this release, by id, and its run')
    .option('--artifact <digest>', 'only the bytes of this artifact')
    .action(
      run(async (shell, options: { reason: string; service?: string; run?: string; release?: string; artifact?: string }) => {
        const made = await shell.client().call(placeHold, { body: options });
        shell.print(`Held: ${made.hold}. Lift it with: ym retention lift ${made.hold} --reason TEXT`, made);
      }),
    );
  retention
    .command('lift <hold>')
    .description('lift a legal hold')
    .requiredOption('--reason <reason>', 'why')
    .action(
      run(async (shell, hold: string, options: { reason: string }) =>
        shell.print(
          `Lifted ${line(hold)}.`,
          await shell.client().call(liftHold, { params: { hold: hold as `hld_${string}` }, body: options }),
        ),
      ),
    );
};

async function show(shell: Shell): Promise<void> {
  const view = await shell.client().call(showRetention);
  const rows = view.rules.map((one) => [
    one.what,
    `${one.days} days${one.days === one.usual ? '' : ` (usual ${one.usual})`}${one.keep === null ? '' : `, newest ${one.keep}`}`,
    one.due.things === 0 ? 'nothing due' : `${one.due.things} due${one.due.bytes === 0 ? '' : `, ${mebibytes(one.due.bytes)}`}`,
    one.due.held === 0 ? '' : `${one.due.held} held`,
    one.means,
  ]);
  const holds = view.holds
    .filter((one) => one.liftedAt === null)
    .map(
      (one) =>
        `Held since ${when(one.placedAt)}: ${one.service ?? one.release ?? one.artifact ?? one.run ?? 'everything'}, ${line(one.reason)} (${one.id})`,
    );
  const rest = `${view.unnamed} stored files wait to be deleted. Facts are kept for ever.`;
  shell.print([table(rows), ...holds, rest].join('\n'), view);
}

const STAYS = {
  runs: 'stays: it runs',
  deploying: 'stays: it is being deployed',
  'way-back': 'stays: it is a way back',
  young: 'stays: it is young',
  newest: 'stays: it is among the newest of its service',
} as const;

function stand({ held, stays }: { readonly held: boolean; readonly stays: keyof typeof STAYS | null }): string {
  return stays === null ? (held ? 'stays: it is held' : 'goes') : STAYS[stays];
}
