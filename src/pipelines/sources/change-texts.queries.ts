import { serviceById } from '../../catalog/catalog.queries.ts';
import type { Tx } from '../../platform/floor.ts';

/** Titles and branches of the merge requests that these commits of a service came by, by commit; others are absent. */
export async function mergeTexts(
  tx: Tx,
  serviceId: string,
  commits: readonly string[],
): Promise<Map<string, { title: string; branch: string | null }>> {
  const url = (await serviceById(tx, serviceId))?.repository?.url;
  if (url === undefined) return new Map();
  const rows = await tx.query<{ commit: string; title: string; branch: string | null }>(
    `select m.merge_commit as commit, m.title, m.source_branch as branch from merge_request m join source s on s.id = m.source_id
     where s.org_id = $1 and s.url = $2 and m.merge_commit = any($3)
     union select m.head_commit, m.title, m.source_branch from merge_request m join source s on s.id = m.source_id
     where s.org_id = $1 and s.url = $2 and m.state = 'merged' and m.head_commit = any($3)`,
    [tx.org, url, commits],
  );
  return new Map(rows.map(({ commit, title, branch }) => [commit, { title, branch }]));
}
