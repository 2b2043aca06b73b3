import type { Digest } from '../../kernel/digest.ts';
import type { Tx } from '../../platform/floor.ts';

/** What the jobs of a run made, and what their attempts uploaded. */
export type ArtifactRow = {
  readonly jobId: string;
  readonly jobName: string;
  readonly name: string;
  readonly digest: Digest;
  readonly size: number;
};

export function artifactsOf(tx: Tx, run: string): Promise<ArtifactRow[]> {
  return tx.query<ArtifactRow>(
    `select a.job_id as "jobId", j.name as "jobName", a.name, a.digest, a.size from job_artifact a join job j on j.id = a.job_id where a.run_id = $1 order by j.position, a.name`,
    [run],
  );
}

export type NewArtifact = {
  readonly job: string;
  readonly run: string;
  readonly name: string;
  readonly digest: Digest;
  readonly size: number;
};

export async function insertArtifact(tx: Tx, made: NewArtifact): Promise<void> {
  await tx.query(`insert into job_artifact (job_id, name, org_id, run_id, digest, size) values ($1, $2, $3, $4, $5, $6)`, [
    made.job,
    made.name,
    tx.org,
    made.run,
    made.digest,
    made.size,
  ]);
}

/** Remembers that an attempt uploaded these bytes. */
export async function insertBlob(tx: Tx, job: string, attempt: number, digest: string, size: number): Promise<void> {
  await tx.query(`insert into job_blob (job_id, attempt, digest, org_id, size) values ($1, $2, $3, $4, $5) on conflict do nothing`, [
    job,
    attempt,
    digest,
    tx.org,
    size,
  ]);
}

/** Digest -> size of everything that an attempt uploaded. */
export async function blobsOf(tx: Tx, job: string, attempt: number): Promise<Map<string, number>> {
  const rows = await tx.query<{ digest: string; size: number }>(`select digest, size from job_blob where job_id = $1 and attempt = $2`, [
    job,
    attempt,
  ]);
  return new Map(rows.map((row) => [row.digest, row.size]));
}
