import type { Tx } from '../platform/floor.ts';
import { noSuchVote } from './changes.problems.ts';
import { CHANGE_COLUMNS, VOTE_COLUMNS, type ChangeRow, type StoredVote } from './changes.store.ts';

export type { ChangeRow, StoredVote } from './changes.store.ts';

/** All votes ever cast on a release for an environment (null: for any), oldest first. */
export async function votesOn(tx: Tx, releaseId: string, environmentId: string | null): Promise<StoredVote[]> {
  return tx.query<StoredVote>(
    `select ${VOTE_COLUMNS} from approval where release_id = $1 and ($2::text is null or environment_id = $2) order by given_at, id`,
    [releaseId, environmentId],
  );
}

/** One vote on a release; throws the problem where there is none. */
export async function voteById(tx: Tx, id: string, releaseId: string): Promise<StoredVote> {
  const vote = await tx.maybe<StoredVote>(`select ${VOTE_COLUMNS} from approval where id = $1 and release_id = $2`, [id, releaseId]);
  if (vote === null) throw noSuchVote({});
  return vote;
}

/** The change record of a release. */
export async function changeOfRelease(tx: Tx, releaseId: string): Promise<ChangeRow | null> {
  return tx.maybe<ChangeRow>(`select ${CHANGE_COLUMNS} from change_record where release_id = $1`, [releaseId]);
}

/** Votes whose time is over and of which nobody has told so, in all organisations. */
export async function votesDue(tx: Tx, now: string, limit: number): Promise<{ id: string; org: string; releaseId: string }[]> {
  return tx.query<{ id: string; org: string; releaseId: string }>(
    `select id, org_id as org, release_id as "releaseId" from approval where expires_at <= $1 and ended_as is null and used_by is null order by expires_at limit $2`,
    [now, limit],
  );
}

export type ChangeFilter = {
  readonly services: 'all' | ReadonlySet<string>;
  readonly serviceId: string | null;
  readonly state: string | null;
  readonly after: readonly [string, string] | null;
  readonly limit: number;
};

/** Change records, newest first. */
export async function listChangeRows(tx: Tx, filter: ChangeFilter): Promise<ChangeRow[]> {
  return tx.query<ChangeRow>(
    `select ${CHANGE_COLUMNS} from change_record
     where ($1::text[] is null or service_id = any($1)) and ($2::text is null or service_id = $2) and ($3::text is null or state = $3)
       and ($4::timestamptz is null or (opened_at, id) < ($4::timestamptz, $5::text))
     order by opened_at desc, id desc limit $6`,
    [
      filter.services === 'all' ? null : [...filter.services],
      filter.serviceId,
      filter.state,
      filter.after?.[0] ?? null,
      filter.after?.[1] ?? null,
      filter.limit,
    ],
  );
}
