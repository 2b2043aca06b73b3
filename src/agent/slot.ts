import type { AgentRun, SlotPicture } from '../contract/agent.ts';

/** One started copy of a service, as the agent keeps it on its disk. */
export type InstanceRecord = {
  readonly instance: string;
  readonly deployment: string;
  readonly digest: `sha256:${string}`;
  readonly version: string;
  readonly release: string;
  readonly run: AgentRun;
  readonly configuration: Readonly<Record<string, string>>;
  readonly dependsOn: readonly string[];
  /** Where it is unpacked. */
  readonly folder: string;
  readonly port: number;
  readonly process: { readonly pid: number; readonly startedAt: string } | null;
  readonly weight: number;
  /** `up`: the agent keeps it running. `down`: it was stopped; its files are kept for a way back. */
  readonly wanted: 'up' | 'down';
  /** It had weight once: it can be gone back to. */
  readonly served: boolean;
  readonly restarts: number;
};

/** What the agent keeps for one (service, environment). */
export type SlotRecord = {
  readonly service: string;
  readonly environment: string;
  readonly frontPort: number;
  readonly token: number;
  /** The deployment that wants traffic counts. */
  readonly observe: string | null;
  readonly instances: readonly InstanceRecord[];
};

/** How many stopped instances keep their files, so that a person can go back without the server. */
export const KEPT_DOWN = 3;

export function findInstance(slot: SlotRecord, name: string): InstanceRecord | null {
  return slot.instances.find((instance) => instance.instance === name) ?? null;
}

/** The slot with this instance added, or replaced where one of its name is there. */
export function withInstance(slot: SlotRecord, record: InstanceRecord): SlotRecord {
  const others = slot.instances.filter((instance) => instance.instance !== record.instance);
  return { ...slot, instances: [...others, record] };
}

/** The slot with exactly these weights; who is not named has none. */
export function withWeights(slot: SlotRecord, weights: readonly { readonly instance: string; readonly weight: number }[]): SlotRecord {
  const wanted = new Map(weights.map(({ instance, weight }) => [instance, weight]));
  return {
    ...slot,
    instances: slot.instances.map((record) => {
      const weight = record.wanted === 'up' ? (wanted.get(record.instance) ?? 0) : 0;
      return { ...record, weight, served: record.served || weight > 0 };
    }),
  };
}

/** What to keep and what to delete of the stopped instances: the newest that served stay. */
export function prune(slot: SlotRecord): { readonly slot: SlotRecord; readonly gone: readonly InstanceRecord[] } {
  const down = slot.instances.filter((instance) => instance.wanted === 'down');
  const kept = new Set(down.filter((instance) => instance.served).slice(-KEPT_DOWN));
  const gone = down.filter((instance) => !kept.has(instance));
  return { slot: { ...slot, instances: slot.instances.filter((instance) => !gone.includes(instance)) }, gone };
}

/** The stopped instance to go back to without the server: the last one that served and isn't what runs now. */
export function wayBack(slot: SlotRecord): InstanceRecord | null {
  const running = slot.instances.filter((instance) => instance.wanted === 'up' && instance.weight > 0).map((instance) => instance.digest);
  return slot.instances.findLast((instance) => instance.wanted === 'down' && instance.served && !running.includes(instance.digest)) ?? null;
}

/** What is told to the server. `alive` says of each instance whether its process runs. */
export function pictureOf(slot: SlotRecord, router: SlotPicture['router'], alive: (record: InstanceRecord) => boolean): SlotPicture {
  return {
    service: slot.service,
    environment: slot.environment,
    frontPort: slot.frontPort,
    router,
    token: slot.token,
    instances: slot.instances
      .filter((record) => record.wanted === 'up' && record.process !== null)
      .map((record) => ({
        instance: record.instance,
        digest: record.digest,
        version: record.version,
        release: record.release,
        state: alive(record) ? ('up' as const) : ('down' as const),
        weight: record.weight,
        port: record.port,
        pid: record.process?.pid ?? 0,
      })),
  };
}
