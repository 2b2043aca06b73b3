import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { slotKey } from './acts.ts';
import { loadJson, saveJson } from './files.disk.ts';
import { freePort } from './instance.process.ts';
import type { Front } from './router/router.ts';
import type { SlotRecord } from './slot.ts';

/** The slots of this machine, each a file; every change is on the disk before it is acted on. */
export type Slots = {
  all(): readonly SlotRecord[];
  find(key: string): SlotRecord | null;
  save(slot: SlotRecord): SlotRecord;
  /** The slot, made with a free front port, which it keeps for ever, where there is none yet. */
  ensure(service: string, environment: string): Promise<SlotRecord>;
};

/** Opens the slots under `folder`. */
export function openSlots(folder: string): Slots {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const slots = new Map<string, SlotRecord>();
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
    const slot = loadJson(join(folder, name)) as SlotRecord;
    slots.set(slotKey(slot), slot);
  }
  const save = (slot: SlotRecord): SlotRecord => {
    saveJson(join(folder, `${slot.environment}__${slot.service}.json`), slot);
    slots.set(slotKey(slot), slot);
    return slot;
  };
  return {
    all: () => [...slots.values()],
    find: (key) => slots.get(key) ?? null,
    save,
    async ensure(service, environment) {
      const there = slots.get(slotKey({ service, environment }));
      if (there !== undefined) return there;
      const frontPort = await freePort();
      return save({ service, environment, frontPort, token: 0, observe: null, instances: [] });
    },
  };
}

/** What the router shall do for these slots. A starting instance has no port yet and stands behind no front. */
export function frontsOf(slots: readonly SlotRecord[]): Front[] {
  return slots.map((slot) => ({
    key: slotKey(slot),
    port: slot.frontPort,
    backends: slot.instances
      .filter((record) => record.wanted === 'up' && record.process !== null)
      .map((record) => ({ name: record.instance, port: record.port, weight: record.weight })),
  }));
}
