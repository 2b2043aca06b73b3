import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { reportBreakGlass, type Act, type ActResult } from '../contract/agent.ts';
import { lineSchema, nameSchema } from '../contract/common.ts';
import type { Client } from '../host/client.http.ts';
import { newId } from '../host/ids.system.ts';
import { slotKey } from './acts.ts';
import { noWayBack } from './agent.problems.ts';
import { loadJson, saveJson } from './files.disk.ts';
import { wayBack } from './slot.ts';
import type { Yardhand } from './yard.work.ts';

export const breakGlassSchema = z.object({ service: nameSchema, environment: nameSchema, reason: lineSchema, operator: lineSchema });
export type BreakGlass = z.infer<typeof breakGlassSchema>;

/**
 * Goes back to the last version that this machine keeps, without the server. The three acts stand in the act log as
 * done by a person, and a report is kept until the server has taken it.
 */
export async function breakGlassRollback(state: string, hand: Yardhand, ask: BreakGlass): Promise<ActResult> {
  const key = slotKey(ask);
  const slot = hand.yard.slots.find(key);
  const target = slot === null ? null : wayBack(slot);
  if (slot === null || target === null) throw noWayBack({ service: ask.service, environment: ask.environment });
  const before = slot.instances.filter((record) => record.wanted === 'up');
  const from = before.find((record) => record.weight > 0) ?? null;
  const deployment = newId('dep');
  const token = Math.max(1, slot.token, hand.log.memory().tokens.get(key) ?? 0);
  const instance = `back-${deployment.slice(-12)}`;
  const act = (order: Act['order']): Act => ({
    act: newId('act'),
    deployment,
    service: ask.service,
    environment: ask.environment,
    token,
    order,
    startWithinMs: 0,
  });
  const { digest, version, release, run, configuration, dependsOn } = target;
  const orders: Act['order'][] = [
    { phase: 'start', instance, digest, version, release: release as `rel_${string}`, run, configuration, dependsOn: [...dependsOn] },
    { phase: 'weigh', weights: [{ instance, weight: 100 }], observe: false },
    { phase: 'stop', instances: before.map((record) => record.instance), drainMs: 5000 },
  ];
  let result: ActResult | null = null;
  let last = newId('act');
  for (const order of orders) {
    const next = act(order);
    result = await hand.perform(next, null, { breakGlass: true });
    last = next.act as typeof last;
    if (result.outcome !== 'succeeded') return result;
  }
  saveJson(join(state, 'break-glass', `${last}.json`), {
    act: last,
    ...ask,
    at: Date.now(),
    from: from === null ? null : { digest: from.digest, release: from.release },
    to: { digest, release },
    slot: hand.picture(key),
  });
  return result as ActResult;
}

/** Tells the server what was done without it, until it has taken it. */
export async function sendBreakGlass(state: string, client: Client, signal: AbortSignal): Promise<void> {
  const folder = join(state, 'break-glass');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.json'))) {
    const report = loadJson(join(folder, name)) as Parameters<typeof reportBreakGlass.body.parse>[0];
    await client.call(reportBreakGlass, { body: reportBreakGlass.body.parse(report) }, { signal, retries: 0 });
    rmSync(join(folder, name));
  }
}
