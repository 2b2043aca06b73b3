import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeInstance, type Instance } from '../bench/support/instance.ts';
import { FORGE_BASES } from '../src/integrations/forges/speak.fixture.ts';
import {
  differences,
  keyOf,
  lastFresh,
  move,
  orderOf,
  requestOf,
  type SeenHere,
  type Sending,
  type Subject,
} from '../src/testing/forges/orders.ts';
import { pathsOf, recordings, type Recording } from '../src/testing/forges/recordings.ts';
import { startForgeWorld, type ForgeWorld } from '../src/testing/forges/world.ts';
import { randomOf, type Random } from './road/random.ts';

/**
 * Every recorded webhook of every forge, sent 1 to 5 times in an order of the seed, by the whole road: the door of a real
 * server, its database, what reads payloads, its jobs, and a forge that each of them asks over HTTP and git. What is true at
 * the forge changes just before the last event about it, and answers overtake each other. In the end everything here is
 * as it is there: every merge request with its people, every protected branch, a run of every head; no delivery is
 * left or parked, and nothing was polled.
 */
const VENDORS = ['github', 'gitlab', 'bitbucket', 'bitbucket-server', 'gitea', 'azure'];
const WAIT_MS = 600_000;
const AT_ONCE = 6;

type Setting = {
  readonly instance: Instance;
  readonly folder: string;
  readonly worlds: ReadonlyMap<string, ForgeWorld>;
  readonly hooks: ReadonlyMap<string, { readonly path: string; readonly hook: string; readonly secret: string }>;
  /** The service of a repository, by vendor and lower-case path. */
  readonly services: ReadonlyMap<string, string>;
  readonly recordings: readonly Recording[];
  /** What some seed moved so far. */
  readonly moved: Map<string, Subject>;
};

let setting: Setting | null = null;
let begun: Instance | null = null;
let random: Random = randomOf(0);

export const campaign = {
  name: 'forge-orders',
  async run(seed: number): Promise<void> {
    random = randomOf(seed);
    const began = performance.now();
    const here = (setting ??= await begin().catch(stopped));
    const ready = performance.now();
    const sendings = orderOf(here.recordings, seed, random);
    await sendAll(here, sendings, lastFresh(sendings));
    const sent = performance.now();
    const looked = await settled(here);
    const taken = performance.now();
    const wrong = await untilRight(here);
    if (wrong.length > 0) throw new Error(`${wrong.length} are not as the forge says:\n  ${wrong.slice(0, 12).join('\n  ')}`);
    process.stdout.write(
      `  ${sendings.length} deliveries of ${here.recordings.length} payloads, ${looked} looked at something; ` +
        `${here.moved.size} things moved at the forges; ${[...here.worlds.values()].reduce((sum, world) => sum + world.asked(), 0)} questions so far; s: ready ${secs(ready - began)}, sent ${secs(sent - ready)}, taken ${secs(taken - sent)}, right ${secs(performance.now() - taken)}\n`,
    );
  },
  async end(): Promise<void> {
    await setting?.instance.close();
    for (const world of setting?.worlds.values() ?? []) await world.close();
    if (setting !== null) rmSync(setting.folder, { recursive: true, force: true });
    setting = null;
  },
};

const secs = (ms: number): string => (ms / 1000).toFixed(1);

/** What was begun of a setting that could not be made goes with it. */
async function stopped(error: unknown): Promise<never> {
  await begun?.close();
  throw error;
}

async function begin(): Promise<Setting> {
  const all = recordings();
  if (all.length === 0) throw new Error('the corpus of recorded webhooks is not there (YARDMASTER_CORPUS)');
  // In a sample: all of the forges that send few, and what moves something of the others.
  const chosen = process.env['CAMPAIGN_BRIEF'] === '1' ? all.filter((one, at) => one.looks.length > 0 && at % 4 === 0) : all;
  const folder = mkdtempSync(join(tmpdir(), 'ym-forges-'));
  const instance = (begun = await makeInstance({
    YARDMASTER_EGRESS_ALLOW: '127.0.0.1',
    YARDMASTER_TRUSTED_PROXIES: '127.0.0.1',
    YARDMASTER_LIMITS: 'hook=100000000',
    YARDMASTER_POLL_MS: '3600000',
  }));
  const worlds = new Map<string, ForgeWorld>();
  const services = new Map<string, string>();
  const lines: string[] = [];
  for (const vendor of VENDORS) {
    const world = await startForgeWorld(vendor, join(folder, vendor), () => random.pick(40));
    worlds.set(vendor, world);
    const paths = pathsOf(all.filter((one) => one.vendor === vendor));
    for (const [lower, path] of paths) {
      const name = `${vendor}-${services.size + 1}`;
      services.set(`${vendor} ${lower}`, name);
      lines.push(`  ${name}: {team: crew, tier: 3, repository: {url: ${JSON.stringify(world.address(path))}, branch: main}}`);
    }
  }
  const text = `teams: {crew: {title: Crew}}\nservices:\n${lines.join('\n')}\n`;
  const hooks = new Map<string, { path: string; hook: string; secret: string }>();
  for (const vendor of VENDORS) {
    const url = `${worlds.get(vendor)?.url ?? ''}${FORGE_BASES[vendor] ?? ''}`;
    await instance.call('POST', '/v1/connections', { name: vendor, vendor, url, credential: { token: 'tok3n' } });
    hooks.set(
      vendor,
      (await instance.call('POST', `/v1/connections/${vendor}/hook`, {})) as { path: string; hook: string; secret: string },
    );
  }
  const plan = await instance.call('POST', '/v1/catalog/plan', { text });
  await instance.call('POST', '/v1/catalog/apply', { text, plan: plan['digest'] });
  const made: Setting = { instance, folder, worlds, hooks, services, recordings: chosen, moved: new Map() };
  // The first look at everything is a poll; from here on webhooks alone say what to look at.
  for (const [key] of services) {
    const [vendor = '', path = ''] = key.split(' ');
    await until(`${key} was not looked at`, async () => {
      const { protection, runs } = await seen(made, vendor, path);
      return protection !== null && runs.length > 0;
    });
  }
  return made;
}

