import type { Deployment } from '../../deployments/deployment.ts';
import { DEPLOYMENT_COLUMNS } from '../../deployments/deployments.queries.ts';
import type { Digest } from '../../kernel/digest.ts';
import type { Row, Tx } from '../../platform/floor.ts';

/** One question each for everything that a release's screen shows beside its answers. */

/** The deployments of a release, newest first. */
export async function deploymentsOfRelease(tx: Tx, release: string): Promise<Deployment[]> {
  return tx.query<Deployment>(
    `select ${DEPLOYMENT_COLUMNS} from deployment where release_id = $1 order by requested_at desc, id desc limit 100`,
    [release],
  );
}

/** The release of this service that was made before, or null; one that was given up changed nothing for anybody. */
export async function releaseBefore(
  tx: Tx,
  serviceId: string,
  createdAt: string,
  id: string,
): Promise<{ id: string; version: string; commit: string } | null> {
  return tx.maybe(
    `select id, version_name as version, commit_id as commit from release
     where service_id = $1 and state <> 'abandoned' and (created_at, id) < ($2::timestamptz, $3::text) order by created_at desc, id desc limit 1`,
    [serviceId, createdAt, id],
  );
}

export type ArtifactLine = {
  digest: Digest;
  name: string;
  size: number;
  revoked: boolean;
  attestations: ('sbom' | 'provenance' | 'recorded')[];
};

/** The artifacts of these digests, with what is attested of them. */
export async function artifactsOf(tx: Tx, digests: readonly string[]): Promise<ArtifactLine[]> {
  return tx.query<ArtifactLine & Row>(
    `select artifact.digest, artifact.name, artifact.size, artifact.revoked_at is not null as revoked,
       coalesce(array_agg(distinct attestation.kind order by attestation.kind) filter (where attestation.kind is not null), '{}') as attestations
     from artifact left join attestation on attestation.artifact_id = artifact.id
     where artifact.digest = any($1) group by artifact.id order by artifact.name, artifact.digest`,
    [digests],
  );
}

export type IncidentLine = {
  id: string;
  title: string;
  severity: 'critical' | 'major' | 'minor';
  state: 'open' | 'resolved';
  environment: string | null;
  startedAt: string;
  linked: boolean;
};

/** Incidents put down to a deployment of the release, and those that are open for its service. */
export async function incidentsAround(tx: Tx, serviceId: string, deployments: readonly string[]): Promise<IncidentLine[]> {
  return tx.query<IncidentLine & Row>(
    `select incident.id, title, severity, state, environment.name as environment, started_at as "startedAt",
       exists (select from incident_deployment where incident_id = incident.id and deployment_id = any($2)) as linked
     from incident left join environment on environment.id = environment_id
     where (service_id = $1 and state = 'open') or incident.id in (select incident_id from incident_deployment where deployment_id = any($2))
     order by detected_at desc, incident.id desc limit 50`,
    [serviceId, deployments],
  );
}

export type GlassLine = {
  id: string;
  environment: string;
  reason: string;
  ticket: string;
  persons: string[];
  personsNeeded: number;
  until: string | null;
  createdAt: string;
  debt: { id: string; state: string; due: string } | null;
};

/** Every break-glass of a release with the review that it owes. */
export async function glassesOf(tx: Tx, release: string): Promise<GlassLine[]> {
  const rows = await tx.query<Omit<GlassLine, 'debt'> & Row & { debtId: string | null; debtState: string | null; due: string | null }>(
    `select break_glass.id, coalesce(environment.name, break_glass.environment_id) as environment, break_glass.reason, break_glass.ticket, persons,
       persons_needed as "personsNeeded", active_until as until, break_glass.created_at as "createdAt", waiver.id as "debtId", waiver.state as "debtState",
       waiver.expires_at as due
     from break_glass left join environment on environment.id = break_glass.environment_id left join waiver on waiver.id = debt_id
     where release_id = $1 order by break_glass.created_at desc, break_glass.id desc limit 50`,
    [release],
  );
  return rows.map(({ debtId, debtState, due, ...row }) => ({
    ...row,
    debt: debtId === null ? null : { id: debtId, state: debtState ?? '', due: due ?? '' },
  }));
}

export type DecisionLine = {
  id: string;
  environment: string;
  purpose: 'deploy' | 'rollback';
  verdict: 'allow' | 'wait' | 'unknown' | 'deny';
  at: string;
  actor: string;
  deployment: string | null;
  digest: Digest;
};

/** The newest recorded decisions about a release, in short. */
export async function decisionLines(tx: Tx, release: string, limit = 50): Promise<DecisionLine[]> {
  return tx.query<DecisionLine & Row>(
    `select id, environment, purpose, verdict, at, actor, deployment_id as deployment, digest from decision
     where release_id = $1 order by at desc, id desc limit $2`,
    [release, limit],
  );
}

/** Versions of releases by id. */
export async function versionsOf(tx: Tx, releases: readonly string[]): Promise<Map<string, string>> {
  const rows = await tx.query<{ id: string; version: string }>(`select id, version_name as version from release where id = any($1)`, [
    releases,
  ]);
  return new Map(rows.map((row) => [row.id, row.version]));
}

export type SampleLine = {
  readonly instance: string;
  readonly seq: number;
  readonly wave: number;
  readonly requests: number;
  readonly errors: number;
  readonly latency: number[] | null;
  readonly at: string;
};

/** The newest traffic counts of two instances with when they came, in order of time. */
export async function samplesWithTime(tx: Tx, deployment: string, instances: readonly string[]): Promise<SampleLine[]> {
  const rows = await tx.query<SampleLine & Row>(
    `select instance, seq, wave, requests, errors, latency, received_at as at from deployment_sample
     where deployment_id = $1 and instance = any($2) order by seq desc limit 20000`,
    [deployment, instances],
  );
  return rows.reverse();
}

/** The judge's verdicts on a deployment, in order. */
export async function verdictsOf(tx: Tx, deployment: string): Promise<{ at: string; wave: number; verdict: Row }[]> {
  return tx.query(`select at, wave, verdict from deployment_verdict where deployment_id = $1 order by id limit 1000`, [deployment]);
}
