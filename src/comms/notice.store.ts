import type { Instant, Millis } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import type { Due } from '../platform/retention/retention.port.ts';
import type { Notice } from './notice.ts';

export const NOTICE_COLUMNS = `id, org_id as org, road, receiver, kind, mark, subject, lines, link, release_id as release, environment, state, attempts,
  due_at as "dueAt", outcome, at, done_at as "doneAt"`;

export type NewNotice = Pick<
  Notice,
  'id' | 'road' | 'receiver' | 'kind' | 'mark' | 'subject' | 'lines' | 'link' | 'release' | 'environment' | 'dueAt' | 'at'
> & { readonly state: 'queued' | 'digest' };

/** Adds a message; false where the same was told to this receiver before. */
export async function insertNotice(tx: Tx, one: NewNotice): Promise<boolean> {
  return (
    (await tx.write(
      `insert into notice (id, org_id, road, receiver, kind, mark, subject, lines, link, release_id, environment, state, due_at, at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) on conflict (receiver, mark) do nothing`,
      [
        one.id,
        tx.org,
        one.road,
        one.receiver,
        one.kind,
        one.mark,
        one.subject,
        JSON.stringify(one.lines),
        one.link,
        one.release,
        one.environment,
        one.state,
        one.dueAt,
        one.at,
      ],
    )) === 1
  );
}

/** Messages that are due and in nobody's hand, of all organisations. */
export function dueNotices(tx: Tx, now: Instant, limit: number): Promise<{ id: string; org: string; state: string; receiver: string }[]> {
  return tx.query(
    `select id, org_id as org, state, receiver from notice where state in ('queued', 'digest') and due_at <= $1 order by due_at limit $2`,
    [now, limit],
  );
}

/**
 * Takes a message into hand for `forMs`; null where it is not due, or somebody has it. The attempt counts before it is
 * made, so that one that takes the server down with it ends up parked as well.
 */
export function claimNotice(tx: Tx, id: string, now: Instant, until: Instant): Promise<Notice | null> {
  return tx.maybe<Notice & Record<string, unknown>>(
    `update notice set attempts = attempts + 1, due_at = $3 where id = $1 and state = 'queued' and due_at <= $2 returning ${NOTICE_COLUMNS}`,
    [id, now, until],
  );
}

/** Ends the attempt in hand; false where another went on with it. */
export async function endNotice(
  tx: Tx,
  one: Pick<Notice, 'id' | 'attempts'>,
  state: 'sent' | 'parked' | 'dropped',
  outcome: string,
  at: Instant,
): Promise<boolean> {
  const sql = `update notice set state = $3, outcome = $4, done_at = $5 where id = $1 and attempts = $2 and state = 'queued'`;
  return (await tx.write(sql, [one.id, one.attempts, state, outcome, at])) === 1;
}

/** Notes a failure; it is tried again at `dueAt`. */
export async function failNotice(tx: Tx, one: Pick<Notice, 'id' | 'attempts'>, outcome: string, dueAt: Instant): Promise<void> {
  await tx.write(`update notice set outcome = $3, due_at = $4 where id = $1 and attempts = $2 and state = 'queued'`, [
    one.id,
    one.attempts,
    outcome,
    dueAt,
  ]);
}

/** Sends one again from the beginning; null where there is none, false where it is not one that ended. */
export async function sendAgain(tx: Tx, id: string, now: Instant): Promise<boolean | null> {
  const found = await tx.maybe<{ state: string }>(`select state from notice where id = $1 for update`, [id]);
  if (found === null) return null;
  const sql = `update notice set state = 'queued', attempts = 0, outcome = null, done_at = null, due_at = $2 where id = $1 and state in ('parked', 'sent')`;
  return (await tx.write(sql, [id, now])) === 1;
}

/** What waits for this person's digest, locked, oldest first. */
export function lockDigest(tx: Tx, person: string, now: Instant): Promise<Notice[]> {
  return tx.query<Notice & Record<string, unknown>>(
    `select ${NOTICE_COLUMNS} from notice where receiver = $1 and state = 'digest' and due_at <= $2 order by at, id for update`,
    [person, now],
  );
}

export async function markTold(tx: Tx, ids: readonly string[], outcome: string, at: Instant): Promise<void> {
  await tx.write(`update notice set state = 'told', outcome = $2, done_at = $3 where id = any($1)`, [ids, outcome, at]);
}

/** Ends what was asked of persons about this place and is not asked of them any more; `still`: of whom it still is. */
export async function endAsks(tx: Tx, release: string, environment: string | null, still: readonly string[], at: Instant): Promise<void> {
  await tx.write(
    `update notice set over = true, state = case when state in ('queued', 'digest') then 'dropped' else state end,
       outcome = case when state in ('queued', 'digest') then 'it is not asked any more' else outcome end,
       done_at = case when state in ('queued', 'digest') then $4 else done_at end
     where release_id = $1 and ($2::text is null or environment = $2) and kind in ('asked', 'reminder') and not over and not receiver = any($3)`,
    [release, environment, still, at],
  );
}

/** Releases about which something was asked before `before`, and neither answered nor reminded of since. */
export async function unreminded(tx: Tx, org: string, before: Instant, limit: number): Promise<string[]> {
  const rows = await tx.query<{ release: string }>(
    `select distinct release_id as release from notice where org_id = $1 and kind = 'asked' and state = 'sent' and not over and at <= $2
       and release_id is not null limit $3`,
    [org, before, limit],
  );
  return rows.map((row) => row.release);
}

/** What was asked about this place before `before` and is neither answered nor reminded of: marked as reminded, and answered. */
export function takeUnreminded(
  tx: Tx,
  release: string,
  environment: string,
  before: Instant,
): Promise<{ receiver: string; mark: string; at: Instant }[]> {
  return tx.query(
    `update notice set over = true where release_id = $1 and environment = $2 and kind = 'asked' and state = 'sent' and not over and at <= $3 returning receiver, mark, at`,
    [release, environment, before],
  );
}

export function dueOld(tx: Tx, before: Instant): Promise<Due> {
  return tx.one<Due>(
    `select count(*) as things, coalesce(sum(length(lines::text)), 0)::bigint as bytes, 0 as held from notice where at < $1 and state not in ('queued', 'digest')`,
    [before],
  );
}

export async function removeOld(tx: Tx, before: Instant, limit: number): Promise<number> {
  await tx.write(`delete from notice_link where secret_digest in (select secret_digest from notice_link where expires_at < $1 limit $2)`, [
    before,
    limit,
  ]);
  return tx.write(
    `delete from notice where id in (select id from notice where at < $1 and state not in ('queued', 'digest') order by at limit $2)`,
    [before, limit],
  );
}

/** How long a claimed message is in one hand. */
export const IN_HAND_MS: Millis = 120_000;
