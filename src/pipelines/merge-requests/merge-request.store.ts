import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import type { MergeRequestFact } from '../forge.port.ts';

export type MergeRequestRow = {
  readonly id: string;
  readonly source_id: string;
  readonly number: number;
  readonly state: MergeRequestFact['state'];
  readonly head_commit: string | null;
  readonly head_ref: string | null;
  readonly merge_commit: string | null;
  readonly fork: boolean | null;
  readonly allowed_commit: string | null;
  readonly version: number;
};

export function mergeRequestOf(tx: Tx, source: string, number: number, lock = false): Promise<MergeRequestRow | null> {
  const sql = `select * from merge_request where source_id = $1 and number = $2`;
  return tx.maybe<MergeRequestRow>(lock ? `${sql} for update` : sql, [source, number]);
}

/**
 * Saves one as its forge said it to a question put at `at`; its people are replaced. Answers its id and what was there
 * before. null: a later question was answered first, and what this one brings is of the past. Of several answers under way
 * the one to the last question stays, whatever order they come in.
 */
export async function saveMergeRequest(
  tx: Tx,
  source: string,
  seen: MergeRequestFact,
  at: Instant,
): Promise<{ readonly id: string; readonly before: MergeRequestRow | null } | null> {
  // The row of the repository is the lock: a merge request that is seen for the first time has none of its own.
  await tx.query(`select id from source where id = $1 for update`, [source]);
  const before = await mergeRequestOf(tx, source, seen.number, true);
  const id = before?.id ?? tx.floor.newId('mrq');
  const saved = await tx.maybe<{ id: string }>(
    `insert into merge_request (id, org_id, source_id, number, title, state, draft, source_branch, target_branch, head_commit, merge_commit, head_ref,
       fork, labels, link, complete, opened_at, changed_at, seen_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
     on conflict (source_id, number) do update set title = excluded.title, state = excluded.state, draft = excluded.draft,
       source_branch = excluded.source_branch, target_branch = excluded.target_branch, head_commit = excluded.head_commit,
       merge_commit = excluded.merge_commit, head_ref = excluded.head_ref, fork = excluded.fork, labels = excluded.labels, link = excluded.link,
       complete = excluded.complete, opened_at = excluded.opened_at, changed_at = excluded.changed_at, seen_at = excluded.seen_at,
       version = merge_request.version + 1 where merge_request.seen_at <= excluded.seen_at returning id`,
    [
      id,
      tx.org,
      source,
      seen.number,
      seen.title,
      seen.state,
      seen.draft,
      seen.sourceBranch,
      seen.targetBranch,
      seen.head,
      seen.mergeCommit,
      seen.headRef,
      seen.fork,
      seen.labels,
      seen.link,
      seen.complete,
      seen.openedAt,
      seen.changedAt,
      at,
    ],
  );
  if (saved === null) return null;
  await tx.write(`delete from merge_request_person where merge_request_id = $1`, [id]);
  await tx.write(
    `insert into merge_request_person (merge_request_id, position, org_id, role, login, name, email, bot, review, commit_id, at)
     select $1, p.position, $2, p.role, p.login, p.name, lower(p.email), p.bot, p.review, p.commit, p.at
     from jsonb_to_recordset($3::jsonb) as p(position int, role text, login text, name text, email text, bot boolean, review text, commit text, at timestamptz)`,
    [id, tx.org, JSON.stringify(seen.people.map((person, position) => ({ ...person, position })))],
  );
  return { id, before };
}

/** One that its forge did not have any more when it was asked at `at` is closed. */
export async function closeMergeRequest(tx: Tx, source: string, number: number, at: Instant): Promise<void> {
  await tx.write(
    `update merge_request set state = 'closed', seen_at = $3, version = version + 1
     where source_id = $1 and number = $2 and state = 'open' and seen_at <= $3`,
    [source, number, at],
  );
}

export async function knownNumbers(tx: Tx, source: string): Promise<{ open: number[]; all: number[] }> {
  const rows = await tx.query<{ number: number; open: boolean }>(
    `select number, state = 'open' as open from merge_request where source_id = $1 order by number desc limit 10000`,
    [source],
  );
  return { open: rows.filter((row) => row.open).map((row) => row.number), all: rows.map((row) => row.number) };
}

/** Somebody let a run of a fork's merge request go, at one commit. */
export async function allowCommit(tx: Tx, id: string, commit: string, by: string): Promise<void> {
  await tx.write(`update merge_request set allowed_commit = $2, allowed_by = $3, version = version + 1 where id = $1`, [id, commit, by]);
}

export async function saveProtection(
  tx: Tx,
  source: string,
  branch: string,
  seen: { readonly state: string; readonly detail: string; readonly at: Instant },
): Promise<void> {
  await tx.write(
    `insert into branch_protection (source_id, branch, org_id, state, detail, seen_at) values ($1, $2, $3, $4, $5, $6)
     on conflict (source_id, branch) do update set state = excluded.state, detail = excluded.detail, seen_at = excluded.seen_at
       where branch_protection.seen_at <= excluded.seen_at`,
    [source, branch, tx.org, seen.state, seen.detail.slice(0, 500), seen.at],
  );
}

/** Every watched repository of the organisation. */
export function allSources(tx: Tx): Promise<{ id: string; url: string }[]> {
  return tx.query(`select id, url from source where org_id = $1 order by id limit 10000`, [tx.org]);
}

/** Repositories whose look at the forge is due, whatever their organisation; taken, they are due again at `next`. */
export function dueLooks(tx: Tx, now: Instant, next: Instant): Promise<{ id: string; org: string }[]> {
  return tx.query(
    `update source set forge_due_at = $2 where id in (
       select id from source where coalesce(forge_due_at, '-infinity') <= $1 order by forge_due_at nulls first limit 100 for update skip locked)
     returning id, org_id as org`,
    [now, next],
  );
}
