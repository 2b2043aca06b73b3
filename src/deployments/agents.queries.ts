import type { Actor } from '../kernel/actor.ts';
import { createHash } from 'node:crypto';
import type { Tx } from '../platform/floor.ts';

export type AgentRow = {
  readonly id: string;
  readonly org: string;
  readonly name: string;
  readonly labels: readonly string[];
  readonly lastSeenAt: string | null;
  readonly revokedAt: string | null;
  readonly clientVersion: string | null;
};

const AGENT = 'id, org_id as org, name, labels, last_seen_at as "lastSeenAt", revoked_at as "revokedAt", client_version as "clientVersion"';

/** How keys and registration tokens are kept: as digests of 256 random bits. */
export function keyDigest(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** The agent behind a bearer key, for the access gate; null for every other. */
export async function agentLogin(tx: Tx, key: string): Promise<Actor | null> {
  if (!key.startsWith('ym_agt_')) return null;
  const row = await tx.maybe<{ id: string; org: string }>(
    `select id, org_id as org from agent where key_digest = $1 and revoked_at is null`,
    [keyDigest(key)],
  );
  return row === null ? null : { kind: 'agent', id: row.id, org: row.org };
}

/**
 * The agent that an environment names, by label or else by name; of several with the label the one heard of last. Labels
 * come first because an admin gives them; its name a machine chooses itself.
 */
export async function agentFor(tx: Tx, nameOrLabel: string): Promise<AgentRow | null> {
  return tx.maybe<AgentRow>(
    `select ${AGENT} from agent where revoked_at is null and (name = $1 or $1 = any(labels))
     order by ($1 = any(labels)) desc, last_seen_at desc nulls last, id limit 1`,
    [nameOrLabel],
  );
}

export async function agentById(tx: Tx, id: string): Promise<AgentRow | null> {
  return tx.maybe<AgentRow>(`select ${AGENT} from agent where id = $1`, [id]);
}

export type AgentView = AgentRow & {
  readonly acts: readonly string[];
  /** What it is to keep running: services by name, and where. */
  readonly runs: readonly { readonly service: string; readonly environment: string; readonly version: string | null }[];
};

/** All agents with what each is doing and keeps running; revoked ones last. */
export async function allAgents(tx: Tx): Promise<AgentView[]> {
  return tx.query<AgentView & Record<string, unknown>>(
    `select ${AGENT},
       array(select act.id from deployment_act act where act.agent_id = agent.id and act.finished_at is null order by act.created_at limit 50) as acts,
       coalesce((select jsonb_agg(jsonb_build_object('service', service.name, 'environment', environment.name, 'version', slot.start_order->>'version')
                   order by service.name, environment.name)
                 from deployment_slot slot join service on service.id = slot.service_id join environment on environment.id = slot.environment_id
                 where slot.agent_id = agent.id and slot.instance is not null), '[]') as runs
     from agent order by revoked_at is not null, name limit 1000`,
  );
}
