import type { Tx } from '../../platform/floor.ts';

export type BuildFacts = {
  readonly executor: string | null;
  readonly repository: string | null;
  readonly commit: string | null;
  readonly signed: boolean;
};

/** How a service's builds of these bytes were made, newest first; `executor` null: a foreign CI did it and told. */
export async function buildFacts(tx: Tx, digest: string, serviceId: string): Promise<BuildFacts[]> {
  return tx.query<BuildFacts>(
    `select case when made ? 'recorded' then null else made->>'executor' end as executor, made->>'repository' as repository, commit_id as commit,
       state = 'signed' as signed from artifact_build where org_id = $1 and digest = $2 and service_id = $3 order by created_at desc, id desc`,
    [tx.org, digest, serviceId],
  );
}
