import type { Sample } from '../contract/agent.ts';
import { slotKey } from './acts.ts';
import { difference, type Counted, type Router } from './router/router.ts';
import type { Slots } from './slots.disk.ts';

export type Batch = { readonly deployment: string; readonly samples: readonly Sample[] };

/** The last look at one observed slot. */
type Look = { readonly at: number; readonly deployment: string; readonly counted: Counted };

/**
 * Turns the router's counters into intervals, for the slots that a deployment observes. Call it every interval; the
 * first look and the first after a router's restart give nothing, because there is nothing to subtract from.
 */
export function sampler(slots: Slots, router: Router): { sample(nowMs: number): Promise<Batch[]> } {
  const looks = new Map<string, Look>();
  return {
    async sample(nowMs) {
      const batches: Batch[] = [];
      for (const slot of slots.all()) {
        const key = slotKey(slot);
        const before = looks.get(key);
        if (slot.observe === null) {
          looks.delete(key);
          continue;
        }
        const now: Look = { at: Math.max(nowMs, (before?.at ?? 0) + 1), deployment: slot.observe, counted: await router.counted(key) };
        looks.set(key, now);
        if (before === undefined || before.deployment !== now.deployment) continue;
        const samples = slot.instances
          .filter((record) => record.wanted === 'up')
          .flatMap((record) => sampleOf(record.instance, before, now));
        if (samples.length > 0) batches.push({ deployment: slot.observe, samples });
      }
      return batches;
    },
  };
}

function sampleOf(instance: string, before: Look, now: Look): Sample[] {
  const counts = difference(before.counted, now.counted, instance);
  if (counts === null) return [];
  return [
    {
      instance,
      seq: now.at,
      from: before.at,
      to: now.at,
      requests: counts.requests,
      errors: counts.classes['5xx'] + counts.classes.none,
      classes: counts.classes,
      latency: counts.latency === null ? null : [...counts.latency],
    },
  ];
}
