import type { Digest } from '../../kernel/digest.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import type { Explained } from './compare.api.ts';

export type ReproductionRow = {
  readonly id: string;
  readonly artifactId: string;
  readonly digest: Digest;
  readonly otherDigest: Digest;
  readonly buildId: string;
  readonly rebuildId: string;
  readonly same: boolean;
  readonly runners: 'other' | 'same' | 'unknown';
  /** Names of the runners then; null: not known. */
  readonly builtOn: string | null;
  readonly rebuiltOn: string | null;
  readonly causes: readonly Explained[];
  readonly requestedBy: string;
  readonly at: Instant;
};

const COLUMNS = `id, artifact_id as "artifactId", digest, other_digest as "otherDigest", build_id as "buildId", rebuild_id as "rebuildId", same,
  runners, built_on as "builtOn", rebuilt_on as "rebuiltOn", causes, requested_by as "requestedBy", at`;

/** Keeps a comparison; null where these two builds were compared before. */
export function insertReproduction(tx: Tx, row: ReproductionRow): Promise<ReproductionRow | null> {
  return tx.maybe(
    `insert into reproduction (id, org_id, artifact_id, digest, other_digest, build_id, rebuild_id, same, runners, causes, requested_by, at, built_on, rebuilt_on)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12, $13, $14) on conflict (build_id, rebuild_id) do nothing returning ${COLUMNS}`,
    [
      row.id,
      tx.org,
      row.artifactId,
      row.digest,
      row.otherDigest,
      row.buildId,
      row.rebuildId,
      row.same,
      row.runners,
      JSON.stringify(row.causes),
      row.requestedBy,
      row.at,
      row.builtOn,
      row.rebuiltOn,
    ],
  );
}

/** The rebuilds that an artifact was compared with, newest first. */
export function reproductionsOf(tx: Tx, digest: string): Promise<ReproductionRow[]> {
  return tx.query(`select ${COLUMNS} from reproduction where org_id = $1 and digest = $2 order by at desc, id desc limit 100`, [
    tx.org,
    digest,
  ]);
}

export type BuildOf = {
  readonly id: string;
  readonly job: string;
  readonly attempt: number;
  readonly run: string;
  readonly commit: string | null;
};

/** Builds of a service that yielded these bytes under any name, oldest first; those that a foreign CI made are not ours to repeat. */
export function ownBuilds(tx: Tx, digest: string, serviceId: string): Promise<(BuildOf & { readonly name: string })[]> {
  return tx.query(
    `select id, job_id as job, attempt, run_id as run, commit_id as commit, name from artifact_build
     where org_id = $1 and digest = $2 and service_id = $3 and not (made ? 'recorded') order by created_at, id`,
    [tx.org, digest, serviceId],
  );
}

/** Builds of any service that yielded these bytes, oldest first, but those that a foreign CI made. */
export function everyOwnBuild(tx: Tx, digest: string): Promise<BuildOf[]> {
  return tx.query(
    `select id, job_id as job, attempt, run_id as run, commit_id as commit from artifact_build
     where org_id = $1 and digest = $2 and not (made ? 'recorded') order by created_at, id limit 100`,
    [tx.org, digest],
  );
}

/** What a run made under a name, by its last attempt. */
export function buildIn(
  tx: Tx,
  run: string,
  name: string,
): Promise<(BuildOf & { readonly digest: Digest; readonly service: string }) | null> {
  return tx.maybe(
    `select id, job_id as job, attempt, run_id as run, commit_id as commit, digest, service_id as service from artifact_build
     where run_id = $1 and name = $2 order by attempt desc, created_at desc limit 1`,
    [run, name],
  );
}
