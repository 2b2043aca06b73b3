import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { claimAct, finishAct, getDeployedArtifact, heartbeatAct, sendSamples, type Act } from '../contract/agent.ts';
import { createClient, type Client } from '../host/client.http.ts';
import { randomHex } from '../host/ids.system.ts';
import { Problem } from '../kernel/problem.ts';
import { slotKey } from './acts.ts';
import { keyRefused } from './agent.problems.ts';
import { sendBreakGlass } from './break-glass.work.ts';
import { standDown } from './down.work.ts';
import type { DownReport } from './down.ts';
import { openDoor } from './door.work.ts';
import { identify, lockState } from './identity.disk.ts';
import { tellWhatRuns } from './restored.work.ts';
import { builtinRouter } from './router/builtin.process.ts';
import { findHaproxy, haproxyRouter } from './router/haproxy.process.ts';
import type { Router } from './router/router.ts';
import { sampler } from './sampler.work.ts';
import { openYard, type Yardhand } from './yard.work.ts';

export type AgentOptions = {
  readonly url: string;
  readonly name: string;
  /** Single-use token of the first start; null when the state folder holds a key already. */
  readonly registration: string | null;
  readonly state: string;
  /** `auto`: haproxy where it is installed, else the built-in one. */
  readonly router: 'builtin' | 'haproxy' | 'auto';
  /** Milliseconds between two looks at the traffic. */
  readonly sampleMs?: number;
  readonly say?: (line: string) => void;
};

const SUPERVISE_MS = 1000;
/** Between two reports to a server that came out of a backup. */
const TELL_AGAIN_MS = 1000;
const SAMPLE_MS = 250;

/** The router of the options; throws where haproxy is asked for and isn't there. */
export function chooseRouter(kind: AgentOptions['router'], state: string): Router {
  const binary = kind === 'builtin' ? null : findHaproxy();
  if (kind === 'haproxy' && binary === null) throw new Error('haproxy is not installed on this machine; use --router builtin');
  return binary === null ? builtinRouter(join(state, 'router')) : haproxyRouter(join(state, 'router'), binary);
}

/**
 * Runs an agent until `signal` aborts: claims acts for ever, keeps instances and router up, and sends traffic counts.
 * Ending it, in whatever way, touches no service: the next start adopts what runs.
 */
export async function runAgent(options: AgentOptions, signal: AbortSignal): Promise<void> {
  const say = options.say ?? (() => undefined);
  const release = lockState(options.state);
  try {
    const identity = await identify(options, signal);
    const client = createClient({ url: options.url, credential: identity.key });
    const hand = await openYard(options.state, chooseRouter(options.router, options.state));
    // A person who wants all of this machine stopped ends what is under way here first, so that nothing starts meanwhile.
    const down = new AbortController();
    const stopped = Promise.withResolvers<DownReport>();
    const closeDoor = await openDoor(options.state, hand, say, async () => {
      down.abort(new Error('the agent stands down'));
      return await stopped.promise;
    });
    try {
      say(`agent ${options.name} is ready (${hand.yard.router.kind})`);
      await serve(options, client, hand, AbortSignal.any([signal, down.signal]), say);
      if (down.signal.aborted) await standDown(options.state, hand).then(stopped.resolve, stopped.reject);
    } finally {
      await closeDoor();
      await hand.close();
    }
  } finally {
    release();
  }
}

/** All that goes on side by side until `signal` aborts; where one can't go on, the others end too. */
async function serve(
  options: AgentOptions,
  client: Client,
  hand: Yardhand,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const works = [
    claims(options.state, client, hand, stop, say),
    every(SUPERVISE_MS, stop, say, () => hand.supervise()),
    every(SUPERVISE_MS, stop, say, () => sendBreakGlass(options.state, client, stop)),
    traffic(options.sampleMs ?? SAMPLE_MS, client, hand, stop, say),
  ];
  await Promise.all(works.map((work) => work.catch((error: unknown) => failed.abort(error))));
  if (failed.signal.aborted && !signal.aborted) throw failed.signal.reason;
}

