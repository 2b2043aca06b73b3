import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Act, Order } from '../contract/agent.ts';
import { slotKey } from './acts.ts';
import { unpackArtifact, type Fetch } from './artifact.disk.ts';
import { endInstance, environmentOf, freePort, healthy, launch, MARK, markOf, ready } from './instance.process.ts';
import { runs } from './proc.linux.ts';
import type { Router } from './router/router.ts';
import { runSmoke } from './smoke.process.ts';
import { findInstance, prune, withInstance, withWeights, type InstanceRecord, type SlotRecord } from './slot.ts';
import { routeNow } from './routing.work.ts';
import type { Slots } from './slots.disk.ts';

/** What orders are carried out with. */
export type Yard = { readonly state: string; readonly slots: Slots; readonly router: Router };

/** How an order ended; `ok: false` is told to the server as failed, a thrown error too. */
export type Done = { readonly ok: boolean; readonly detail: string };

/** How long a service has between being asked to end and being ended. */
const GRACE_MS = 5000;

type Of<Phase extends Order['phase']> = Extract<Order, { phase: Phase }>;

/** Carries out one order. Each says what shall be, so that carrying it out again after a crash comes to the same. */
export async function carryOut(yard: Yard, act: Act, fetch: Fetch | null): Promise<Done> {
  const slot = await yard.slots.ensure(act.service, act.environment);
  const { order } = act;
  switch (order.phase) {
    case 'start':
      return await start(yard, slot, act, order, fetch);
    case 'weigh':
      return await weigh(yard, slot, act, order);
    case 'check':
      return await check(slot, order);
    case 'smoke':
      return await smoke(slot, order);
    case 'stop':
      return await stop(yard, slot, order);
    case 'inspect':
      return { ok: true, detail: 'looked' };
  }
}

async function start(yard: Yard, slot: SlotRecord, act: Act, order: Of<'start'>, fetch: Fetch | null): Promise<Done> {
  const there = findInstance(slot, order.instance);
  if (there !== null && there.wanted === 'up' && there.digest === order.digest && runs(there.process)) {
    const health = await healthy(there.port, there.run.health);
    if (health.ok) return { ok: true, detail: `${order.instance} already runs on port ${there.port}` };
  }
  // What a crash between start and record left behind ends first: one name, one process.
  await endInstance(slot, there ?? { instance: order.instance, process: null }, yard.state, GRACE_MS);
  const folder = join(yard.state, 'instances', slot.environment, slot.service, order.instance, 'app');
  await unpackArtifact(join(yard.state, 'artifacts'), order.digest as `sha256:${string}`, fetch, folder);
  const record: InstanceRecord = {
    instance: order.instance,
    deployment: act.deployment,
    digest: order.digest as `sha256:${string}`,
    version: order.version,
    release: order.release,
    run: order.run,
    configuration: order.configuration,
    dependsOn: order.dependsOn,
    folder,
    port: await freePort(),
    process: null,
    weight: 0,
    wanted: 'up',
    served: false,
    restarts: 0,
  };
  return await bringUp(yard, slotKey(slot), record);
}

/** Starts the process of `record`, waits until it is healthy, and puts it behind its front with the weight it has. */
export async function bringUp(yard: Yard, key: string, record: InstanceRecord): Promise<Done> {
  const slot = yard.slots.find(key);
  if (slot === null) throw new Error(`no slot ${key}`);
  const began = performance.now();
  const env = environmentOf(record.run, record.port, {
    ...record.configuration,
    ...addresses(yard, slot.environment, record.dependsOn),
    YARDMASTER_SERVICE: slot.service,
    YARDMASTER_ENVIRONMENT: slot.environment,
    YARDMASTER_VERSION: record.version,
    YARDMASTER_RELEASE: record.release,
    [MARK]: markOf(slot, record.instance, yard.state),
  });
  const process = launch(record.folder, record.run, env);
  const why = await ready(process, record.port, record.run);
  const now = yard.slots.find(key) ?? slot;
  if (why !== null) {
    await endInstance(now, { instance: record.instance, process }, yard.state, GRACE_MS);
    return { ok: false, detail: `${record.instance} (${record.version}): ${why}` };
  }
  yard.slots.save(withInstance(now, { ...record, process }));
  await routeNow(yard);
  return {
    ok: true,
    detail: `${record.instance} (${record.version}) runs on port ${record.port}, healthy after ${Math.round(performance.now() - began)} ms`,
  };
}

