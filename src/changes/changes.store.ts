import type { Tx } from '../platform/floor.ts';
import type { ChangeOutcome, ChangeState } from './change-states.ts';
import type { Vote } from './votes.ts';

/** The only writer of change_record and approval. */

export type ChangeRow = {
  readonly id: string;
  readonly serviceId: string;
  readonly releaseId: string;
  readonly type: 'standard' | 'normal' | 'emergency';
  readonly state: ChangeState;
  readonly outcome: ChangeOutcome | null;
  readonly requestedBy: string | null;
  readonly openedAt: string;
  readonly closedAt: string | null;
  readonly version: number;
};

/** A vote with where it belongs. */
export type StoredVote = Vote & {
  readonly serviceId: string;
  readonly releaseId: string;
  readonly environmentId: string;
  readonly changeId: string;
  readonly reason: string;
  readonly targetVersion: number;
  readonly endedAs: 'withdrawn' | 'expired' | 'void' | null;
  readonly version: number;
};

export const CHANGE_COLUMNS = `id, service_id as "serviceId", release_id as "releaseId", type, state, outcome, requested_by as "requestedBy",
  opened_at as "openedAt", closed_at as "closedAt", version`;

export const VOTE_COLUMNS = `id, service_id as "serviceId", release_id as "releaseId", environment_id as "environmentId", change_id as "changeId",
  person_id as person, on_behalf_of as "onBehalfOf", verdict, reason, intent, target_version as "targetVersion", given_at as at,
  expires_at as "expiresAt", withdrawn_at as "withdrawnAt", used_by as "usedBy", ended_as as "endedAs", version`;

export async function insertChange(tx: Tx, row: Omit<ChangeRow, 'state' | 'outcome' | 'closedAt' | 'version'>): Promise<void> {
  await tx.query(
    `insert into change_record (id, org_id, service_id, release_id, type, state, requested_by, opened_at) values ($1, $2, $3, $4, $5, 'open', $6, $7)`,
    [row.id, tx.org, row.serviceId, row.releaseId, row.type, row.requestedBy, row.openedAt],
  );
}

/** The change record of a release, locked. */
export async function lockChange(tx: Tx, releaseId: string): Promise<ChangeRow | null> {
  return tx.maybe<ChangeRow>(`select ${CHANGE_COLUMNS} from change_record where release_id = $1 for update`, [releaseId]);
}

/** Moves a change record; 0 where somebody was faster. */
export async function updateChange(
  tx: Tx,
  row: ChangeRow,
  next: { state: ChangeState; outcome: ChangeOutcome | null; closedAt: string | null },
): Promise<number> {
  return tx.write(
    `update change_record set state = $3, outcome = $4, closed_at = $5, version = version + 1 where id = $1 and version = $2`,
    [row.id, row.version, next.state, next.outcome, next.closedAt],
  );
}

/** Writes a vote; null where this person has voted on this version of the target before. */
export async function insertVote(
  tx: Tx,
  vote: Omit<StoredVote, 'withdrawnAt' | 'usedBy' | 'endedAs' | 'version'>,
): Promise<StoredVote | null> {
  return tx.maybe<StoredVote>(
    `insert into approval (id, org_id, service_id, release_id, environment_id, change_id, person_id, on_behalf_of, verdict, reason, intent, target_version, given_at, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
     on conflict (release_id, environment_id, person_id, target_version) do nothing returning ${VOTE_COLUMNS}`,
    [
      vote.id,
      tx.org,
      vote.serviceId,
      vote.releaseId,
      vote.environmentId,
      vote.changeId,
      vote.person,
      vote.onBehalfOf,
      vote.verdict,
      vote.reason,
      vote.intent,
      vote.targetVersion,
      vote.at,
      vote.expiresAt,
    ],
  );
}

export async function lockVote(tx: Tx, id: string, releaseId: string): Promise<StoredVote | null> {
  return tx.maybe<StoredVote>(`select ${VOTE_COLUMNS} from approval where id = $1 and release_id = $2 for update`, [id, releaseId]);
}

/** What a person said on one version of a target, locked. */
export async function lockVoteOf(
  tx: Tx,
  releaseId: string,
  environmentId: string,
  person: string,
  targetVersion: number,
): Promise<StoredVote | null> {
  return tx.maybe<StoredVote>(
    `select ${VOTE_COLUMNS} from approval where release_id = $1 and environment_id = $2 and person_id = $3 and target_version = $4 for update`,
    [releaseId, environmentId, person, targetVersion],
  );
}

export async function updateVoteEnded(tx: Tx, vote: StoredVote, as: 'withdrawn' | 'expired' | 'void', at: string): Promise<number> {
  return tx.write(
    `update approval set ended_as = $3, withdrawn_at = case when $3 = 'withdrawn' then $4::timestamptz else withdrawn_at end, version = version + 1 where id = $1 and version = $2`,
    [vote.id, vote.version, as, at],
  );
}

export async function updateVoteUsed(tx: Tx, vote: StoredVote, deployment: string, at: string): Promise<number> {
  return tx.write(
    `update approval set used_by = $3, used_at = $4, version = version + 1 where id = $1 and version = $2 and used_by is null`,
    [vote.id, vote.version, deployment, at],
  );
}
