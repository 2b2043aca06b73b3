import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { logOf, yardmaster, yardmasterEnds } from '../host/daemon.fixture.ts';
import { downOrder } from './down.ts';
import { MARK } from './instance.process.ts';
import { runs, startOf } from './proc.linux.ts';
import { builtinRouter } from './router/builtin.process.ts';
import { findHaproxy, haproxyRouter } from './router/haproxy.process.ts';
import type { Router } from './router/router.ts';
import type { InstanceRecord, SlotRecord } from './slot.ts';
import { openSlots } from './slots.disk.ts';
import { actOf, folder, hit, logLines, packService, startOrder } from './testing.fixture.ts';
import { openYard } from './yard.work.ts';

const root = folder();
const others: ChildProcess[] = [];
afterAll(() => {
  for (const one of others) one.kill('SIGKILL');
  root.remove();
});
const service = await packService(root.path, 'one');

test('who asks others stops before who is asked, in its own environment; a circle stops with all it asks', () => {
  const slot = (name: string, environment: string, dependsOn: string[], wanted: 'up' | 'down' = 'up'): SlotRecord => ({
    service: name,
    environment,
    frontPort: 1,
    token: 1,
    observe: null,
    instances: [{ instance: 'one', wanted, dependsOn } as unknown as InstanceRecord],
  });
  const names = (slots: SlotRecord[]): string[][] =>
    downOrder(slots).map((together) => together.map((one) => `${one.environment}/${one.service}`).toSorted());
  expect(
    names([
      slot('stock', 'prod', []),
      slot('prices', 'prod', ['stock']),
      slot('shop', 'prod', ['prices', 'stock']),
      slot('stock', 'dev', []),
      slot('gone', 'prod', [], 'down'),
    ]),
  ).toEqual([['dev/stock', 'prod/shop'], ['prod/prices'], ['prod/stock']]);
  expect(names([slot('a', 'prod', ['b']), slot('b', 'prod', ['a', 'c']), slot('c', 'prod', ['c'])])).toEqual([
    ['prod/a', 'prod/b', 'prod/c'],
  ]);
});

/** A yard with one service in traffic, left as an agent leaves it that ends. */
async function leftRunning(state: string, router: Router): Promise<{ readonly port: number; readonly process: InstanceRecord['process'] }> {
  const hand = await openYard(state, router);
  await hand.perform(actOf(startOrder('one', service.digest, '1.0.0')), service.fetch);
  await hand.perform(actOf({ phase: 'weigh', weights: [{ instance: 'one', weight: 100 }], observe: false }), null);
  const slot = hand.yard.slots.find('prod/shop');
  await hand.close();
  writeFileSync(join(state, 'agent.pid.json'), JSON.stringify({ pid: 0, startedAt: '' }));
  const process = slot?.instances[0]?.process ?? null;
  expect(await hit(slot?.frontPort ?? 0)).toEqual({ status: 200, body: '1.0.0' });
  return { port: slot?.frontPort ?? 0, process };
}

const stops = (state: string): unknown[] =>
  logLines(state)
    .filter((line) => line['breakGlass'] === true)
    .map((line) => [line['event'], line['phase'], line['slot']]);

test('an agent that runs stops what it runs and itself, once a person confirms', async () => {
  const state = join(root.path, 'running');
  const { port, process } = await leftRunning(state, builtinRouter(join(state, 'router')));
  writeFileSync(join(state, 'identity.json'), JSON.stringify({ agent: 'agt_x', name: 'm', key: 'ym_agt_x' }));
  const agent = yardmaster(['agent', '--url', 'http://127.0.0.1:9', '--name', 'm', '--state', state, '--router', 'builtin']);
  await agent.says(/is ready/);

  const asked = await yardmasterEnds(['agent', 'down', '--state', state]);
  expect(asked.code).toBe(1);
  expect(logOf(asked.err)).toMatchObject([{ code: 'agent.not-confirmed', msg: expect.stringContaining('prod/shop (one)') as string }]);
  expect(await hit(port)).toMatchObject({ status: 200 });

  const done = await yardmasterEnds(['agent', 'down', '--state', state, '--yes']);
  expect(done).toMatchObject({ code: 0, err: '' });
  expect(JSON.parse(done.out)).toMatchObject({ slots: [{ slot: 'prod/shop', instances: ['one'], outcome: 'succeeded' }], left: [] });
  expect(await agent.ended).toBe(0);
  expect(runs(process)).toBe(false);
  expect((await hit(port)).status).toBe(0);
  expect(stops(state)).toEqual([
    ['begin', 'stop', 'prod/shop'],
    ['end', 'stop', 'prod/shop'],
  ]);
  expect(logOf(agent.said().err).every((line) => typeof line['msg'] === 'string')).toBe(true);
}, 600_000);

