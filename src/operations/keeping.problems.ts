import { defineProblem } from '../kernel/problem.ts';

export const noBackupFolder = defineProblem<Record<string, never>>('operations.no-backup-folder', {
  status: 409,
  sentence: 'This server was not told where backups go.',
  remedy: 'Start it with YARDMASTER_BACKUPS=FOLDER, or make one on its machine with `yardmaster backup --to FOLDER`.',
});
export const backupUnderWay = defineProblem<{ backup: string }>('operations.backup-under-way', {
  status: 409,
  sentence: ({ backup }) => `The backup ${backup} is being made.`,
  remedy: 'Watch it with `ym backup list`; ask again when it is done.',
});
export const notRestored = defineProblem<Record<string, never>>('operations.not-paused', {
  status: 409,
  sentence: 'This instance is not paused.',
  remedy: 'Nothing to resume; `ym restore status` shows whether it ever came out of a backup.',
});
export const unheard = defineProblem<{ agents: readonly string[] }>('operations.agents-unheard', {
  status: 409,
  sentence: ({ agents }) => `These agents have not said what runs on their machines: ${agents.join(', ')}.`,
  remedy:
    'Start them, with their address leading here, and look again with `ym restore status`. For one that will never come: `ym restore resume --without NAME`.',
});
export const noSuchAgents = defineProblem<{ agents: readonly string[] }>('operations.no-such-agent', {
  status: 404,
  sentence: ({ agents }) => `There is no agent ${agents.join(', ')}.`,
  remedy: 'See their names with `ym agent list`.',
});
