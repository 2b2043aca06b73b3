import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import type { ActState } from './deployment.ts';
import type { Books } from './restored.ts';

/** What the agents of a restored instance are asked about: acts that the books still wait for. */
export async function openActsOf(tx: Tx, agent: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select id from deployment_act where agent_id = $1 and state in ('queued', 'claimed', 'unknown') order by created_at desc limit 1000`,
    [agent],
  );
  return rows.map(({ id }) => id);
}

/** Everything of the books that a plan after a restore is made of; `acts` and `deployments` are those that machines speak of. */
export async function booksFor(tx: Tx, acts: readonly string[], deployments: readonly string[]): Promise<Books> {
  const open = await tx.query<{ id: string; service: string; environment: string; version: string; state: string; agentId: string | null }>(
    `select deployment.id, service.name as service, environment.name as environment, version_name as version, state, agent_id as "agentId"
     from deployment join service on service.id = deployment.service_id join environment on environment.id = deployment.environment_id
     where finished_at is null order by requested_at, deployment.id`,
  );
  const waits = await tx.query<{ id: string; deployment: string; state: ActState }>(
    `select act.id, act.deployment_id as deployment, act.state from deployment_act act join deployment on deployment.id = act.deployment_id
     where deployment.finished_at is null and act.state in ('queued', 'claimed', 'unknown') order by act.seq`,
  );
  const places = await tx.query<{
    service: string;
    environment: string;
    agentId: string | null;
    release: string | null;
    version: string | null;
    digest: string | null;
    instance: string | null;
  }>(
    `select service.name as service, environment.name as environment, slot.agent_id as "agentId", slot.release_id as release,
       slot.start_order->>'version' as version, slot.start_order->>'digest' as digest, slot.instance
     from deployment_slot slot join service on service.id = slot.service_id join environment on environment.id = slot.environment_id`,
  );
  const known = await tx.query<{ id: string }>('select id from deployment_act where id = any($1)', [acts]);
  const knownDeployments = await tx.query<{ id: string }>('select id from deployment where id = any($1)', [deployments]);
  return {
    deployments: open.map((row) => ({
      ...row,
      open: waits.filter((act) => act.deployment === row.id).map(({ id, state }) => ({ id, state })),
    })),
    places: places.map(({ release, version, digest, instance, ...place }) => ({
      ...place,
      books: release === null || version === null || digest === null ? null : { release, version, digest, instance },
    })),
    knownActs: new Set(known.map(({ id }) => id)),
    knownDeployments: new Set(knownDeployments.map(({ id }) => id)),
  };
}

/** The agents, and whether the books need what each has to say: something serves there, or is under way. */
export async function agentsToHear(tx: Tx): Promise<{ id: string; name: string; needed: boolean; lastSeenAt: Instant | null }[]> {
  return tx.query(
    `select id, name, last_seen_at as "lastSeenAt",
       revoked_at is null and (exists (select 1 from deployment_slot slot where slot.agent_id = agent.id and slot.instance is not null)
         or exists (select 1 from deployment where deployment.agent_id = agent.id and finished_at is null and started_at is not null)
         or exists (select 1 from deployment_act act where act.agent_id = agent.id and act.state in ('queued', 'claimed', 'unknown'))) as needed
     from agent where revoked_at is null order by name`,
  );
}
