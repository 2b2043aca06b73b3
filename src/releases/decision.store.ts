import type { Tx } from '../platform/floor.ts';
import type { MayShip } from './may-ship.ts';

/** The only writer of decision. Rows are written once. */

export type DecisionRow = {
  readonly id: string;
  readonly serviceId: string;
  readonly releaseId: string;
  readonly environmentId: string;
  readonly environment: string;
  readonly purpose: 'deploy' | 'rollback';
  readonly answer: MayShip;
  readonly deploymentId: string | null;
  readonly actor: string;
  readonly at: string;
};

export const DECISION_COLUMNS = `id, service_id as "serviceId", release_id as "releaseId", environment_id as "environmentId", environment, purpose, answer,
  deployment_id as "deploymentId", actor, at`;

export async function insertDecision(tx: Tx, row: DecisionRow): Promise<void> {
  await tx.query(
    `insert into decision (id, org_id, service_id, release_id, environment_id, environment, purpose, verdict, digest, intent, answer, deployment_id, actor, at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::jsonb, $12, $13, $14)`,
    [
      row.id,
      tx.org,
      row.serviceId,
      row.releaseId,
      row.environmentId,
      row.environment,
      row.purpose,
      row.answer.verdict,
      row.answer.digest,
      row.answer.intent,
      JSON.stringify(row.answer),
      row.deploymentId,
      row.actor,
      row.at,
    ],
  );
}
