import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { builtinRouter } from './router/builtin.process.ts';
import { findHaproxy, haproxyRouter } from './router/haproxy.process.ts';
import type { Router } from './router/router.ts';
import { keepRouterUp, routeNow } from './routing.work.ts';
import { openSlots } from './slots.disk.ts';
import type { InstanceRecord } from './slot.ts';

const folder = mkdtempSync(join(tmpdir(), 'ym-routing-'));
chmodSync(folder, 0o755);
const backend: Server = createServer((_, answer) => answer.end('here'));
await new Promise<void>((done) => backend.listen(0, '127.0.0.1', done));
const { port } = backend.address() as AddressInfo;
const binary = findHaproxy();
const routers: [string, () => Router | null][] = [
  ['builtin', () => builtinRouter(join(folder, 'builtin'))],
  ['haproxy', () => (binary === null ? null : haproxyRouter(join(folder, 'haproxy'), binary))],
];
const opened: Router[] = [];
afterAll(async () => {
  for (const router of opened) await router.stop();
  backend.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(routers)('%s', (name, make) => {
  test('fronts that come at once all stand, and none is undone by an older list', async (context) => {
    const router = make();
    if (router === null) return context.skip('haproxy is not installed on this machine');
    opened.push(router);
    const slots = openSlots(join(folder, `slots-${name}`));
    await router.start([]);
    const services = ['a', 'b', 'c', 'd', 'e', 'f'];
    await Promise.all(services.map((service) => slots.ensure(service, 'prod')));
    await Promise.all(
      slots.all().map(async (slot, at) => {
        // Some come while the first change is still being made, which is when haproxy has two processes.
        await sleep(at * 12);
        const record = { instance: `${slot.service}-1`, port, weight: 100, wanted: 'up', process: { pid: process.pid, startedAt: '' } };
        slots.save({ ...slot, instances: [record as unknown as InstanceRecord] });
        await Promise.all([routeNow({ slots, router }), keepRouterUp({ slots, router })]);
      }),
    );
    for (const slot of slots.all()) {
      const answer = await fetch(`http://127.0.0.1:${slot.frontPort}/`);
      expect([slot.service, answer.status, await answer.text()]).toEqual([slot.service, 200, 'here']);
    }
  });
});
