import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';

export type BranchProtection = { readonly state: 'protected' | 'open' | 'unknown'; readonly detail: string; readonly seenAt: Instant };

/** Whether a branch of the repository at this git address is protected at its forge, as it was last seen; null: nobody looked yet. */
export function branchProtection(tx: Tx, url: string, branch: string): Promise<BranchProtection | null> {
  return tx.maybe<BranchProtection & Record<string, unknown>>(
    `select p.state, p.detail, p.seen_at as "seenAt" from branch_protection p join source s on s.id = p.source_id
     where s.org_id = $1 and s.url = $2 and p.branch = $3`,
    [tx.org, url, branch],
  );
}
