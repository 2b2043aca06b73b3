import { basename, join } from 'node:path';
import type { Act } from '../contract/agent.ts';
import { newId } from '../host/ids.system.ts';
import { slotKey } from './acts.ts';
import { downOrder, upIn, type DownReport } from './down.ts';
import { socketPath } from './files.disk.ts';
import { MARK } from './instance.process.ts';
import { commandsOf, endGroup, environmentsOf, runs, type ProcessRef } from './proc.linux.ts';
import { builtinRouter } from './router/builtin.process.ts';
import { haproxyRouter } from './router/haproxy.process.ts';
import type { Router } from './router/router.ts';
import type { SlotRecord } from './slot.ts';
import type { Yardhand } from './yard.work.ts';

const DRAIN_MS = 5000;
const GRACE_MS = 5000;

/** The router that runs for this state folder, of whichever kind; where none does, one that has nothing to drain. */
export async function runningRouter(state: string): Promise<Router> {
  for (const router of routersOf(state)) if (await router.alive()) return router;
  const nothing = async (): Promise<void> => undefined;
  return {
    kind: 'builtin',
    start: nothing,
    apply: nothing,
    counted: async () => ({ boot: '', backends: {} }),
    alive: async () => true,
    close: nothing,
    stop: nothing,
  };
}

function routersOf(state: string): Router[] {
  const folder = join(state, 'router');
  return [haproxyRouter(folder, 'haproxy'), builtinRouter(folder)];
}

/**
 * Stops all that this agent runs on its machine: service after service, each without traffic first, asked to end, and
 * ended after a time; then the routers; then what no record names. Each service is an act in the act log, done by a
 * person. What was stopped keeps its files, so that it can be gone back to.
 */
export async function standDown(state: string, hand: Yardhand): Promise<DownReport> {
  const slots: DownReport['slots'][number][] = [];
  for (const together of downOrder(hand.yard.slots.all())) slots.push(...(await Promise.all(together.map((slot) => stopSlot(hand, slot)))));
  for (const router of routersOf(state)) await router.stop();
  const strays = straysOf(state);
  await Promise.all(strays.map((one) => endGroup(one, GRACE_MS)));
  const known = hand.yard.slots.all().flatMap((slot) => slot.instances.map((record) => record.process));
  const left = [...straysOf(state), ...known.filter((one) => one !== null)].filter(runs);
  return { slots, strays: strays.length, left: [...new Set(left.map(({ pid }) => pid))] };
}

async function stopSlot(hand: Yardhand, slot: SlotRecord): Promise<DownReport['slots'][number]> {
  const key = slotKey(slot);
  const instances = upIn(slot);
  const act: Act = {
    act: newId('act'),
    deployment: newId('dep'),
    service: slot.service,
    environment: slot.environment,
    token: Math.max(1, slot.token, hand.log.memory().tokens.get(key) ?? 0),
    order: { phase: 'stop', instances, drainMs: DRAIN_MS },
    startWithinMs: 0,
  };
  const { outcome, detail } = await hand.perform(act, null, { breakGlass: true });
  return { slot: key, instances, outcome, detail };
}

/** Processes of this state folder, on record or not: instances by their mark, routers by what they were started with. */
export function straysOf(state: string): ProcessRef[] {
  const config = join(state, 'router', 'haproxy.cfg');
  const socket = socketPath(join(state, 'router'), 'router.sock');
  const isRouter = (words: readonly string[]): boolean =>
    (basename(words[0] ?? '') === 'haproxy' && words.includes(config)) ||
    (words.some((word) => basename(word).startsWith('builtin.main.')) && words.includes(socket));
  return [...environmentsOf((entry) => entry.startsWith(`${MARK}=${state}:`)), ...commandsOf(isRouter)];
}