async function sendAll(here: Setting, sendings: readonly Sending[], moves: ReadonlyMap<number, readonly Subject[]>): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    for (let at = next++; at < sendings.length; at = next++) {
      const sending = sendings[at];
      for (const subject of moves.get(at) ?? []) {
        const world = here.worlds.get(subject.vendor);
        if (world !== undefined) move(world, subject);
        here.moved.set(keyOf(subject), subject);
      }
      if (sending !== undefined) await send(here, sending);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

async function send(here: Setting, sending: Sending): Promise<void> {
  const { vendor, file } = sending.recording;
  const hook = here.hooks.get(vendor);
  const { headers, body } = requestOf(sending, hook?.secret ?? '');
  const answer = await fetch(here.instance.url + (hook?.path ?? ''), { method: 'POST', headers, body: new Uint8Array(body) });
  if (answer.status !== 202) throw new Error(`${file} was answered ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
  await answer.arrayBuffer();
}

/** Waits until every delivery was taken; answers how many made something be looked at. */
async function settled({ instance, hooks }: Setting): Promise<number> {
  let looked = 0;
  for (const { hook } of hooks.values()) {
    for (const state of ['taken', 'failed'])
      await until(`deliveries are still ${state}`, async () => (await deliveries(instance, hook, state)).length === 0);
    const [parked] = await deliveries(instance, hook, 'parked');
    if (parked !== undefined) throw new Error(`a delivery is parked: ${JSON.stringify(parked)}`);
    const done = await deliveries(instance, hook, 'done');
    looked += done.filter(({ outcome }) => outcome?.endsWith('looked at') === true).length;
  }
  return looked;
}

async function deliveries(instance: Instance, hook: string, state: string): Promise<{ outcome: string | null }[]> {
  return (await instance.call('GET', `/v1/deliveries?hook=${hook}&state=${state}&limit=1000`))['items'] as { outcome: string | null }[];
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + WAIT_MS;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`${what} after ${WAIT_MS} ms`);
    await sleep(200);
  }
}

/** What differs from the forges, once nothing changes any more; asked again as long as jobs may still be under way. */
async function untilRight(here: Setting): Promise<readonly string[]> {
  const end = performance.now() + WAIT_MS;
  for (;;) {
    const wrong: string[] = [];
    wrong.push(...(await compared(here)));
    if (wrong.length === 0) {
      // What an older answer sets back comes within this time.
      await sleep(1500);
      wrong.push(...(await compared(here)));
      if (wrong.length === 0) return [];
    }
    if (performance.now() > end) return wrong;
    await sleep(500);
  }
}

async function compared(here: Setting): Promise<string[]> {
  const places = Map.groupBy(here.moved.values(), ({ vendor, look }) => `${vendor} ${look.repository.toLowerCase()}`);
  const wrong: string[] = [];
  for (const subjects of places.values()) {
    const [{ vendor, look } = { vendor: '', look: { repository: '' } }] = subjects;
    const world = here.worlds.get(vendor);
    const now = await seen(here, vendor, look.repository);
    for (const subject of subjects) if (world !== undefined) wrong.push(...differences(world, subject, now));
  }
  return wrong;
}

async function seen(here: Setting, vendor: string, path: string): Promise<SeenHere> {
  const service = serviceOf(here, vendor, path);
  const { items, protection } = await here.instance.call('GET', `/v1/services/${service}/merge-requests`);
  const { items: all } = await here.instance.call('GET', `/v1/runs?service=${service}&limit=100`);
  return {
    requests: items as SeenHere['requests'],
    protection: (protection as { state: string } | null)?.state ?? null,
    runs: (all as { commit: string }[]).map(({ commit }) => commit),
  };
}

function serviceOf(here: Setting, vendor: string, path: string): string {
  const service = here.services.get(`${vendor} ${path.toLowerCase()}`);
  if (service === undefined) throw new Error(`${path} of ${vendor} is not watched`);
  return service;
}
