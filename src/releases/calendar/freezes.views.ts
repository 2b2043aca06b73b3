import { allServices, environmentsInOrder } from '../../catalog/catalog.queries.ts';
import { allRunning } from '../../environments/environments.queries.ts';
import type { Tx } from '../../platform/floor.ts';
import { newestOpenReleases } from '../releases.queries.ts';
import { calendarAnswer } from './answer.ts';
import type { Freeze } from './freeze.ts';
import { edgesOf } from './edges.ts';

export type Blocked = {
  readonly release: string;
  readonly service: string;
  readonly version: string;
  readonly environment: string;
  readonly until: string | null;
};

/** The planned releases that this freeze would hold, at the first instant from `now` on at which it stands. */
export async function blockedBy(tx: Tx, freeze: Freeze, now: string): Promise<Blocked[]> {
  const edges = edgesOf(freeze.when, now);
  // An allow window blocks outside of itself: judge it where it is shut, if it is open now then at its end.
  const at = freeze.kind === 'deny' ? (edges.active ? now : edges.next) : edges.active ? edges.until : now;
  if (at === null) return [];
  const environments = await environmentsInOrder(tx);
  const services = new Map((await allServices(tx)).map((service) => [service.id, service]));
  const running = new Map((await allRunning(tx)).map((one) => [`${one.serviceId} ${one.environmentId}`, one.releaseId]));
  const blocked: Blocked[] = [];
  for (const release of await newestOpenReleases(tx)) {
    const service = services.get(release.serviceId);
    if (service === undefined) continue;
    for (const environment of environments.filter((one) => release.targets.includes(one.name))) {
      if (running.get(`${service.id} ${environment.id}`) === release.id) continue;
      const { tier, team, name } = service;
      const subject = {
        tier,
        team,
        service: name,
        environment: environment.name,
        kind: environment.kind,
        releaseType: release.type,
        purpose: 'deploy' as const,
      };
      const { verdict, earliest } = calendarAnswer({ subject, freezes: [freeze], overrides: [] }, at);
      if (verdict !== 'allow')
        blocked.push({ release: release.id, service: name, version: release.versionName, environment: environment.name, until: earliest });
    }
  }
  return blocked;
}
