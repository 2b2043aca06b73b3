import { slotKey } from './acts.ts';
import type { SlotRecord } from './slot.ts';

/** What `yardmaster agent down` did, or would do. */
export type DownReport = {
  readonly slots: readonly {
    readonly slot: string;
    readonly instances: readonly string[];
    readonly outcome: string;
    readonly detail: string;
  }[];
  /** Processes that were found besides those on record, and ended. */
  readonly strays: number;
  /** Processes of this agent that could not be ended. */
  readonly left: readonly number[];
};

/** The instances of a slot that are meant to run. */
export function upIn(slot: SlotRecord): string[] {
  return slot.instances.filter((record) => record.wanted === 'up').map((record) => record.instance);
}

/**
 * The slots with something that runs, in the order to stop them: who asks others before who is asked, so that nobody is
 * left calling a service that is gone. Those of one list may stop together; a circle stops with all it asks.
 */
export function downOrder(slots: readonly SlotRecord[]): (readonly SlotRecord[])[] {
  let rest = slots.filter((slot) => upIn(slot).length > 0);
  const order: (readonly SlotRecord[])[] = [];
  while (rest.length > 0) {
    const asked = new Set(rest.flatMap(askedBy));
    const free = rest.filter((slot) => !asked.has(slotKey(slot)));
    const next = free.length > 0 ? free : rest;
    order.push(next);
    rest = rest.filter((slot) => !next.includes(slot));
  }
  return order;
}

function askedBy(slot: SlotRecord): string[] {
  const services = slot.instances.filter((record) => record.wanted === 'up').flatMap((record) => record.dependsOn);
  return services.filter((service) => service !== slot.service).map((service) => slotKey({ service, environment: slot.environment }));
}
