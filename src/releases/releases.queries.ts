import type { Tx } from '../platform/floor.ts';
import { DECISION_COLUMNS, type DecisionRow } from './decision.store.ts';
import type { Tick } from './readiness.ts';
import { noSuchRelease } from './releases.problems.ts';
import { GLASS_COLUMNS, RELEASE_COLUMNS, TARGET_COLUMNS, type BreakGlassRow, type ReleaseRow, type TargetRow } from './release.store.ts';

export type { BreakGlassRow, ReleaseRow, TargetRow } from './release.store.ts';
export type { DecisionRow } from './decision.store.ts';

/** A release by id, or null. */
export async function releaseById(tx: Tx, id: string): Promise<ReleaseRow | null> {
  return tx.maybe<ReleaseRow>(`select ${RELEASE_COLUMNS} from release where id = $1`, [id]);
}

/** A release by id; throws the problem where there is none. */
export async function mustRelease(tx: Tx, id: string): Promise<ReleaseRow> {
  const row = await releaseById(tx, id);
  if (row === null) throw noSuchRelease({ release: id });
  return row;
}

/** A release by its service and version, or null. */
export async function releaseByVersion(tx: Tx, serviceId: string, version: string): Promise<ReleaseRow | null> {
  return tx.maybe<ReleaseRow>(`select ${RELEASE_COLUMNS} from release where service_id = $1 and version_name = $2`, [serviceId, version]);
}

/** The newest release of a service, or null. */
export async function latestRelease(tx: Tx, serviceId: string): Promise<ReleaseRow | null> {
  return tx.maybe<ReleaseRow>(`select ${RELEASE_COLUMNS} from release where service_id = $1 order by created_at desc, id desc limit 1`, [
    serviceId,
  ]);
}

/** The newest open release of each service: what a freeze could block. */
export async function newestOpenReleases(tx: Tx): Promise<ReleaseRow[]> {
  return tx.query<ReleaseRow>(
    `select ${RELEASE_COLUMNS} from (select distinct on (service_id) * from release where state = 'open' order by service_id, created_at desc, id desc) as newest order by created_at desc limit 500`,
  );
}

export type ReleaseFilter = {
  readonly services: 'all' | ReadonlySet<string>;
  readonly serviceId: string | null;
  readonly version: string | null;
  readonly commit: string | null;
  readonly after: readonly [string, string] | null;
  readonly limit: number;
};

/** Releases, newest first. */
export async function listReleaseRows(tx: Tx, filter: ReleaseFilter): Promise<ReleaseRow[]> {
  return tx.query<ReleaseRow>(
    `select ${RELEASE_COLUMNS} from release
     where ($1::text[] is null or service_id = any($1)) and ($2::text is null or service_id = $2) and ($3::text is null or version_name = $3)
       and ($4::text is null or commit_id = $4) and ($5::timestamptz is null or (created_at, id) < ($5::timestamptz, $6::text))
     order by created_at desc, id desc limit $7`,
    [
      filter.services === 'all' ? null : [...filter.services],
      filter.serviceId,
      filter.version,
      filter.commit,
      filter.after?.[0] ?? null,
      filter.after?.[1] ?? null,
      filter.limit,
    ],
  );
}

/** The target of a release towards an environment, or null where nothing was kept for it yet. */
export async function targetOf(tx: Tx, releaseId: string, environmentId: string): Promise<TargetRow | null> {
  return tx.maybe<TargetRow>(`select ${TARGET_COLUMNS} from release_target where release_id = $1 and environment_id = $2`, [
    releaseId,
    environmentId,
  ]);
}

/** Answers to checklist items, in the order they were given. */
export async function ticksOf(tx: Tx, releaseId: string, environmentId: string): Promise<Tick[]> {
  return tx.query<Tick>(
    `select item, state, person_id as person from checklist_tick where release_id = $1 and environment_id = $2 order by id`,
    [releaseId, environmentId],
  );
}

/** The newest break-glass of a release for an environment that is active, or (with `pending`) still asked for. */
export async function breakGlassOf(
  tx: Tx,
  releaseId: string,
  environmentId: string,
  now: string,
  pending = false,
): Promise<BreakGlassRow | null> {
  return tx.maybe<BreakGlassRow>(
    `select ${GLASS_COLUMNS} from break_glass where release_id = $1 and environment_id = $2 and (active_until > $3 or ($4 and active_until is null))
     order by created_at desc, id desc limit 1`,
    [releaseId, environmentId, now, pending],
  );
}

/** Whether a recorded decision ever allowed this release there. */
export async function wasAllowed(tx: Tx, releaseId: string, environmentId: string): Promise<boolean> {
  return (
    (await tx.maybe(
      `select 1 from decision where release_id = $1 and environment_id = $2 and purpose = 'deploy' and verdict = 'allow' limit 1`,
      [releaseId, environmentId],
    )) !== null
  );
}

/** When a deployment was first allowed: what it started was what the catalog said then. Null: it never was. */
export async function firstAllowed(tx: Tx, deploymentId: string): Promise<string | null> {
  return (
    (
      await tx.maybe<{ at: string }>(
        `select at from decision where deployment_id = $1 and purpose = 'deploy' and verdict = 'allow' order by at limit 1`,
        [deploymentId],
      )
    )?.at ?? null
  );
}

/** A recorded decision, or null. */
export async function decisionById(tx: Tx, id: string): Promise<DecisionRow | null> {
  return tx.maybe<DecisionRow>(`select ${DECISION_COLUMNS} from decision where id = $1`, [id]);
}

/** The decisions about a release, newest first. */
export async function decisionsOf(
  tx: Tx,
  releaseId: string,
  after: readonly [string, string] | null,
  limit: number,
): Promise<DecisionRow[]> {
  return tx.query<DecisionRow>(
    `select ${DECISION_COLUMNS} from decision where release_id = $1 and ($2::timestamptz is null or (at, id) < ($2::timestamptz, $3::text)) order by at desc, id desc limit $4`,
    [releaseId, after?.[0] ?? null, after?.[1] ?? null, limit],
  );
}

/** The commit of the release of the same service that was made before this one; null where there was none. */
export async function commitBefore(tx: Tx, releaseId: string): Promise<string | null> {
  const row = await tx.maybe<{ commit: string | null }>(
    `select before.commit_id as commit from release before join release this on this.service_id = before.service_id
     where this.id = $1 and (before.created_at, before.id) < (this.created_at, this.id) order by before.created_at desc, before.id desc limit 1`,
    [releaseId],
  );
  return row?.commit ?? null;
}