/** Asks for acts for ever; each runs beside the next question, and acts of one slot wait for each other. */
async function claims(state: string, client: Client, hand: Yardhand, signal: AbortSignal, say: (line: string) => void): Promise<void> {
  const session = randomHex(16);
  const doing = new Map<string, Promise<void>>();
  let failures = 0;
  while (!signal.aborted) {
    try {
      const { act, leaseMs, tell } = await client.call(
        claimAct,
        { body: { session, doing: [...doing.keys()], waitMs: 20_000 } },
        { signal, retries: 0 },
      );
      failures = 0;
      if (tell != null) {
        await tellWhatRuns(state, client, hand, tell, signal);
        await pause(TELL_AGAIN_MS, signal);
      }
      if (act === null || doing.has(act.act)) continue;
      const work = oneAct(client, hand, act, session, leaseMs, signal, say).finally(() => doing.delete(act.act));
      doing.set(act.act, work);
    } catch (error) {
      if (signal.aborted) break;
      // Services go on; only a person can make this agent known again.
      if (error instanceof Problem && error.status === 401) throw keyRefused({ url: client.url, code: error.code });
      failures += 1;
      if (failures === 1) say(`the server can't be asked for work: ${error instanceof Error ? error.message : String(error)}`);
      await pause(Math.min(5000, 100 * 2 ** Math.min(failures, 6)) * (0.5 + Math.random()), signal);
    }
  }
  await Promise.allSettled(doing.values());
}

async function oneAct(
  client: Client,
  hand: Yardhand,
  act: Act,
  session: string,
  leaseMs: number,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  const ended = new AbortController();
  const beat = every(
    Math.max(200, leaseMs / 3),
    AbortSignal.any([signal, ended.signal]),
    () => undefined,
    async () => {
      await client.call(heartbeatAct, { params: { act: act.act }, body: { token: act.token, session } }, { retries: 0, timeoutMs: 5000 });
    },
  );
  const fetch = async (): Promise<ReadableStream<Uint8Array>> =>
    (await client.call(getDeployedArtifact, { params: { act: act.act } })).stream;
  const result = await hand.perform(act, fetch);
  say(`${act.order.phase} ${act.environment}/${act.service}: ${result.outcome}, ${result.detail}`);
  ended.abort();
  await beat;
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      await client.call(finishAct, { params: { act: act.act }, body: { token: act.token, result } }, { signal });
      return;
    } catch (error) {
      // The server knows better: the act was resolved otherwise. Its log stays as it is.
      if (error instanceof Problem && error.status >= 400 && error.status < 500 && error.status !== 429)
        return say(`${act.act}: ${error.sentence}`);
      await pause(Math.min(5000, 200 * 2 ** Math.min(attempt, 5)), signal);
    }
  }
}

async function traffic(ms: number, client: Client, hand: Yardhand, signal: AbortSignal, say: (line: string) => void): Promise<void> {
  const eyes = sampler(hand.yard.slots, hand.yard.router);
  await every(ms, signal, say, async () => {
    for (const { deployment, samples } of await eyes.sample(Date.now())) {
      // Not tried again: the next interval is more news than this one, and a gap is seen as a gap.
      const { observe } = await client.call(
        sendSamples,
        { params: { deployment }, body: { samples: [...samples] } },
        { signal, retries: 1, timeoutMs: 3000 },
      );
      if (!observe) await forget(hand, deployment);
    }
  });
}

async function every(ms: number, signal: AbortSignal, say: (line: string) => void, work: () => Promise<void>): Promise<void> {
  let failing = false;
  while (!signal.aborted) {
    const began = performance.now();
    try {
      await work();
      failing = false;
    } catch (error) {
      if (!failing && !signal.aborted) say(error instanceof Error ? error.message : String(error));
      failing = true;
    }
    await pause(Math.max(10, ms - (performance.now() - began)), signal);
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}

/** The deployment is over: nobody asks for its counts any more. */
async function forget(hand: Yardhand, deployment: string): Promise<void> {
  for (const slot of hand.yard.slots.all().filter((one) => one.observe === deployment)) {
    await hand.alone(slotKey(slot), async () => {
      const now = hand.yard.slots.find(slotKey(slot));
      if (now?.observe === deployment) hand.yard.slots.save({ ...now, observe: null });
    });
  }
}
