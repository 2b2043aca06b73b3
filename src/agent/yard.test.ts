import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { endGroup, runs } from './proc.linux.ts';
import { builtinRouter } from './router/builtin.process.ts';
import { findHaproxy, haproxyRouter } from './router/haproxy.process.ts';
import type { Router } from './router/router.ts';
import { sampler } from './sampler.work.ts';
import { actOf, folder, hit, logLines, packService, startOrder, traffic } from './testing.fixture.ts';
import { openYard } from './yard.work.ts';

const haproxy = findHaproxy();
if (haproxy === null) console.warn('haproxy is not installed: its router is not tested here');
const routers: [string, (state: string) => Router][] = [['builtin', (state) => builtinRouter(join(state, 'router'))]];
if (haproxy !== null) routers.push(['haproxy', (state) => haproxyRouter(join(state, 'router'), haproxy)]);

const root = folder();
afterAll(() => root.remove());
const v1 = await packService(root.path, 'one');
const v2 = await packService(root.path, 'two');

/** Ends everything that a test started. */
async function clear(hand: Awaited<ReturnType<typeof openYard>>): Promise<void> {
  for (const slot of hand.yard.slots.all())
    for (const record of slot.instances) if (record.process !== null) await endGroup(record.process, 1000);
  await hand.yard.router.stop();
  await hand.close();
}

describe.each(routers)('with the %s router', (kind, router) => {
  test('a new version takes over without one failed request, and counts of it come in', async () => {
    const state = join(root.path, `${kind}-swap`);
    const hand = await openYard(state, router(state));
    expect(await hand.perform(actOf(startOrder('old', v1.digest, '1.0.0')), v1.fetch)).toMatchObject({ outcome: 'succeeded' });
    const deployment = actOf({ phase: 'inspect' }).deployment;
    await hand.perform(actOf({ phase: 'weigh', weights: [{ instance: 'old', weight: 100 }], observe: true }, 1, { deployment }), null);
    const port = hand.picture('prod/shop')?.frontPort ?? 0;
    expect(await hit(port)).toEqual({ status: 200, body: '1.0.0' });

    const load = traffic(port);
    const eyes = sampler(hand.yard.slots, hand.yard.router);
    await hand.perform(actOf(startOrder('new', v2.digest, '2.0.0'), 2), v2.fetch);
    await eyes.sample(Date.now());
    const steps = [20, 50, 100];
    for (const weight of steps) {
      const weights = [
        { instance: 'new', weight },
        { instance: 'old', weight: 100 - weight },
      ];
      await hand.perform(actOf({ phase: 'weigh', weights, observe: true }, 2, { deployment }), null);
      // The old one is stopped right after it lost its traffic: what it still answers must be waited for.
      if (weight < 100) await new Promise((wake) => setTimeout(wake, 400));
    }
    await hand.perform(actOf({ phase: 'stop', instances: ['old'], drainMs: 5000 }, 2), null);
    const hits = await load.stop();
    expect(hits.length).toBeGreaterThan(60);
    expect(hits.filter((one) => one.status !== 200)).toEqual([]);
    expect(hits.filter((one) => one.body === '2.0.0').length).toBeGreaterThan(20);
    const batches = await eyes.sample(Date.now());
    // The counts come from the router, so the share of the new one shows in them.
    expect(batches.flatMap((batch) => batch.samples).find((one) => one.instance === 'new')?.requests).toBeGreaterThan(10);
    expect(await hit(port)).toEqual({ status: 200, body: '2.0.0' });
    expect(hand.picture('prod/shop')?.instances.map((one) => one.instance)).toEqual(['new']);
    await clear(hand);
  }, 600_000);

  test('services and traffic outlive the agent, and the next one adopts them', async () => {
    const state = join(root.path, `${kind}-adopt`);
    const first = await openYard(state, router(state));
    await first.perform(actOf(startOrder('a', v1.digest, '1.0.0')), v1.fetch);
    await first.perform(actOf({ phase: 'weigh', weights: [{ instance: 'a', weight: 100 }], observe: false }), null);
    const before = first.picture('prod/shop');
    await first.close();
    expect(await hit(before?.frontPort ?? 0)).toEqual({ status: 200, body: '1.0.0' });
    const second = await openYard(state, router(state));
    await second.supervise();
    expect(second.picture('prod/shop')).toEqual(before);
    // Started again it would have another number.
    expect(second.picture('prod/shop')?.instances[0]?.state).toBe('up');
    await clear(second);
  }, 600_000);
});

