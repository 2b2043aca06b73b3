import type { Actor } from '../kernel/actor.ts';
import { actorLabel, personBehind } from '../kernel/actor.ts';
import type { Instant } from '../kernel/time.ts';
import type { Row, Tx } from '../platform/floor.ts';
import type { Catalog, EnvironmentEntry, ServiceEntry, TeamEntry } from './catalog.ts';
import type { PolicyName } from './service.ts';

/** Two applies of one organisation never run side by side; held to the end of the transaction. */
export async function lockCatalog(tx: Tx): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtextextended('catalog:' || $1, 0))`, [tx.org]);
}

/** The whole catalog as it stands, in the form that plans compare. */
export async function loadCatalog(tx: Tx): Promise<Catalog> {
  const setting = await tx.maybe<{ policy: PolicyName }>(`select policy from catalog_setting`);
  const teams = await tx.query<{ name: string } & TeamEntry>(
    `select name, title, coalesce((select array_agg(email order by email collate "C") from team_member where team_id = team.id), '{}') as members
     from team where removed_at is null order by name`,
  );
  const environments = await tx.query<{ name: string } & EnvironmentEntry>(
    `select name, kind, after, protected, agent, deployed_by as "deployedBy", strategy from environment where removed_at is null order by name`,
  );
  const services = await tx.query<{ name: string } & ServiceEntry>(
    `select service.name, team.name as team, tier, repository, stack, depends_on as "dependsOn", policy, run, configuration, observe_only as "observeOnly"
     from service join team on team.id = team_id where service.removed_at is null order by service.name`,
  );
  return { policy: setting?.policy ?? null, teams: byName(teams), environments: byName(environments), services: byName(services) };
}

function byName<Entry>(rows: readonly ({ name: string } & Entry)[]): Record<string, Omit<Entry, 'name'>> {
  return Object.fromEntries(rows.map(({ name, ...entry }) => [name, entry]));
}

/** Ids and versions of what exists, by name. */
export type Known = Map<string, { readonly id: string; readonly version: number }>;

/** What exists of one kind. */
export async function known(tx: Tx, kind: 'team' | 'environment' | 'service'): Promise<Known> {
  const sql = {
    team: `select id, name, version from team where removed_at is null`,
    environment: `select id, name, version from environment where removed_at is null`,
    service: `select id, name, version from service where removed_at is null`,
  };
  const rows = await tx.query<{ id: string; name: string; version: number } & Row>(sql[kind]);
  return new Map(rows.map((row) => [row.name, row]));
}

/** Sets the organisation's policy. */
export async function saveSetting(tx: Tx, policy: string): Promise<void> {
  await tx.write(
    `insert into catalog_setting (org_id, policy) values ($1, $2)
     on conflict (org_id) do update set policy = excluded.policy, version = catalog_setting.version + 1`,
    [tx.org, policy],
  );
}

/** Writes a team as it is now, new or changed, with exactly these members. */
export async function saveTeam(tx: Tx, id: string, name: string, team: TeamEntry, at: Instant): Promise<void> {
  await tx.write(
    `insert into team (id, org_id, name, title, created_at) values ($1, $2, $3, $4, $5)
     on conflict (id) do update set title = excluded.title, version = team.version + 1`,
    [id, tx.org, name, team.title, at],
  );
  await tx.write(`delete from team_member where team_id = $1`, [id]);
  await tx.write(`insert into team_member (team_id, org_id, email) select $1, $2, unnest($3::text[])`, [id, tx.org, team.members]);
}

/** Writes an environment as it is now, new or changed. */
export async function saveEnvironment(tx: Tx, id: string, name: string, environment: EnvironmentEntry, at: Instant): Promise<void> {
  const { kind, after, agent, deployedBy, strategy } = environment;
  await tx.write(
    `insert into environment (id, org_id, name, kind, after, protected, agent, strategy, created_at, deployed_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     on conflict (id) do update set kind = excluded.kind, after = excluded.after, protected = excluded.protected,
       agent = excluded.agent, strategy = excluded.strategy, deployed_by = excluded.deployed_by, version = environment.version + 1`,
    [id, tx.org, name, kind, JSON.stringify(after), environment.protected, agent, JSON.stringify(strategy), at, deployedBy],
  );
}

/** Writes a service as it is now, new or changed. */
export async function saveService(tx: Tx, id: string, name: string, teamId: string, service: ServiceEntry, at: Instant): Promise<void> {
  const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
  await tx.write(
    `insert into service (id, org_id, name, team_id, tier, repository, stack, depends_on, policy, run, configuration, observe_only, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     on conflict (id) do update set team_id = excluded.team_id, tier = excluded.tier, repository = excluded.repository,
       stack = excluded.stack, depends_on = excluded.depends_on, policy = excluded.policy, run = excluded.run,
       configuration = excluded.configuration, observe_only = excluded.observe_only, version = service.version + 1`,
    [
      id,
      tx.org,
      name,
      teamId,
      service.tier,
      json(service.repository),
      service.stack,
      json(service.dependsOn),
      service.policy,
      json(service.run),
      json(service.configuration),
      service.observeOnly,
      at,
    ],
  );
}

/** Takes a thing out of the catalog; its row stays for what refers to it. */
export async function saveRemoval(tx: Tx, kind: 'team' | 'environment' | 'service', id: string, at: Instant): Promise<void> {
  const sql = {
    team: `update team set removed_at = $2, version = version + 1 where id = $1`,
    environment: `update environment set removed_at = $2, version = version + 1 where id = $1`,
    service: `update service set removed_at = $2, version = version + 1 where id = $1`,
  };
  await tx.write(sql[kind], [id, at]);
}

export type ServiceChangeRow = {
  readonly serviceId: string;
  readonly version: number;
  readonly fields: readonly string[];
  readonly environments: readonly string[];
};

/** Notes who changed what of a service. */
export async function noteServiceChange(tx: Tx, actor: Actor, change: ServiceChangeRow, at: Instant): Promise<void> {
  await tx.write(
    `insert into service_change (org_id, service_id, version, fields, environments, person_id, actor, at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [tx.org, change.serviceId, change.version, change.fields, change.environments, personBehind(actor), actorLabel(actor), at],
  );
}
