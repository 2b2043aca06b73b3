import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { claimAct, finishAct, type Act, type SlotPicture } from '../../src/contract/agent.ts';
import { createClient } from '../../src/host/client.http.ts';

/** Plays an agent over HTTP: every act succeeds at once, and what it says runs is what it was told to start. */
export async function playAgent(url: string, key: string, signal: AbortSignal): Promise<void> {
  const client = createClient({ url, credential: key });
  const session = randomBytes(8).toString('hex');
  const slots = new Map<string, SlotPicture>();
  while (!signal.aborted) {
    try {
      const how = { retries: 0, idempotencyKey: null, signal };
      const { act } = await client.call(claimAct, { body: { session, doing: [], waitMs: 5000 } }, how);
      if (act === null) continue;
      const slot = after(slots.get(slotOf(act)) ?? emptySlot(act), act);
      slots.set(slotOf(act), slot);
      const result = { outcome: 'succeeded' as const, detail: `${act.order.phase} done`, tookMs: 1, slot };
      await client.call(finishAct, { params: { act: act.act }, body: { token: act.token, result } }, how);
    } catch {
      await sleep(100);
    }
  }
}

const slotOf = (act: Act): string => `${act.service} in ${act.environment}`;

function emptySlot({ service, environment }: Act): SlotPicture {
  return { service, environment, frontPort: 4000, router: 'builtin', token: 0, instances: [] };
}

function after(slot: SlotPicture, { token, order }: Act): SlotPicture {
  const next = { ...slot, token };
  if (order.phase === 'start') {
    const { instance, digest, version, release } = order;
    const others = slot.instances.filter((one) => one.instance !== instance);
    return { ...next, instances: [...others, { instance, digest, version, release, state: 'up', weight: 0, port: 4001, pid: 1 }] };
  }
  if (order.phase === 'weigh') {
    const weights = new Map(order.weights.map(({ instance, weight }) => [instance, weight]));
    return { ...next, instances: slot.instances.map((one) => ({ ...one, weight: weights.get(one.instance) ?? 0 })) };
  }
  if (order.phase === 'stop') return { ...next, instances: slot.instances.filter((one) => !order.instances.includes(one.instance)) };
  return next;
}
