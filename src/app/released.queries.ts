import { environmentsInOrder } from '../catalog/catalog.queries.ts';
import { runningEverywhere } from '../environments/environments.queries.ts';
import type { Released } from '../gates/released.port.ts';

/** The last release of a service for gates: what runs in production, else in the environment furthest on the road. */
export const released: Released = {
  lastRelease: async (tx, serviceId) => {
    const running = await runningEverywhere(tx, serviceId);
    if (running.length === 0) return [];
    const road = await environmentsInOrder(tx);
    const production = new Set(road.filter((one) => one.kind === 'production').map((one) => one.id));
    const order = new Map(road.map((one, index) => [one.id, index]));
    const far = (id: string): number => (production.has(id) ? 1000 : 0) + (order.get(id) ?? 0);
    const [furthest] = running.toSorted((a, b) => far(b.environmentId) - far(a.environmentId));
    return furthest?.artifactDigests ?? [];
  },
};
