import type { Instant } from '../kernel/time.ts';
import type { Row, Tx } from '../platform/floor.ts';
import type { CheckVerdict, Verification, VerificationCheck } from './verification.ts';

type VerificationRow = Omit<Verification, 'revoked'> & { readonly revokedAt: Instant | null; readonly revokedReason: string | null } & Row;

/** Words about one release in one environment are said one after the other. */
export async function lockVerifications(tx: Tx, serviceId: string, environmentId: string, releaseId: string): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('verification:' || $1 || ':' || $2 || ':' || $3, 0))`, [
    serviceId,
    environmentId,
    releaseId,
  ]);
}

/** All words about one release in one environment, in the order of recording. */
export async function findVerifications(tx: Tx, serviceId: string, environmentId: string, releaseId: string): Promise<Verification[]> {
  const rows = await tx.query<VerificationRow>(
    `select id, service_id as "serviceId", environment_id as "environmentId", release_id as "releaseId", deployment_id as "deploymentId",
       check_name as "check", verdict, by_actor as by, at, revoked_at as "revokedAt", revoked_reason as "revokedReason"
     from verification where service_id = $1 and environment_id = $2 and release_id = $3 order by ordinal`,
    [serviceId, environmentId, releaseId],
  );
  return rows.map(({ revokedAt, revokedReason, ...row }) => ({
    ...row,
    revoked: revokedAt === null ? null : { at: revokedAt, reason: revokedReason ?? '' },
  }));
}

export type NewVerification = {
  readonly id: string;
  readonly serviceId: string;
  readonly environmentId: string;
  readonly releaseId: string;
  readonly deploymentId: string | null;
  readonly check: VerificationCheck;
  readonly verdict: CheckVerdict;
  readonly by: string;
  readonly personId: string | null;
  readonly evidence: string | null;
  readonly note: string | null;
  readonly at: Instant;
};

/** Adds a word. */
export async function insertVerification(tx: Tx, word: NewVerification): Promise<void> {
  await tx.write(
    `insert into verification (id, org_id, service_id, environment_id, release_id, deployment_id, check_name, verdict, by_actor, person_id, evidence, note, at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      word.id,
      tx.org,
      word.serviceId,
      word.environmentId,
      word.releaseId,
      word.deploymentId,
      word.check,
      word.verdict,
      word.by,
      word.personId,
      word.evidence,
      word.note,
      word.at,
    ],
  );
}

/** Revokes one word; false where it was revoked already. */
export async function markRevoked(tx: Tx, id: string, at: Instant, reason: string): Promise<boolean> {
  return (
    (await tx.write(
      `update verification set revoked_at = $2, revoked_reason = $3, version = version + 1 where id = $1 and revoked_at is null`,
      [id, at, reason],
    )) === 1
  );
}
