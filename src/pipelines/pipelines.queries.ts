import { serviceById } from '../catalog/catalog.queries.ts';
import type { Trust } from '../contract/runner.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { noSuchJob, noSuchRun } from './pipelines.problems.ts';
import type { RunState } from './states.ts';

export { commitsBetween, type CommitPeople, type CommitRange } from './sources/commits.queries.ts';

/** A run as other slices see it. `person`: who asked for it, null where a push did. */
export type Run = {
  readonly id: string;
  readonly serviceId: string;
  readonly repository: string | null;
  readonly ref: string | null;
  readonly commit: string | null;
  readonly trigger: 'push' | 'manual' | 'recorded' | 'read';
  readonly trust: Trust;
  readonly state: RunState;
  readonly cause: string | null;
  readonly person: string | null;
  readonly queuedAt: Instant;
  readonly startedAt: Instant | null;
  readonly finishedAt: Instant | null;
};

const RUN = `select id, service_id as "serviceId", repository, ref, commit_id as commit, trigger, trust, state, cause, requested_person as person,
  queued_at as "queuedAt", started_at as "startedAt", finished_at as "finishedAt" from run`;

export function runById(tx: Tx, id: string): Promise<Run | null> {
  return tx.maybe<Run>(`${RUN} where id = $1`, [id]);
}

/** Runs of a service, newest first; of one commit where it is given. */
export function runsOfService(tx: Tx, serviceId: string, options: { readonly commit?: string; readonly limit: number }): Promise<Run[]> {
  return tx.query<Run>(`${RUN} where service_id = $1 and ($2::text is null or commit_id = $2) order by queued_at desc, id desc limit $3`, [
    serviceId,
    options.commit ?? null,
    options.limit,
  ]);
}

/** The newest run of a commit of a service that succeeded, or null. */
export function succeededRunOf(tx: Tx, serviceId: string, commit: string): Promise<Run | null> {
  return tx.maybe<Run>(
    `${RUN} where service_id = $1 and commit_id = $2 and state = 'succeeded' order by finished_at desc, id desc limit 1`,
    [serviceId, commit],
  );
}

/** One artifact that a job of the run made, by the name that its pipeline gives it. */
export type RunArtifact = {
  readonly job: string;
  readonly jobName: string;
  readonly name: string;
  readonly digest: Digest;
  readonly size: number;
};

/** Everything that the jobs of a run made, in the order of its plan. */
export function artifactsOfRun(tx: Tx, run: string): Promise<RunArtifact[]> {
  return tx.query<RunArtifact>(
    `select a.job_id as job, j.name as "jobName", a.name, a.digest, a.size from job_artifact a join job j on j.id = a.job_id where a.run_id = $1 order by j.position, a.name`,
    [run],
  );
}

/** Runs that made these bytes, oldest first. */
export async function runsOfDigest(tx: Tx, digest: string): Promise<string[]> {
  const rows = await tx.query<{ run: string }>(
    `select distinct a.run_id as run, r.queued_at from job_artifact a join run r on r.id = a.run_id where a.digest = $1 order by r.queued_at`,
    [digest],
  );
  return rows.map((row) => row.run);
}

async function about(tx: Tx, serviceId: string): Promise<{ service: string; team: string }> {
  const service = await serviceById(tx, serviceId);
  if (service === null) throw new Error(`a run of the service ${serviceId}, which the catalog never had`);
  return { service: service.name, team: service.team };
}

/** What a run or a job in a request is about, for the access gate. */
export const pipelineResolvers = {
  run: async (tx: Tx, id: string): Promise<{ service: string; team: string }> => {
    const run = await runById(tx, id);
    if (run === null) throw noSuchRun({ run: id });
    return about(tx, run.serviceId);
  },
  job: async (tx: Tx, id: string): Promise<{ service: string; team: string }> => {
    const job = await tx.maybe<{ service_id: string }>(`select service_id from job where id = $1`, [id]);
    if (job === null) throw noSuchJob({ job: id });
    return about(tx, job.service_id);
  },
} as const;