/** `SERVICE_URL_PAYMENT_API=http://127.0.0.1:PORT` for each dependency that has a front here. */
function addresses(yard: Yard, environment: string, dependsOn: readonly string[]): Record<string, string> {
  const env: Record<string, string> = {};
  for (const service of dependsOn) {
    const slot = yard.slots.find(slotKey({ service, environment }));
    if (slot !== null) env[`SERVICE_URL_${service.toUpperCase().replaceAll('-', '_')}`] = `http://127.0.0.1:${slot.frontPort}`;
  }
  return env;
}

async function weigh(yard: Yard, slot: SlotRecord, act: Act, order: Of<'weigh'>): Promise<Done> {
  const missing = order.weights.filter(({ instance, weight }) => weight > 0 && !runs(findInstance(slot, instance)?.process ?? null));
  if (missing.length > 0)
    return { ok: false, detail: `no traffic for what does not run: ${missing.map((one) => one.instance).join(', ')}` };
  yard.slots.save({
    ...withWeights(slot, order.weights),
    token: Math.max(slot.token, act.token),
    observe: order.observe ? act.deployment : null,
  });
  await routeNow(yard);
  return { ok: true, detail: order.weights.map(({ instance, weight }) => `${instance} ${weight} %`).join(', ') || 'no traffic' };
}

async function check(slot: SlotRecord, order: Of<'check'>): Promise<Done> {
  const record = findInstance(slot, order.instance);
  if (record === null || !runs(record.process)) return { ok: false, detail: `${order.instance} does not run` };
  const health = await healthy(record.port, record.run.health);
  return { ok: health.ok, detail: `${order.instance}: ${health.why}` };
}

async function smoke(slot: SlotRecord, order: Of<'smoke'>): Promise<Done> {
  const record = findInstance(slot, order.instance);
  if (record === null || !runs(record.process)) return { ok: false, detail: `${order.instance} does not run` };
  const env = environmentOf(record.run, record.port, { ...record.configuration, URL: `http://127.0.0.1:${record.port}` });
  return await runSmoke(record.folder, order.command, env, order.timeoutMs);
}

async function stop(yard: Yard, slot: SlotRecord, order: Of<'stop'>): Promise<Done> {
  const going = slot.instances.filter((record) => order.instances.includes(record.instance) && record.wanted === 'up');
  if (going.length === 0) return { ok: true, detail: 'nothing of that runs' };
  const without = slot.instances.map((record) => (going.includes(record) ? { ...record, weight: 0 } : record));
  yard.slots.save({ ...slot, instances: without });
  await routeNow(yard);
  await drain(yard.router, slotKey(slot), order.instances, order.drainMs);
  for (const record of going) await endInstance(slot, record, yard.state, GRACE_MS);
  const now = yard.slots.find(slotKey(slot)) ?? slot;
  const { slot: kept, gone } = prune({
    ...now,
    instances: now.instances.map((record) =>
      order.instances.includes(record.instance) ? { ...record, weight: 0, wanted: 'down' as const, process: null } : record,
    ),
  });
  yard.slots.save(kept);
  await routeNow(yard);
  for (const record of gone) rmSync(dirname(record.folder), { recursive: true, force: true });
  return { ok: true, detail: `stopped ${going.map((record) => record.instance).join(', ')}` };
}

/** Waits until nothing is being answered by `names` any more, `drainMs` at most. */
async function drain(router: Router, front: string, names: readonly string[], drainMs: number): Promise<void> {
  const until = performance.now() + drainMs;
  while (performance.now() < until) {
    const { backends } = await router.counted(front);
    if (names.every((name) => (backends[name]?.active ?? 0) === 0)) return;
    await new Promise((wake) => setTimeout(wake, 50));
  }
}
