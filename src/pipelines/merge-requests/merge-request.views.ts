import type { MergeRequestView } from '../../contract/merge-requests.ts';
import { personsByEmail } from '../../identity/identity.queries.ts';
import { personsOfLogins } from '../../identity/mapping/login.queries.ts';
import type { Tx } from '../../platform/floor.ts';
import { hostOf } from './host.queries.ts';

type Row = Omit<MergeRequestView, 'people'>;
type PersonRow = MergeRequestView['people'][number] & { readonly of: string; readonly email: string | null };

const COLUMNS = `id, number, title, state, draft, source_branch as "sourceBranch", target_branch as "targetBranch", head_commit as head,
  merge_commit as "mergeCommit", fork, labels, link, complete, allowed_commit as "allowedCommit", opened_at as "openedAt",
  changed_at as "changedAt", seen_at as "seenAt"`;

/** Merge requests of a repository, newest first, 200 at most; with a number only that one, with commits those of which one is the head or what they were merged as. */
export async function viewMergeRequests(
  tx: Tx,
  source: string,
  filter: { readonly state?: string | undefined; readonly number?: number; readonly commits?: readonly string[] },
): Promise<MergeRequestView[]> {
  const rows = await tx.query<Row>(
    `select ${COLUMNS} from merge_request where source_id = $1 and ($2::text is null or state = $2) and ($3::int is null or number = $3)
       and ($4::text[] is null or merge_commit = any($4) or head_commit = any($4))
     order by number desc limit 200`,
    [source, filter.state ?? null, filter.number ?? null, filter.commits ?? null],
  );
  const people = await tx.query<PersonRow>(
    `select p.merge_request_id as of, p.role, p.login, p.name, p.email, p.bot, null as person, p.review, p.commit_id as commit,
       case when p.commit_id is null or p.review is null then null else p.commit_id = m.head_commit end as current, p.at
     from merge_request_person p join merge_request m on m.id = p.merge_request_id where m.id = any($1) order by p.merge_request_id, p.position`,
    [rows.map((row) => row.id)],
  );
  const host = await hostOf(tx, source);
  const logins = people.flatMap(({ login }) => login ?? []);
  const byLogin = host === null ? new Map<string, string>() : await personsOfLogins(tx, host, [...new Set(logins)]);
  const known = await personsByEmail(tx, [...new Set(people.flatMap(({ email }) => (email === null ? [] : [email])))]);
  const names = await tx.query<{ id: string; name: string }>(`select id, name from person where id = any($1)`, [
    [...known.values(), ...byLogin.values()],
  ]);
  const nameOf = new Map(names.map((one) => [one.id, one.name]));
  const named = people.map(({ email, ...person }) => {
    const id = (email === null ? undefined : known.get(email)) ?? byLogin.get(person.login?.toLowerCase() ?? '');
    return { ...person, person: id === undefined ? null : { id, name: nameOf.get(id) ?? id } };
  });
  const byRequest = Map.groupBy(named, (person) => person.of);
  return rows.map((row) => ({ ...row, people: (byRequest.get(row.id) ?? []).map(({ of: _of, ...person }) => person) }));
}

/** Whether a branch is protected at its forge, as it was last seen. */
export function protectionOf(
  tx: Tx,
  source: string,
  branch: string,
): Promise<{ branch: string; state: 'protected' | 'open' | 'unknown'; detail: string; seenAt: string } | null> {
  return tx.maybe(`select branch, state, detail, seen_at as "seenAt" from branch_protection where source_id = $1 and branch = $2`, [
    source,
    branch,
  ]);
}
