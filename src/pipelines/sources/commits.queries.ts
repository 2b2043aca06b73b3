import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import { serviceById } from '../../catalog/catalog.queries.ts';

/** Who had a hand in a commit, by address in lower case; null: erased. Addresses never leave for facts. */
export type CommitPeople = {
  readonly id: string;
  readonly subject: string | null;
  readonly at: Instant;
  readonly author: string | null;
  readonly committer: string | null;
  readonly coAuthors: readonly string[];
};

/**
 * The commits of a release. `complete` false: some of them are not known here (the commit itself, or a parent of one),
 * so that nobody may say who all the authors are.
 */
export type CommitRange = { readonly complete: boolean; readonly commits: readonly CommitPeople[] };

/**
 * Commits that `to` reaches and `from` does not (git's `from..to`; null: every ancestor), newest first. Read from our own
 * table of the service's repository, so that it answers the same on every server. Who wrote a merge request that was squashed counts as a
 * co-author of what came of it: the bot that merged it wrote nothing. A login without an address is `login:NAME`, which
 * belongs to nobody until somebody maps it.
 */
export async function commitsBetween(tx: Tx, serviceId: string, from: string | null, to: string): Promise<CommitRange> {
  const service = await serviceById(tx, serviceId);
  const source =
    service?.repository == null
      ? null
      : await tx.maybe<{ id: string }>(`select id from source where org_id = $1 and url = $2`, [tx.org, service.repository.url]);
  if (source === null) return { complete: false, commits: [] };
  return commitRange(tx, source.id, from, to);
}

/** The same for a known source. */
export async function commitRange(tx: Tx, source: string, from: string | null, to: string): Promise<CommitRange> {
  const rows = await tx.query<CommitPeople & { parents: string[]; missing: boolean }>(
    `with recursive excluded as (
       select id, parents from source_commit where source_id = $1 and id = $2
       union
       select c.id, c.parents from excluded e cross join lateral unnest(e.parents) as p(id) join source_commit c on c.source_id = $1 and c.id = p.id),
     included as (
       select id, parents from source_commit where source_id = $1 and id = $3 and id not in (select id from excluded)
       union
       select c.id, c.parents from included i cross join lateral unnest(i.parents) as p(id) join source_commit c on c.source_id = $1 and c.id = p.id
       where c.id not in (select id from excluded))
     select c.id, c.subject, c.committed_at as at, c.author_email as author, c.committer_email as committer, c.co_author_emails || array(
         select distinct coalesce(nullif(p.email, ''), 'login:' || lower(p.login)) from merge_request m join merge_request_person p on p.merge_request_id = m.id
         where m.source_id = $1 and m.merge_commit = c.id and p.role = 'wrote' and (p.email is not null or p.login is not null)) ||
         case when exists (select from merge_request m where m.source_id = $1 and m.merge_commit = c.id and not m.complete) then array['login:?'] else '{}'::text[] end
         as "coAuthors", c.parents,
       exists (select from unnest(c.parents) as p(id) where not exists (select from source_commit k where k.source_id = $1 and k.id = p.id)) as missing
     from included join source_commit c on c.source_id = $1 and c.id = included.id
     order by c.committed_at desc, c.id`,
    [source, from, to],
  );
  const known = await tx.query<{ id: string }>(`select id from source_commit where source_id = $1 and id = any($2)`, [
    source,
    [to, ...(from === null ? [] : [from])],
  ]);
  const named = new Set(known.map((row) => row.id));
  const complete = named.has(to) && (from === null || named.has(from)) && rows.every((row) => !row.missing);
  return {
    complete,
    commits: rows.map(({ id, subject, at, author, committer, coAuthors }) => ({ id, subject, at, author, committer, coAuthors })),
  };
}
