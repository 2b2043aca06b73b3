import { allServices, environmentsInOrder } from '../../catalog/catalog.queries.ts';
import type { Collisions } from '../../contract/freezes.ts';
import { allRunning } from '../../environments/environments.queries.ts';
import type { Tx } from '../../platform/floor.ts';
import { draftChange, draftNew, type NewFreeze } from '../../releases/calendar/draft.ts';
import { freezesOf } from '../../releases/calendar/freezes.queries.ts';
import { newestOpenReleases } from '../../releases/releases.queries.ts';
import { collisions, type Planned } from './collisions.ts';

/** What a new freeze would hold, or (with `id`) what a freeze would once it is changed to this. Nothing is saved. */
export async function previewOf(tx: Tx, asked: NewFreeze, id: string | null, visible: 'all' | ReadonlySet<string>): Promise<Collisions> {
  const now = await tx.now();
  const all = await freezesOf(tx);
  const current = all.find((one) => one.id === id);
  const drafted = current === undefined ? draftNew(asked, now) : draftChange(current, asked, now);
  const services = (await allServices(tx)).filter((one) => visible === 'all' || visible.has(one.id));
  const environments = await environmentsInOrder(tx);
  const input = {
    freeze: { ...drafted, id: id ?? 'new', endedAt: null },
    services,
    environments,
    planned: await plannedOf(tx, services, environments),
    others: all.filter((one) => one.id !== id),
  };
  return collisions(input, now);
}

/** The newest open release of each service towards each of its environments where it does not run, and how far it is. */
async function plannedOf(
  tx: Tx,
  services: readonly { id: string; name: string }[],
  environments: readonly { id: string; name: string }[],
): Promise<Planned[]> {
  const names = new Map(services.map((one) => [one.id, one.name]));
  const running = new Map((await allRunning(tx)).map((one) => [`${one.serviceId} ${one.environmentId}`, one.releaseId]));
  const open = await tx.query<{ release: string; environment: string }>(
    `select release_id as release, environment_id as environment from deployment where finished_at is null and kind = 'deploy'`,
  );
  const flying = new Set(open.map((one) => `${one.release} ${one.environment}`));
  const approved = new Set(
    (await tx.query<{ id: string }>(`select release_id as id from change_record where state = 'approved'`)).map((one) => one.id),
  );
  return (await newestOpenReleases(tx)).flatMap((release) => {
    const service = names.get(release.serviceId);
    if (service === undefined) return [];
    return environments
      .filter((one) => release.targets.includes(one.name) && running.get(`${release.serviceId} ${one.id}`) !== release.id)
      .map((environment) => ({
        release: release.id,
        service,
        version: release.versionName,
        type: release.type,
        environment: environment.name,
        state: flying.has(`${release.id} ${environment.id}`) ? 'in-flight' : approved.has(release.id) ? 'approved' : 'planned',
      }));
  });
}
