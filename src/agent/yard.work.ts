import { dirname, join } from 'node:path';
import type { Act, ActResult, SlotPicture } from '../contract/agent.ts';
import { turnOver } from '../host/bounded.disk.ts';
import { openActLog, type ActLog } from './acts.disk.ts';
import { admit, slotKey } from './acts.ts';
import type { Fetch } from './artifact.disk.ts';
import { endInstance } from './instance.process.ts';
import { bringUp, carryOut, type Yard } from './orders.work.ts';
import { runs } from './proc.linux.ts';
import type { Router } from './router/router.ts';
import { pictureOf, type SlotRecord } from './slot.ts';
import { keepRouterUp } from './routing.work.ts';
import { frontsOf, openSlots } from './slots.disk.ts';

/** What an agent does on its machine, without any server: acts, one at a time per slot, each in its own log. */
export type Yardhand = {
  readonly yard: Yard;
  readonly log: ActLog;
  /** Carries out an act, or answers what it answered before. Never throws: a failure is a result. */
  perform(act: Act, fetch: Fetch | null, options?: { readonly breakGlass?: boolean }): Promise<ActResult>;
  picture(key: string): SlotPicture | null;
  /** One look after everything: router up, wanted instances up. */
  supervise(): Promise<void>;
  /** Runs `work` while no act of the slot is going on. */
  alone<Result>(key: string, work: () => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
};

/** Opens the state folder, adopts what runs, and brings the router up. Nothing that serves is touched. */
export async function openYard(state: string, router: Router): Promise<Yardhand> {
  const log = openActLog(state);
  const yard: Yard = { state, slots: openSlots(join(state, 'slots')), router };
  await router.start(frontsOf(yard.slots.all()));
  const queues = new Map<string, Promise<unknown>>();
  const restarts = new Map<string, number>();

  const alone = async <Result>(key: string, work: () => Promise<Result>): Promise<Result> => {
    const before = queues.get(key) ?? Promise.resolve();
    const turn = before.then(work, work);
    queues.set(
      key,
      turn.catch(() => undefined),
    );
    return await turn;
  };
  const picture = (key: string): SlotPicture | null => {
    const slot = yard.slots.find(key);
    return slot === null ? null : pictureOf(slot, router.kind, (record) => runs(record.process));
  };

  const perform: Yardhand['perform'] = (act, fetch, options = {}) => {
    // Measured on this machine's steady clock from the moment the act came in.
    const deadline = performance.now() + act.startWithinMs;
    return alone(slotKey(act), () => performAlone({ yard, log, picture }, act, fetch, deadline, options.breakGlass ?? false));
  };

  return {
    yard,
    log,
    perform,
    picture,
    alone,
    async supervise() {
      await keepRouterUp(yard);
      boundLogs(yard.slots.all());
      await Promise.all(yard.slots.all().map((slot) => alone(slotKey(slot), () => revive(yard, slot, restarts))));
    },
    async close() {
      await Promise.allSettled(queues.values());
      log.close();
      await router.close();
    },
  };
}

/** Services write as much as they like; of each two files of this size are kept at most. */
const LOG_BYTES = 16 * 1024 ** 2;

function boundLogs(slots: readonly SlotRecord[]): void {
  for (const { folder } of slots.flatMap((slot) => slot.instances)) turnOver(join(dirname(folder), 'instance.log'), LOG_BYTES);
}

type Hands = Pick<Yardhand, 'yard' | 'log' | 'picture'>;

/** One act, while no other of its slot goes on: asked of the log first, begun in the log, done, ended in the log. */
async function performAlone(
  { yard, log, picture }: Hands,
  act: Act,
  fetch: Fetch | null,
  deadline: number,
  breakGlass: boolean,
): Promise<ActResult> {
  const admitted = admit(log.memory(), act);
  if (admitted.kind === 'repeat') return admitted.result;
  const began = performance.now();
  const result = (outcome: ActResult['outcome'], detail: string): ActResult => ({
    outcome,
    detail: detail.slice(0, 4000),
    tookMs: Math.round(performance.now() - began),
    slot: picture(slotKey(act)),
  });
  if (admitted.kind === 'stale') {
    const refused = result('refused', `the fencing token ${act.token} is older than ${admitted.seen}, which this machine has seen`);
    log.refused(act, refused);
    return refused;
  }
  // What was begun before a crash is ended; only what was never begun needs leave.
  const begun = log.memory().open.has(act.act);
  if (!begun && !breakGlass && began > deadline) return result('expired', 'what allowed it had run out before it could begin');
  log.begin(act, breakGlass);
  const done = await carryOut(yard, act, fetch).catch((error: unknown) => ({
    ok: false,
    detail: error instanceof Error ? error.message : String(error),
  }));
  const ended = result(done.ok ? 'succeeded' : 'failed', done.detail);
  log.end(act, ended, breakGlass);
  return ended;
}

/** Starts wanted instances again that ended by themselves, more slowly each time. */
async function revive(yard: Yard, before: SlotRecord, restarts: Map<string, number>): Promise<void> {
  const key = slotKey(before);
  for (const record of yard.slots.find(key)?.instances ?? []) {
    if (record.wanted !== 'up' || record.process === null || runs(record.process)) continue;
    const name = `${key}/${record.instance}`;
    const now = performance.now();
    if (now < (restarts.get(name) ?? 0)) continue;
    restarts.set(name, now + Math.min(60_000, 500 * 2 ** Math.min(record.restarts, 10)));
    await endInstance(before, record, yard.state, 1000);
    const slot = yard.slots.find(key) ?? before;
    const next = { ...record, restarts: record.restarts + 1 };
    yard.slots.save({ ...slot, instances: slot.instances.map((one) => (one.instance === record.instance ? next : one)) });
    await bringUp(yard, key, next).catch(() => undefined);
  }
}
