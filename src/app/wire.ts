import { environmentByName, servicesIn } from '../catalog/catalog.queries.ts';
import { EXPORTS } from '../contract/exports.ts';
import { agentLogin } from '../deployments/agents.queries.ts';
import { makeGate } from '../identity/gate.api.ts';
import { runnerLogin } from '../pipelines/runners/register.commands.ts';
import type { Floor } from '../platform/floor.ts';
import { withExports } from '../platform/http/csv.ts';
import { startSending } from '../integrations/hooks/send.work.ts';
import type { AccessGate } from '../platform/http/gate.port.ts';
import type { Mounted } from '../platform/http/handler.ts';
import type { Work } from '../platform/jobs/worker.system.ts';
import { keepNode } from '../platform/keys/node.system.ts';
import { startTaking } from '../platform/hooks/take.work.ts';
import { startSequencer } from '../platform/ledger/sequencer.system.ts';
import { reactions } from './flow.ts';
import { resolvers } from './resolvers.ts';
import { tidyDisk } from './tidy.system.ts';
import { slices, takers } from './slices.ts';

export type Wired = {
  readonly routes: readonly Mounted[];
  readonly gate: AccessGate;
  readonly work: Work;
  /** What runs beside requests and jobs. */
  start(floor: Floor, version: string): { stop(): Promise<void> };
};

/** Joins the slices: together with slices.ts and flow.ts the only place that knows them all. */
export function wire(): Wired {
  return {
    routes: withExports(
      slices.flatMap((slice) => slice.routes),
      EXPORTS,
    ),
    gate: makeGate({
      machines: [runnerLogin, agentLogin],
      resolvers,
      servicesIn,
      isProduction: async (tx, name) => ((await environmentByName(tx, name))?.kind ?? 'production') === 'production',
    }),
    work: { tasks: slices.flatMap((slice) => slice.tasks), reactions, sweepers: slices.flatMap((slice) => slice.sweepers) },
    start: (floor, version) => {
      const parts = [startSequencer(floor), keepNode(floor, version), tidyDisk(floor), startTaking(floor, takers), startSending(floor)];
      return { stop: async () => void (await Promise.all(parts.map((part) => part.stop()))) };
    },
  };
}
