import type { z } from 'zod';
import { allServices, environmentsInOrder } from '../../catalog/catalog.queries.ts';
import { configurationIn, type Service } from '../../catalog/service.ts';
import type { serviceOverview } from '../../contract/yard.ts';
import { personLabel } from '../../identity/identity.queries.ts';
import { digestOfValue } from '../../kernel/digest.ts';
import { between, plus } from '../../kernel/time.ts';
import type { Row, Tx } from '../../platform/floor.ts';
import { boardParts, SOON_MS } from '../board/board.queries.ts';
import { boardOf } from '../board/board.ts';
import { fitOf, type Versions } from './dependencies.ts';

export type Overview = z.infer<(typeof serviceOverview)['answer']>;
const LATEST = 12;

/** One service on one page; a fixed number of questions, whatever its history. */
export async function overviewOf(tx: Tx, service: Service): Promise<Overview> {
  const environments = await environmentsInOrder(tx);
  const now = await tx.now();
  const parts = await boardParts(tx, [service.id], plus(now, SOON_MS));
  const { id, name, team, teamId, tier, observeOnly } = service;
  const [row] = boardOf({ services: [{ id, name, team, teamId, tier, observeOnly }], environments, ...parts });
  if (row === undefined) throw new Error('a board of one service has one row');
  const { teamId: _, ...shown } = service;
  return {
    service: shown as unknown as Overview['service'],
    owners: await ownersOf(tx, teamId),
    row,
    environments: environments.map((one) => ({ name: one.name, kind: one.kind, protected: one.protected })),
    outdated: await outdatedIn(tx, service, environments),
    ...(await dependenciesOf(tx, service, environments)),
    runs: await runsOf(tx, id),
    releases: await releasesOf(tx, id),
    incidents: await incidentsOf(tx, id),
    debts: await debtsOf(tx, service),
    watch: await watchOf(tx, service),
  };
}

/** Members of the team that are known as persons. */
async function ownersOf(tx: Tx, teamId: string): Promise<Overview['owners']> {
  return tx.query<Overview['owners'][number] & Row>(
    `select distinct person.id, person.name from team_member join person_email on person_email.email = team_member.email join person on person.id = person_id
     where team_id = $1 and active order by person.name, person.id limit 50`,
    [teamId],
  );
}

/** Where what runs was started with other values than the catalog has by now. */
async function outdatedIn(tx: Tx, service: Service, environments: readonly { id: string; name: string }[]): Promise<string[]> {
  const rows = await tx.query<{ environment: string; digest: string }>(
    `select environment_id as environment, configuration_digest as digest from running where service_id = $1`,
    [service.id],
  );
  const started = new Map(rows.map((one) => [one.environment, one.digest]));
  return environments
    .filter((one) => started.has(one.id) && started.get(one.id) !== digestOfValue(configurationIn(service, one.name)))
    .map((one) => one.name);
}

async function dependenciesOf(
  tx: Tx,
  service: Service,
  environments: readonly { name: string }[],
): Promise<Pick<Overview, 'needs' | 'neededBy'>> {
  const all = new Map((await allServices(tx)).map((one) => [one.name, one]));
  const asking = [...all.values()].filter((one) => one.dependsOn.some((other) => other.service === service.name));
  const names = [service.name, ...service.dependsOn.map((one) => one.service), ...asking.map((one) => one.name)];
  const rows = await tx.query<{ service: string; environment: string; version: string }>(
    `select service.name as service, environment.name as environment, release_version as version
     from running join service on service.id = service_id join environment on environment.id = environment_id
     where service.name = any($1) and service.removed_at is null`,
    [names],
  );
  const versions = (name: string): Versions | null =>
    all.has(name) ? new Map(rows.filter((one) => one.service === name).map((one) => [one.environment, one.version])) : null;
  const order = environments.map((one) => one.name);
  const where = (name: string): string[] => order.filter((environment) => versions(name)?.has(environment) === true);
  const needs = service.dependsOn.map((one) => fitOf(one, versions(one.service), where(service.name)));
  const neededBy = asking.flatMap((one) =>
    one.dependsOn
      .filter((other) => other.service === service.name)
      .map((other) => fitOf(other, versions(service.name), where(one.name), one.name)),
  );
  const wire = (fits: typeof needs) => fits.map((fit) => ({ ...fit, places: [...fit.places] }));
  return { needs: wire(needs), neededBy: wire(neededBy) };
}

type RunLine = Omit<Overview['runs'][number], 'tookMs'> & { startedAt: string | null; finishedAt: string | null };

async function runsOf(tx: Tx, serviceId: string): Promise<Overview['runs']> {
  const rows = await tx.query<RunLine & Row>(
    `select id, state, ref, commit_id as commit, queued_at as "queuedAt", started_at as "startedAt", finished_at as "finishedAt"
     from run where service_id = $1 order by queued_at desc, id desc limit $2`,
    [serviceId, LATEST],
  );
  return rows.map(({ startedAt, finishedAt, ...run }) => ({
    ...run,
    tookMs: startedAt === null || finishedAt === null ? null : between(startedAt, finishedAt),
  }));
}

type ReleaseLine = Omit<Overview['releases'][number], 'requestedBy'> & { by: string | null };

async function releasesOf(tx: Tx, serviceId: string): Promise<Overview['releases']> {
  const rows = await tx.query<ReleaseLine & Row>(
    `select id, version_name as version, type, state, created_at as "createdAt", requested_by as by
     from release where service_id = $1 order by created_at desc, id desc limit $2`,
    [serviceId, LATEST],
  );
  const names = await personLabel(
    tx,
    rows.flatMap((one) => one.by ?? []),
  );
  return rows.map(({ by, ...release }) => ({ ...release, requestedBy: by === null ? null : { id: by, name: names.get(by) ?? by } }));
}

async function incidentsOf(tx: Tx, serviceId: string): Promise<Overview['incidents']> {
  return tx.query<Overview['incidents'][number] & Row>(
    `select incident.id, title, severity, state, environment.name as environment, started_at as "startedAt", resolved_at as "resolvedAt"
     from incident left join environment on environment.id = environment_id
     where service_id = $1 order by state = 'open' desc, detected_at desc, incident.id limit $2`,
    [serviceId, LATEST],
  );
}

/** Debts of the service and of its whole team, and waivers that hold. */
async function debtsOf(tx: Tx, service: Service): Promise<Overview['debts']> {
  const rows = await tx.query<Omit<Overview['debts'][number], 'owner'> & { by: string } & Row>(
    `select id, kind, subject, expires_at as "expiresAt", owner as by from waiver
     where state = 'approved' and team_id = $1 and (service_id is null or service_id = $2) order by expires_at, id limit 100`,
    [service.teamId, service.id],
  );
  const names = await personLabel(
    tx,
    rows.map((one) => one.by),
  );
  return rows.map(({ by, ...debt }) => ({ ...debt, owner: { id: by, name: names.get(by) ?? by } }));
}

async function watchOf(tx: Tx, service: Service): Promise<Overview['watch']> {
  if (service.repository === null) return null;
  return tx.maybe<NonNullable<Overview['watch']> & Row>(
    `select url, checked_at as "checkedAt", failures, last_error as "lastError", hook_id is not null as hook from source where url = $1`,
    [service.repository.url],
  );
}
