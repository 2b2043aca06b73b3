import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import type { DeploymentAct } from './deployment.ts';
import { ACT_COLUMNS } from './deployments.queries.ts';

/** The only writer of agent, agent_registration and break_glass_act; and the taking of acts. */

export async function insertRegistration(
  tx: Tx,
  row: {
    readonly id: string;
    readonly secretDigest: string;
    readonly labels: readonly string[];
    readonly expiresAt: Instant;
    readonly createdBy: string;
    readonly now: Instant;
  },
): Promise<void> {
  await tx.write(
    `insert into agent_registration (id, org_id, secret_digest, labels, expires_at, created_by, created_at) values ($1, $2, $3, $4, $5, $6, $7)`,
    [row.id, tx.org, row.secretDigest, row.labels, row.expiresAt, row.createdBy, row.now],
  );
}

/** Uses a registration up for `agent`; null where it is unknown, used or expired. */
export async function useRegistration(
  tx: Tx,
  secretDigest: string,
  agent: string,
  now: Instant,
): Promise<{ id: string; labels: string[] } | null> {
  return tx.maybe(
    `update agent_registration set used_by = $2, version = version + 1 where secret_digest = $1 and used_by is null and expires_at > $3 returning id, labels`,
    [secretDigest, agent, now],
  );
}

/** Writes an agent; false where its name is taken. */
export async function insertAgent(
  tx: Tx,
  row: {
    readonly id: string;
    readonly name: string;
    readonly labels: readonly string[];
    readonly keyDigest: string;
    readonly now: Instant;
  },
): Promise<boolean> {
  const written = await tx.write(
    `insert into agent (id, org_id, name, labels, key_digest, created_at) values ($1, $2, $3, $4, $5, $6) on conflict (org_id, name) do nothing`,
    [row.id, tx.org, row.name, row.labels, row.keyDigest, row.now],
  );
  return written === 1;
}

/** The agent was heard of; false where it is revoked. */
export async function touchAgent(tx: Tx, agent: string, session: string, version: string | null, now: Instant): Promise<boolean> {
  const written = await tx.write(
    `update agent set session = $2, last_seen_at = $3, client_version = coalesce($4, client_version), version = version + 1
     where id = $1 and revoked_at is null`,
    [agent, session, now, version],
  );
  return written === 1;
}

/**
 * Ends an agent's key, and frees its name for the machine's next registration; the deployments that it has acts of. Null
 * where there is no such agent, or it is revoked.
 */
export async function endAgent(tx: Tx, agent: string, now: Instant): Promise<{ name: string; deployments: string[] } | null> {
  const row = await tx.maybe<{ name: string }>(`select name from agent where id = $1 and revoked_at is null for update`, [agent]);
  if (row === null) return null;
  await tx.write(
    `update agent set revoked_at = $2, name = left(name, 40) || '-revoked-' || right(id, 12), version = version + 1 where id = $1`,
    [agent, now],
  );
  const open = await tx.query<{ id: string }>(`select id from deployment where agent_id = $1 and finished_at is null`, [agent]);
  return { name: row.name, deployments: open.map(({ id }) => id) };
}

/**
 * Locks the next act for an agent, or answers null: the oldest that waits and is still allowed, or one that an earlier
 * process of this agent, or a lost contact, left without an end.
 */
export async function takeAct(
  tx: Tx,
  agent: string,
  session: string,
  doing: readonly string[],
  now: Instant,
): Promise<DeploymentAct | null> {
  return tx.maybe<DeploymentAct>(
    `select ${ACT_COLUMNS} from deployment_act
     where agent_id = $1 and finished_at is null and not id = any($3)
       and ((state = 'queued' and not_after > $4) or (state in ('claimed', 'unknown') and (session <> $2 or claim_until <= $4)))
     order by created_at, seq limit 1 for update skip locked`,
    [agent, session, doing, now],
  );
}

/** Extends the claim of an act that this session does; false where it is no longer its own. */
export async function extendClaim(tx: Tx, act: string, agent: string, token: number, until: Instant): Promise<boolean> {
  const written = await tx.write(
    `update deployment_act set claim_until = $4, state = 'claimed', version = version + 1
     where id = $1 and agent_id = $2 and token = $3 and state in ('claimed', 'unknown')`,
    [act, agent, token, until],
  );
  return written === 1;
}

/** Writes down a break-glass rollback; false where it is known. */
export async function insertBreakGlass(
  tx: Tx,
  row: {
    readonly act: string;
    readonly agent: string;
    readonly serviceId: string;
    readonly environmentId: string;
    readonly body: unknown;
    readonly now: Instant;
  },
): Promise<boolean> {
  const written = await tx.write(
    `insert into break_glass_act (act_id, org_id, agent_id, service_id, environment_id, body, at) values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
    [row.act, tx.org, row.agent, row.serviceId, row.environmentId, JSON.stringify(row.body), row.now],
  );
  return written === 1;
}
