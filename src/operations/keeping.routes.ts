import * as contract from '../contract/keeping.ts';
import type { EnginePort } from '../deployments/engine.port.ts';
import { backupsBefore, type BackupRow } from '../platform/backup/backup.queries.ts';
import { badRequest } from '../platform/platform.problems.ts';
import { mount, type Mounted } from '../platform/http/handler.ts';
import { wantBackup } from './backup.work.ts';
import { restoreStatus, resumeRestored, takeReport } from './restore.api.ts';

/** Backups, and what follows a restore. */
export function keepingRoutes(port: EnginePort): readonly Mounted[] {
  return [
    mount(contract.startBackup, async ({ tx, actor }) => ({ backup: shown(await wantBackup(tx, actor)) })),
    mount(contract.listBackups, async ({ tx, floor, query }) => {
      const rows = await backupsBefore(tx, placeOf(query.cursor), query.limit + 1);
      const items = rows.slice(0, query.limit);
      const last = items.at(-1);
      const { folder, everyMs, keep } = floor.config.backups;
      const next = rows.length > query.limit && last !== undefined ? `${last.askedAt} ${last.id}` : null;
      return { items: items.map(shown), next, folder, everyMs, keep };
    }),
    mount(contract.tellRestored, async ({ tx, actor, params, body }) => ({ taken: await takeReport(tx, actor.id, params.restore, body) })),
    mount(contract.restoreStatus, ({ tx }) => restoreStatus(tx)),
    mount(contract.resumeRestore, ({ tx, actor, body }) => resumeRestored(tx, port, actor, body)),
  ];
}

function shown(row: BackupRow) {
  return { ...row, id: row.id as `bak_${string}` };
}

function placeOf(cursor: string | undefined): { at: string; id: string } | null {
  if (cursor === undefined) return null;
  const [, at, id] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (bak_[0-9a-f]{32})$/.exec(cursor) ?? [];
  if (at === undefined || id === undefined) throw badRequest({ errors: [{ place: 'query.cursor', message: 'not a cursor of this list' }] });
  return { at, id };
}
