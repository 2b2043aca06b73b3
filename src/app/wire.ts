import { makeGate } from '../identity/gate.api.ts';
import { identityRoutes } from '../identity/identity.routes.ts';
import type { Floor } from '../platform/floor.ts';
import type { AccessGate } from '../platform/http/gate.port.ts';
import type { Mounted } from '../platform/http/handler.ts';
import type { Work } from '../platform/jobs/worker.system.ts';

export type Wired = {
  readonly routes: readonly Mounted[];
  readonly gate: AccessGate;
  readonly work: Work;
  /** What runs beside requests and jobs: the sequencer, pollers, log writers. */
  start(floor: Floor): { stop(): Promise<void> };
};

/** Joins the slices: the only place that knows them all. */
export function wire(_floor: Floor): Wired {
  return {
    routes: [...identityRoutes],
    gate: makeGate({ machines: [], resolvers: {}, servicesIn: async () => new Set() }),
    work: { tasks: [], reactions: [], sweepers: [] },
    start: () => ({ stop: async () => undefined }),
  };
}
