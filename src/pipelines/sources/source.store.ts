import type { Commit } from '../../host/git.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';

export type SourceRow = {
  readonly id: string;
  readonly org_id: string;
  readonly url: string;
  readonly due_at: Instant;
  readonly checked_at: Instant | null;
  readonly failures: number;
  readonly last_error: string | null;
  readonly version: number;
};

/** The source of a repository, made where it is new. */
export async function ensureSource(tx: Tx, url: string): Promise<SourceRow> {
  const now = await tx.now();
  await tx.write(
    `insert into source (id, org_id, url, due_at, created_at) values ($1, $2, $3, $4, $4) on conflict (org_id, url) do nothing`,
    [tx.floor.newId('src'), tx.org, url, now],
  );
  return tx.one<SourceRow>(`select * from source where org_id = $1 and url = $2`, [tx.org, url]);
}

export function findSource(tx: Tx, id: string): Promise<SourceRow | null> {
  return tx.maybe<SourceRow>(`select * from source where id = $1`, [id]);
}

export function lockSource(tx: Tx, id: string): Promise<SourceRow | null> {
  return tx.maybe<SourceRow>(`select * from source where id = $1 for update`, [id]);
}

/** Sources whose poll is due. */
export function dueSources(tx: Tx, now: Instant): Promise<{ id: string; org: string }[]> {
  return tx.query(`select id, org_id as org from source where due_at <= $1 order by due_at limit 100`, [now]);
}

/** After a look at the repository: when to look again, and what went wrong. */
export async function markChecked(
  tx: Tx,
  source: string,
  next: { readonly dueAt: Instant; readonly checkedAt: Instant | null; readonly error: string | null },
): Promise<void> {
  await tx.write(
    `update source set due_at = $2, checked_at = coalesce($3, checked_at), last_error = $4, failures = case when $4::text is null then 0 else failures + 1 end, version = version + 1 where id = $1`,
    [source, next.dueAt, next.checkedAt, next.error],
  );
}

/** The heads that have been acted on: full ref -> commit. */
export async function headsOf(tx: Tx, source: string): Promise<Map<string, string>> {
  const rows = await tx.query<{ ref: string; commit_id: string }>(`select ref, commit_id from source_head where source_id = $1`, [source]);
  return new Map(rows.map((row) => [row.ref, row.commit_id]));
}

export async function saveHeads(
  tx: Tx,
  source: string,
  heads: readonly { readonly ref: string; readonly commit: string }[],
): Promise<void> {
  await tx.write(
    `insert into source_head (source_id, ref, org_id, commit_id, seen_at) select $1, h.ref, $2, h.commit, $3 from unnest($4::text[], $5::text[]) as h(ref, commit)
     on conflict (source_id, ref) do update set commit_id = excluded.commit_id, seen_at = excluded.seen_at`,
    [source, tx.org, await tx.now(), heads.map((head) => head.ref), heads.map((head) => head.commit)],
  );
}

export async function forgetHeads(tx: Tx, source: string, refs: readonly string[]): Promise<void> {
  if (refs.length > 0) await tx.write(`delete from source_head where source_id = $1 and ref = any($2)`, [source, refs]);
}

/** Remembers commits with their people; known ones stay as they are. */
export async function insertCommits(tx: Tx, source: string, commits: readonly Commit[]): Promise<void> {
  if (commits.length === 0) return;
  const rows = commits.map((commit) => ({
    id: commit.id,
    parents: commit.parents,
    author: emailOf(commit.author.email),
    committer: emailOf(commit.committer.email),
    co: commit.coAuthors.map((person) => emailOf(person.email)).filter((email) => email !== null),
    at: commit.at,
    subject: commit.subject.slice(0, 500).replaceAll('\0', ''),
  }));
  await tx.write(
    `insert into source_commit (source_id, id, org_id, parents, author_email, committer_email, co_author_emails, committed_at, subject)
     select $1, c.id, $2, array(select jsonb_array_elements_text(c.parents)), c.author, c.committer, array(select jsonb_array_elements_text(c.co)), c.at, c.subject
     from jsonb_to_recordset($3::jsonb) as c(id text, parents jsonb, author text, committer text, co jsonb, at timestamptz, subject text)
     on conflict do nothing`,
    [source, tx.org, JSON.stringify(rows)],
  );
}

/** Addresses are compared in lower case; one that is empty or absurd is kept as what it is: somebody unknown. */
function emailOf(text: string): string {
  return text.trim().toLowerCase().slice(0, 320).toWellFormed();
}

/** The source of a repository, where somebody watches it. */
export function sourceByUrl(tx: Tx, url: string): Promise<{ id: string } | null> {
  return tx.maybe<{ id: string }>(`select id from source where org_id = $1 and url = $2`, [tx.org, url]);
}
