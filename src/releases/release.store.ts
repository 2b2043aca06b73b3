import type { Digest } from '../kernel/digest.ts';
import type { Tx } from '../platform/floor.ts';
import type { ReleaseType, RollbackPlan, SchemaChange, ShipPlan } from './plan.ts';
import type { Tick } from './readiness.ts';

/** The only writer of release, release_target, checklist_tick and break_glass. */

export type ReleaseRow = {
  readonly id: string;
  readonly serviceId: string;
  /** The version as people know it: `1.4.2`. */
  readonly versionName: string;
  readonly type: ReleaseType;
  readonly state: 'open' | 'abandoned';
  /** Who holds it back, since when and why; null: nobody. */
  readonly held: Held | null;
  readonly commit: string;
  readonly runId: string;
  readonly digests: readonly Digest[];
  readonly changeId: string;
  readonly plan: 'continuous' | 'manual';
  /** Names of environments, in order. */
  readonly targets: readonly string[];
  readonly schemaChange: SchemaChange;
  readonly notes: string;
  readonly requestedBy: string | null;
  readonly createdAt: string;
  readonly version: number;
};

export type Held = { readonly by: string; readonly at: string; readonly reason: string };

export type TargetRow = {
  readonly releaseId: string;
  readonly environmentId: string;
  readonly plan: ShipPlan | null;
  readonly rollbackPlan: RollbackPlan | null;
  readonly version: number;
};

export type BreakGlassRow = {
  readonly id: string;
  readonly releaseId: string;
  readonly environmentId: string;
  readonly reason: string;
  readonly ticket: string;
  readonly persons: readonly string[];
  readonly personsNeeded: number;
  readonly activeUntil: string | null;
  readonly debtId: string | null;
  readonly createdAt: string;
  readonly version: number;
};

export const RELEASE_COLUMNS = `id, service_id as "serviceId", version_name as "versionName", type, state, held, commit_id as commit, run_id as "runId", digests,
  change_id as "changeId", plan, targets, schema_change as "schemaChange", notes, requested_by as "requestedBy", created_at as "createdAt", version`;
export const TARGET_COLUMNS = `release_id as "releaseId", environment_id as "environmentId", plan, rollback_plan as "rollbackPlan", version`;
export const GLASS_COLUMNS = `id, release_id as "releaseId", environment_id as "environmentId", reason, ticket, persons, persons_needed as "personsNeeded",
  active_until as "activeUntil", debt_id as "debtId", created_at as "createdAt", version`;

/** Writes a release; false where the service has this version already. */
export async function insertRelease(tx: Tx, row: Omit<ReleaseRow, 'state' | 'held' | 'version'>): Promise<boolean> {
  const written = await tx.write(
    `insert into release (id, org_id, service_id, version_name, type, state, commit_id, run_id, digests, change_id, plan, targets, schema_change, notes, requested_by, created_at)
     values ($1, $2, $3, $4, $5, 'open', $6, $7, $8, $9, $10, $11, $12::jsonb, $13, $14, $15) on conflict (service_id, version_name) do nothing`,
    [
      row.id,
      tx.org,
      row.serviceId,
      row.versionName,
      row.type,
      row.commit,
      row.runId,
      row.digests,
      row.changeId,
      row.plan,
      row.targets,
      JSON.stringify(row.schemaChange),
      row.notes,
      row.requestedBy,
      row.createdAt,
    ],
  );
  return written === 1;
}

export async function lockRelease(tx: Tx, id: string): Promise<ReleaseRow | null> {
  return tx.maybe<ReleaseRow>(`select ${RELEASE_COLUMNS} from release where id = $1 for update`, [id]);
}

export async function updateAbandoned(tx: Tx, row: ReleaseRow): Promise<number> {
  return tx.write(`update release set state = 'abandoned', version = version + 1 where id = $1 and version = $2`, [row.id, row.version]);
}

/** Holds a release back, or (null) lets it go on; 0 where somebody was faster. */
export async function updateHeld(tx: Tx, row: ReleaseRow, held: Held | null): Promise<number> {
  return tx.write(`update release set held = $3::jsonb, version = version + 1 where id = $1 and version = $2`, [
    row.id,
    row.version,
    held === null ? null : JSON.stringify(held),
  ]);
}

/** Locks every target of a release: no answer about it is acted on meanwhile. */
export async function lockTargets(tx: Tx, releaseId: string): Promise<void> {
  await tx.query(`select 1 from release_target where release_id = $1 order by environment_id for update`, [releaseId]);
}

/** Makes the target of a release towards an environment where there is none, and locks it. */
export async function lockTarget(tx: Tx, releaseId: string, environmentId: string, now: string): Promise<TargetRow> {
  await tx.query(
    `insert into release_target (release_id, environment_id, org_id, created_at) values ($1, $2, $3, $4) on conflict do nothing`,
    [releaseId, environmentId, tx.org, now],
  );
  return tx.one<TargetRow>(`select ${TARGET_COLUMNS} from release_target where release_id = $1 and environment_id = $2 for update`, [
    releaseId,
    environmentId,
  ]);
}

/** Keeps plan and way back; `bump`: what is voted on has changed, so that votes must be cast on a new version. */
export async function updatePlans(
  tx: Tx,
  target: TargetRow,
  plan: ShipPlan | null,
  rollbackPlan: RollbackPlan | null,
  bump: boolean,
): Promise<number> {
  return tx.write(
    `update release_target set plan = $4::jsonb, rollback_plan = $5::jsonb, version = version + $6 where release_id = $1 and environment_id = $2 and version = $3`,
    [
      target.releaseId,
      target.environmentId,
      target.version,
      plan === null ? null : JSON.stringify(plan),
      rollbackPlan === null ? null : JSON.stringify(rollbackPlan),
      bump ? 1 : 0,
    ],
  );
}

/** A vote ended or was used up: the next one must be cast on a new version, so that an old request sent again is refused. */
export async function bumpTarget(tx: Tx, target: Pick<TargetRow, 'releaseId' | 'environmentId' | 'version'>): Promise<number> {
  return tx.write(`update release_target set version = version + 1 where release_id = $1 and environment_id = $2 and version = $3`, [
    target.releaseId,
    target.environmentId,
    target.version,
  ]);
}

export async function insertTick(tx: Tx, target: TargetRow, tick: Tick & { note: string; at: string }): Promise<void> {
  await tx.query(
    `insert into checklist_tick (org_id, release_id, environment_id, item, state, person_id, note, at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [tx.org, target.releaseId, target.environmentId, tick.item, tick.state, tick.person, tick.note, tick.at],
  );
}

export async function insertBreakGlass(tx: Tx, row: Omit<BreakGlassRow, 'version'>): Promise<void> {
  await tx.query(
    `insert into break_glass (id, org_id, release_id, environment_id, reason, ticket, persons, persons_needed, active_until, debt_id, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      row.id,
      tx.org,
      row.releaseId,
      row.environmentId,
      row.reason,
      row.ticket,
      row.persons,
      row.personsNeeded,
      row.activeUntil,
      row.debtId,
      row.createdAt,
    ],
  );
}

export async function updateBreakGlass(
  tx: Tx,
  row: BreakGlassRow,
  next: Pick<BreakGlassRow, 'persons' | 'activeUntil' | 'debtId'>,
): Promise<number> {
  return tx.write(
    `update break_glass set persons = $3, active_until = $4, debt_id = $5, version = version + 1 where id = $1 and version = $2`,
    [row.id, row.version, next.persons, next.activeUntil, next.debtId],
  );
}
