import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';

export type Proposal = {
  readonly id: string;
  readonly name: string;
  readonly from: number;
  readonly source: string;
  readonly digest: string;
  readonly reason: string;
  readonly proposedBy: string;
  readonly state: 'open' | 'applied' | 'rejected' | 'withdrawn';
  readonly needed: number;
  /** Persons who approved, by id, in the order in which they did. */
  readonly approvedBy: readonly string[];
  readonly decidedBy: string | null;
  readonly decidedReason: string | null;
  readonly decidedAt: Instant | null;
  readonly createdAt: Instant;
};

const COLUMNS = `p.id, p.name, p.from_version as "from", p.source, p.digest, p.reason, p.proposed_by as "proposedBy", p.state, p.needed,
  p.decided_by as "decidedBy", p.decided_reason as "decidedReason", p.decided_at as "decidedAt", p.created_at as "createdAt",
  coalesce((select jsonb_agg(v.person_id order by v.at, v.person_id) from policy_proposal_vote v where v.proposal_id = p.id), '[]') as "approvedBy"`;

/** Adds an open proposal. */
export async function insertProposal(
  tx: Tx,
  one: Omit<Proposal, 'state' | 'approvedBy' | 'decidedBy' | 'decidedReason' | 'decidedAt'>,
): Promise<void> {
  await tx.write(
    `insert into policy_proposal (id, org_id, name, from_version, source, digest, reason, proposed_by, state, needed, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, 'open', $9, $10)`,
    [one.id, tx.org, one.name, one.from, one.source, one.digest, one.reason, one.proposedBy, one.needed, one.createdAt],
  );
}

/** A proposal under its lock, or null. */
export async function lockProposal(tx: Tx, id: string): Promise<Proposal | null> {
  await tx.query(`select 1 from policy_proposal where id = $1 for update`, [id]);
  return proposalById(tx, id);
}

/** A proposal, or null. */
export function proposalById(tx: Tx, id: string): Promise<Proposal | null> {
  return tx.maybe<Proposal>(`select ${COLUMNS} from policy_proposal p where p.id = $1`, [id]);
}

/** Proposals of a policy, newest first, 100 at most; how many are open. */
export function proposalsOf(tx: Tx, name: string): Promise<Proposal[]> {
  return tx.query<Proposal>(
    `select ${COLUMNS} from policy_proposal p where p.org_id = $2 and p.name = $1 order by p.created_at desc, p.id desc limit 100`,
    [name, tx.org],
  );
}

/** How many proposals of a policy are open. */
export async function countOpenProposals(tx: Tx, name: string): Promise<number> {
  const sql = `select count(*)::int as n from policy_proposal where org_id = $2 and name = $1 and state = 'open'`;
  return (await tx.one<{ n: number }>(sql, [name, tx.org])).n;
}

/** Notes an approval; false where this person gave one before. */
export async function insertVote(tx: Tx, id: string, person: string, at: Instant): Promise<boolean> {
  const sql = `insert into policy_proposal_vote (proposal_id, person_id, org_id, at) values ($1, $2, $3, $4) on conflict do nothing`;
  return (await tx.write(sql, [id, person, tx.org, at])) === 1;
}

/** Ends an open proposal. */
export async function endProposal(
  tx: Tx,
  id: string,
  state: Exclude<Proposal['state'], 'open'>,
  by: string,
  reason: string | null,
  at: Instant,
): Promise<void> {
  await tx.write(
    `update policy_proposal set state = $2, decided_by = $3, decided_reason = $4, decided_at = $5, version = version + 1 where id = $1 and state = 'open'`,
    [id, state, by, reason, at],
  );
}
