import { setTimeout as sleep } from 'node:timers/promises';
import * as contract from '../../contract/keeping.ts';
import type { z } from 'zod';
import { EXIT } from '../exit-codes.ts';
import type { AddCommand } from '../main.ts';
import type { Shell } from '../shell.ts';
import { count, line, mebibytes, table, when } from '../terminal.ts';

type Backup = z.infer<typeof contract.backupSchema>;
type Status = z.infer<typeof contract.restoreStatusSchema>;
const LOOK_MS = 500;

/** ym backup make|list, ym restore status|resume */
export const keepingCommands: AddCommand = (program, run) => {
  for (const add of [backups, restores]) add(program, run);
};

const backups: AddCommand = (program, run) => {
  const backup = program.command('backup').description('backups that the server makes into its backup folder');
  backup
    .command('make')
    .description('take a backup now, and wait until it is whole')
    .option('--no-wait', 'only ask for it')
    .action(
      run(async (shell, options: { wait: boolean }) => {
        const { backup: asked } = await shell.client().call(contract.startBackup, { body: {} });
        const made = options.wait ? await follow(shell, asked) : asked;
        shell.print(words(made), { backup: made });
        return made.state === 'failed' ? EXIT.failed : EXIT.ok;
      }),
    );
  backup
    .command('list')
    .description('backups, newest first, and how often one is made')
    .action(
      run(async (shell) => {
        const list = await shell.client().call(contract.listBackups);
        const rows = list.items.map((one) => [
          one.state,
          when(one.snapshotAt ?? one.askedAt),
          size(one),
          one.folder === null ? '' : line(one.folder),
        ]);
        const how =
          list.folder === null
            ? 'The server has no backup folder: start it with YARDMASTER_BACKUPS=FOLDER.'
            : `They go to ${line(list.folder)}; ${list.everyMs === null ? 'none is made by itself (YARDMASTER_BACKUP_EVERY)' : `one every ${Math.round(list.everyMs / 60_000)} minutes`}; ${list.keep} are kept.`;
        shell.print(`${rows.length === 0 ? 'No backups yet. Make one with: ym backup make' : table(rows)}\n${how}`, list);
      }),
    );
};

async function follow(shell: Shell, asked: Backup): Promise<Backup> {
  for (let seen = asked; ;) {
    if (!['wanted', 'running'].includes(seen.state) || shell.signal.aborted) return seen;
    if (seen.progress !== null) shell.progress(line(seen.progress));
    await sleep(LOOK_MS, undefined, { signal: shell.signal }).catch(() => undefined);
    const { items } = await shell.client().call(contract.listBackups);
    seen = items.find((one) => one.id === asked.id) ?? seen;
  }
}

function size(one: Backup): string {
  if (one.bytes === null) return line(one.progress ?? '');
  return `${mebibytes(one.bytes)}, ${count(one.blobs ?? 0, 'blob')}`;
}

function words(one: Backup): string {
  if (one.state === 'done')
    return `The backup of ${when(one.snapshotAt)} is whole: ${size(one)}, in ${line(one.folder ?? '')} on the server.\nThe keys are NOT in it: keep a copy of the keys folder elsewhere.`;
  return `${one.id} is ${one.state}${one.progress === null ? '' : `: ${line(one.progress)}`}`;
}

const restores: AddCommand = (program, run) => {
  const restore = program.command('restore').description('an instance that came out of a backup');
  restore
    .command('status')
    .description('what differs between the books and what runs, and what a resume will do')
    .action(
      run(async (shell) => {
        const status = await shell.client().call(contract.restoreStatus);
        shell.print(statusWords(status), status);
        return status.restore?.state === 'paused' ? EXIT.waiting : EXIT.ok;
      }),
    );
  restore
    .command('resume')
    .description('let a restored instance act again: books take over what machines say, and no act is repeated')
    .requiredOption('--reason <text>', 'why it may act again; it stays on record')
    .option('--without <agent...>', 'agents that will never come: nothing is known of their machines')
    .action(
      run(async (shell, options: { reason: string; without?: string[] }) => {
        const body = { reason: options.reason, without: options.without ?? [] };
        const status = await shell.client().call(contract.resumeRestore, { body });
        shell.print(statusWords(status), status);
      }),
    );
};

function statusWords({ restore, agents, places, deployments, unknownActs }: Status): string {
  if (restore === null) return 'This instance never came out of a backup.';
  const head =
    restore.state === 'paused'
      ? `PAUSED: these are the books of ${when(restore.snapshotAt)}, restored ${when(restore.restoredAt)}. Nothing acts until: ym restore resume --reason TEXT`
      : `Resumed ${when(restore.resumedAt)} by ${line(restore.resumedBy ?? '')}: ${line(restore.reason ?? '')}`;
  const heard = agents.map(({ name, reportedAt, needed, cut }) => [
    line(name),
    reportedAt === null
      ? needed
        ? 'NOT HEARD OF, and needed'
        : 'not heard of'
      : `told what runs ${when(reportedAt)}${cut ? ', but not all it did' : ''}`,
  ]);
  const part = (title: string, rows: readonly (readonly string[])[]): string[] => (rows.length === 0 ? [] : ['', title, table(rows)]);
  return [
    head,
    ...part('Agents:', heard),
    ...part(
      'Places:',
      places.map((place) => [
        `${place.environment}/${place.service}`,
        line(place.says),
        place.beside.length === 0 ? '' : `beside it: ${line(place.beside.join(', '))}`,
      ]),
    ),
    ...part(
      'Deployments that were under way:',
      deployments.map((one) => [`${one.service} ${line(one.version)} to ${one.environment}`, one.becomes, line(one.says)]),
    ),
    ...part(
      'Acts after the backup, of which these books know nothing:',
      unknownActs.slice(0, 50).map((act) => [when(act.at), `${act.environment}/${act.service}`, act.phase, act.outcome, act.act]),
    ),
    ...(unknownActs.length > 50 ? [`and ${unknownActs.length - 50} more; all with --json`] : []),
  ].join('\n');
}