test('an instance that ends by itself is started again on its port', async () => {
  const state = join(root.path, 'revive');
  const hand = await openYard(state, builtinRouter(join(state, 'router')));
  await hand.perform(actOf(startOrder('a', v1.digest, '1.0.0')), v1.fetch);
  await hand.perform(actOf({ phase: 'weigh', weights: [{ instance: 'a', weight: 100 }], observe: false }), null);
  const port = hand.picture('prod/shop')?.frontPort ?? 0;
  const before = hand.picture('prod/shop')?.instances[0]?.pid;
  await hit(port, '/die');
  await hand.supervise();
  expect(hand.picture('prod/shop')?.instances[0]?.pid).not.toBe(before);
  expect(await hit(port)).toMatchObject({ status: 200 });
  await clear(hand);
}, 600_000);

test('a repeated act answers its recorded result, and a stale token is refused, both across a restart', async () => {
  const state = join(root.path, 'log');
  const hand = await openYard(state, builtinRouter(join(state, 'router')));
  const act = actOf(startOrder('a', v1.digest, '1.0.0'), 5);
  const first = await hand.perform(act, v1.fetch);
  const again = await hand.perform(act, null);
  expect(again).toEqual(first);
  await hand.close();
  const next = await openYard(state, builtinRouter(join(state, 'router')));
  expect(await next.perform(act, null)).toEqual(first);
  const stale = await next.perform(actOf({ phase: 'stop', instances: ['a'], drainMs: 0 }, 4), null);
  expect(stale.outcome).toBe('refused');
  expect(next.picture('prod/shop')?.instances[0]?.state).toBe('up');
  expect(logLines(state).map((line) => [line['event'], line['phase'], line['token']])).toEqual([
    ['begin', 'start', 5],
    ['end', 'start', 5],
    ['refused', 'stop', 4],
  ]);
  await clear(next);
}, 600_000);

test('exchanged bytes are refused before anything is unpacked or started, also when they lie on this disk', async () => {
  const state = join(root.path, 'bytes');
  const hand = await openYard(state, builtinRouter(join(state, 'router')));
  const swapped = await hand.perform(actOf(startOrder('a', v1.digest, '1.0.0')), v2.fetch);
  expect(swapped).toMatchObject({ outcome: 'failed', slot: { instances: [] } });
  expect(swapped.detail).toContain(v2.digest);
  // Nor are the wrong bytes kept.
  expect(readdirSync(join(state, 'artifacts'))).toEqual([]);
  await hand.perform(actOf(startOrder('a', v1.digest, '1.0.0')), v1.fetch);
  await hand.perform(actOf({ phase: 'stop', instances: ['a'], drainMs: 0 }), null);
  writeFileSync(join(state, 'artifacts', v1.digest.slice(7)), 'other bytes');
  const rotten = await hand.perform(actOf(startOrder('b', v1.digest, '1.0.0')), v2.fetch);
  expect(rotten).toMatchObject({ outcome: 'failed', slot: { instances: [] } });
  await clear(hand);
}, 600_000);

test('what a crash left between start and record ends before it is started again', async () => {
  const state = join(root.path, 'crash');
  const hand = await openYard(state, builtinRouter(join(state, 'router')));
  const act = actOf(startOrder('a', v1.digest, '1.0.0'));
  await hand.perform(act, v1.fetch);
  const slot = hand.yard.slots.find('prod/shop');
  const lost = slot?.instances[0]?.process ?? null;
  // As if the agent had been killed before it wrote down which process it started.
  if (slot !== null) hand.yard.slots.save({ ...slot, instances: [] });
  expect(runs(lost)).toBe(true);
  await hand.perform({ ...act, act: actOf(act.order).act }, null);
  expect(runs(lost)).toBe(false);
  expect(hand.picture('prod/shop')?.instances).toHaveLength(1);
  await clear(hand);
}, 600_000);

test('a service gets its own environment and nothing of the agent', async () => {
  process.env['YM_TEST_SECRET'] = 'hidden';
  const state = join(root.path, 'env');
  const hand = await openYard(state, builtinRouter(join(state, 'router')));
  await hand.perform(actOf(startOrder('a', v1.digest, '1.0.0', { GREETING: 'hello' })), v1.fetch);
  const port = hand.picture('prod/shop')?.instances[0]?.port ?? 0;
  const env = JSON.parse((await hit(port, '/env')).body) as Record<string, string>;
  delete process.env['YM_TEST_SECRET'];
  expect(env).toMatchObject({ GREETING: 'hello', YARDMASTER_ENVIRONMENT: 'prod', PORT: String(port) });
  expect(env['YM_TEST_SECRET']).toBeUndefined();
  const smoke = await hand.perform(actOf({ phase: 'smoke', instance: 'a', command: ['node', 'smoke.mjs'], timeoutMs: 10_000 }), null);
  expect(smoke).toMatchObject({ outcome: 'succeeded' });
  await clear(hand);
}, 600_000);
