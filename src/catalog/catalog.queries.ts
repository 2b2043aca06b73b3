import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { DEFAULT_POLICY } from './catalog.ts';
import { noSuchEnvironment, noSuchService, noSuchTeam } from './catalog.problems.ts';
import { inRoadOrder, type Environment } from './environment.ts';
import type { Service } from './service.ts';

const SERVICE = `
  select service.id, service.name, team.id as "teamId", team.name as team, tier, repository, stack, depends_on as "dependsOn",
    coalesce(service.policy, catalog_setting.policy, '${DEFAULT_POLICY}') as policy, run, configuration,
    observe_only as "observeOnly", service.version
  from service join team on team.id = team_id left join catalog_setting on catalog_setting.org_id = service.org_id`;

const ENVIRONMENT = `select id, name, kind, after, protected, agent, deployed_by as "deployedBy", strategy, version from environment`;

/** The service of this name, or null. Its policy is the one that applies, its own or the organisation's. */
export async function serviceByName(tx: Tx, name: string): Promise<Service | null> {
  return tx.maybe<Service>(`${SERVICE} where service.removed_at is null and service.name = $1`, [name]);
}

/** The service with this id, removed ones too (releases and facts still speak of them), or null. */
export async function serviceById(tx: Tx, id: string): Promise<Service | null> {
  return tx.maybe<Service>(`${SERVICE} where service.id = $1`, [id]);
}

/** All services that exist, by name. */
export async function allServices(tx: Tx): Promise<Service[]> {
  return tx.query<Service>(`${SERVICE} where service.removed_at is null order by service.name`);
}

/** Services with a repository: what may be watched. */
export async function servicesWithRepository(tx: Tx): Promise<Service[]> {
  return tx.query<Service>(`${SERVICE} where service.removed_at is null and repository is not null order by service.name`);
}

/** The environment of this name, or null. */
export async function environmentByName(tx: Tx, name: string): Promise<Environment | null> {
  return tx.maybe<Environment>(`${ENVIRONMENT} where removed_at is null and name = $1`, [name]);
}

/** The environment with this id, removed ones too, or null. */
export async function environmentById(tx: Tx, id: string): Promise<Environment | null> {
  return tx.maybe<Environment>(`${ENVIRONMENT} where id = $1`, [id]);
}

/** All environments that exist, each behind those that a release passes before it. */
export async function environmentsInOrder(tx: Tx): Promise<Environment[]> {
  return inRoadOrder(await tx.query<Environment>(`${ENVIRONMENT} where removed_at is null order by name`));
}

/** One act on a service's definition, with the person behind it (null for machines). */
export type DefinitionChange = {
  readonly person: string | null;
  /** `person:per_...`, `bot:bot_...`. */
  readonly actor: string;
  readonly at: Instant;
  readonly fields: readonly string[];
  /** Names of the environments whose configuration changed. */
  readonly environments: readonly string[];
};

const CHANGES = `select person_id as person, actor, at, fields, environments from service_change`;

/**
 * Who changed the configuration of a service, or how it runs, after `since` (null: ever), oldest first. With
 * `environment` (a name) only what touches that environment: its configuration, or the way the service runs anywhere.
 */
export async function configurationChangersSince(
  tx: Tx,
  serviceId: string,
  since: Instant | null,
  environment?: string,
): Promise<DefinitionChange[]> {
  return tx.query<DefinitionChange>(
    `${CHANGES} where service_id = $1 and ($2::timestamptz is null or at > $2)
       and ('run' = any(fields) or ('configuration' = any(fields) and ($3::text is null or $3 = any(environments)))) order by id`,
    [serviceId, since, environment ?? null],
  );
}

/** Who changed which policy or tier applies to a service after `since` (null: ever), oldest first. */
export async function policyChangersSince(tx: Tx, serviceId: string, since: Instant | null): Promise<DefinitionChange[]> {
  return tx.query<DefinitionChange>(
    `${CHANGES} where service_id = $1 and ($2::timestamptz is null or at > $2) and fields && array['policy', 'tier'] order by id`,
    [serviceId, since],
  );
}

/** The service of this name; throws `catalog.no-such-service`. */
export async function mustService(tx: Tx, name: string): Promise<Service> {
  const service = await serviceByName(tx, name);
  if (service === null) throw noSuchService({ name });
  return service;
}

/** The environment of this name; throws `catalog.no-such-environment`. */
export async function mustEnvironment(tx: Tx, name: string): Promise<Environment> {
  const environment = await environmentByName(tx, name);
  if (environment === null) throw noSuchEnvironment({ name });
  return environment;
}

/** Names of the services that say they depend on this one. */
export async function dependantsOf(tx: Tx, name: string): Promise<string[]> {
  const rows = await tx.query<{ name: string }>(
    `select name from service where removed_at is null and depends_on @> jsonb_build_array(jsonb_build_object('service', $1::text)) order by name`,
    [name],
  );
  return rows.map((row) => row.name);
}

/** Ids of the services within one of these scopes (names; both null: all of them). For the access gate. */
export async function servicesIn(
  tx: Tx,
  scopes: readonly { readonly team: string | null; readonly service: string | null }[],
): Promise<ReadonlySet<string>> {
  const rows = await tx.query<{ id: string }>(
    `select service.id from service join team on team.id = team_id
     where exists (select 1 from unnest($1::text[], $2::text[]) as scope(team, service)
       where (scope.team is null or scope.team = team.name) and (scope.service is null or scope.service = service.name))`,
    [scopes.map((scope) => scope.team), scopes.map((scope) => scope.service)],
  );
  return new Set(rows.map((row) => row.id));
}

/** What a name in a request is about, for the access gate; throws the not-found problem of its kind. */
/** The team of this name; throws `catalog.no-such-team`. */
export async function mustTeam(tx: Tx, name: string): Promise<{ id: string; name: string }> {
  const team = await tx.maybe<{ id: string; name: string }>(`select id, name from team where removed_at is null and name = $1`, [name]);
  if (team === null) throw noSuchTeam({ name });
  return team;
}

/** All teams that exist, by name. */
export function teamsInOrder(tx: Tx): Promise<{ id: string; name: string }[]> {
  return tx.query<{ id: string; name: string }>(`select id, name from team where removed_at is null order by name`);
}

export const catalogResolvers = {
  service: async (tx: Tx, name: string): Promise<{ service: string; team: string }> => {
    const service = await mustService(tx, name);
    return { service: service.name, team: service.team };
  },
  environment: async (tx: Tx, name: string): Promise<{ environment: string }> => {
    return { environment: (await mustEnvironment(tx, name)).name };
  },
  team: async (tx: Tx, name: string): Promise<{ team: string }> => {
    if ((await tx.maybe(`select 1 from team where removed_at is null and name = $1`, [name])) === null) throw noSuchTeam({ name });
    return { team: name };
  },
} as const;