test.each(['builtin', 'haproxy'] as const)(
  'without an agent the state files are enough, with the %s router, also for what ignores SIGTERM or stands on no record',
  async (kind) => {
    const haproxy = findHaproxy();
    if (kind === 'haproxy' && haproxy === null) return console.warn('skipped: haproxy is not installed');
    const state = join(root.path, `alone-${kind}`);
    const router = kind === 'builtin' ? builtinRouter(join(state, 'router')) : haproxyRouter(join(state, 'router'), haproxy ?? '');
    const { port, process: first } = await leftRunning(state, router);
    const deaf = spawn(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'], {
      env: { [MARK]: `${state}:prod/shop/never-recorded` },
      cwd: root.path,
      detached: true,
      stdio: 'ignore',
    });
    const innocent = spawn('sleep', ['60'], { env: { [MARK]: `${state}-another:prod/shop/one` }, detached: true, stdio: 'ignore' });
    others.push(deaf, innocent);
    // A record whose number was given to another process since.
    const slots = openSlots(join(state, 'slots'));
    const slot = slots.find('prod/shop') as SlotRecord;
    const stale = { ...(slot.instances[0] as InstanceRecord), instance: 'stale', process: { pid: innocent.pid ?? 0, startedAt: '1' } };
    slots.save({ ...slot, instances: [...slot.instances, stale] });

    const deafGone = new Promise((done) => deaf.once('exit', (_, signal) => done(signal)));
    await new Promise((wake) => setTimeout(wake, 300));
    const done = await yardmasterEnds(['agent', 'down', '--state', state, '--yes']);
    expect(done).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(done.out)).toMatchObject({ left: [] });
    expect(runs(first)).toBe(false);
    expect(await deafGone).toBe('SIGKILL');
    expect(startOf(innocent.pid ?? 0)).not.toBeNull();
    innocent.kill('SIGKILL');
    expect((await hit(port)).status).toBe(0);
    expect(await router.alive()).toBe(false);
    expect(
      openSlots(join(state, 'slots'))
        .find('prod/shop')
        ?.instances.map(({ wanted }) => wanted),
    ).not.toContain('up');
    // Again: nothing is left to do, and nothing is done twice.
    const again = await yardmasterEnds(['agent', 'down', '--state', state]);
    expect([again.code, JSON.parse(again.out)]).toEqual([0, { slots: [], strays: 0, left: [] }]);
  },
  60_000,
);

test('an agent that does not answer is ended first', async () => {
  const state = join(root.path, 'hung');
  const { process: first } = await leftRunning(state, builtinRouter(join(state, 'router')));
  const hung = spawn('sleep', ['60'], { stdio: 'ignore' });
  others.push(hung);
  const gone = new Promise((done) => hung.once('exit', (_, signal) => done(signal)));
  await new Promise((wake) => setTimeout(wake, 100));
  writeFileSync(join(state, 'agent.pid.json'), JSON.stringify({ pid: hung.pid, startedAt: startOf(hung.pid ?? 0) }));
  expect(await yardmasterEnds(['agent', 'down', '--state', state, '--yes'])).toMatchObject({ code: 0 });
  expect(await gone).toBe('SIGTERM');
  expect(runs(first)).toBe(false);
}, 600_000);

test('a folder that is no agent state is said to be none', async () => {
  const state = join(root.path, 'other');
  mkdirSync(state);
  const { code, err } = await yardmasterEnds(['agent', 'down', '--state', state, '--yes']);
  expect(code).toBe(1);
  expect(logOf(err)).toMatchObject([{ code: 'agent.no-state' }]);
});
