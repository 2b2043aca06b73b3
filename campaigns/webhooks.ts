import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeInstance, type Instance } from '../bench/support/instance.ts';
import { randomOf } from './road/random.ts';

/**
 * A server that takes webhooks over 32 connections is killed (SIGKILL) at a moment of the seed, and started again. Every
 * delivery that was answered 202 must be there, whole, taken exactly once, and none that nobody sent. Odd seeds: hints that a repository
 * changed, which are told together. Even ones: what is read and mapped one by one.
 */
const CONNECTIONS = 32;
const WAIT_MS = 60_000;

let instance: Instance | null = null;
type Hook = { readonly path: string; readonly secret: string; readonly hook: string };
let hooks: { readonly hints: Hook; readonly mapped: Hook } | null = null;

export const campaign = {
  name: 'webhooks',
  async run(seed: number): Promise<void> {
    const here = (instance ??= await makeInstance({ YARDMASTER_LIMITS: 'hook=100000000' }));
    const rule = {
      input: 'incident',
      fields: { service: `'shop'`, environment: `'dev'`, system: `'campaign'`, id: `'one'`, title: 'delivery' },
    };
    if (hooks === null) {
      const text =
        'teams: {crew: {title: Crew}}\nenvironments: {dev: {kind: development}}\nservices: {shop: {team: crew, tier: 3, repository: file:///tmp/none.git}}\n';
      const plan = await here.call('POST', '/v1/catalog/plan', { text });
      await here.call('POST', '/v1/catalog/apply', { text, plan: plan['digest'] });
      const mapped = await here.call('POST', '/v1/hooks', { name: 'campaign', takes: 'mapping', mapping: { rules: [rule] } });
      hooks = { mapped: mapped as Hook, hints: (await here.call('POST', '/v1/services/shop/hook')) as Hook };
    }
    const hook = seed % 2 === 1 ? hooks.hints : hooks.mapped;
    const random = randomOf(seed);
    const ms = 300 + random.pick(1500);
    const order = {
      port: Number(new URL(here.url).port),
      path: hook.path,
      secret: hook.secret,
      connections: CONNECTIONS,
      ms: ms + 500,
      from: `s${seed}`,
      ids: true,
    };
    const sender = spawn(process.execPath, [join(import.meta.dirname, '../bench/support/hook-load.mjs')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: sender.stdout })[Symbol.asyncIterator]();
    sender.stdin.write(`${JSON.stringify(order)}\n`);
    await sleep(ms);
    here.server().child.kill('SIGKILL');
    const told = JSON.parse(String((await lines.next()).value)) as { ids: string[]; sent: number; others: number };
    sender.kill();
    await here.startServer();
    if (told.ids.length === 0) throw new Error('nothing was accepted before the kill: the seed shows nothing');
    await settled(here, hook.hook, `s${seed}-`, told.ids);
  },
  async end(): Promise<void> {
    await instance?.close();
    instance = null;
    hooks = null;
  },
};

type Row = { name: string; state: string; attempts: number; size: number };

/** Waits until what is there was taken, and compares it with what was answered. */
async function settled(here: Instance, hook: string, prefix: string, accepted: readonly string[]): Promise<void> {
  const until = performance.now() + WAIT_MS;
  for (;;) {
    const rows = (await all(here, hook)).filter(({ name }) => name.startsWith(prefix));
    const byName = new Map(rows.map((row) => [row.name, row]));
    if (byName.size !== rows.length) throw new Error('a delivery is there twice');
    const lost = accepted.filter((id) => !byName.has(id));
    if (lost.length > 0) throw new Error(`${lost.length} of ${accepted.length} accepted deliveries are lost, such as ${lost[0]}`);
    const cut = rows.filter(({ size }) => size !== 2900);
    if (cut.length > 0) throw new Error(`${cut.length} deliveries are not whole`);
    const open = rows.filter(({ state }) => state === 'taken' || state === 'failed');
    const parked = rows.filter(({ state }) => state === 'parked');
    if (parked.length > 0) throw new Error(`${parked.length} are parked, such as ${JSON.stringify(parked[0])}`);
    if (open.length === 0) return;
    if (performance.now() > until) throw new Error(`${open.length} of ${rows.length} were not taken within ${WAIT_MS} ms`);
    await sleep(250);
  }
}

async function all(here: Instance, hook: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (let cursor: string | null = null; ;) {
    const path: string = `/v1/deliveries?hook=${hook}&limit=1000${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
    const page = await patiently(() => here.call('GET', path));
    rows.push(...(page['items'] as Row[]));
    cursor = page['next'] as string | null;
    if (cursor === null) return rows;
  }
}

/** Connections that were kept open ended with the server that was killed. */
async function patiently<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (tries === 10 || !(error instanceof TypeError)) throw error;
      await sleep(300);
    }
  }
}
