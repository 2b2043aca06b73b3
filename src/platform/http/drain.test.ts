import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { countRequests, drain } from './drain.system.ts';

async function serving(handle: (response: ServerResponse) => unknown): Promise<{ server: Server; port: number }> {
  const server = createServer({ keepAliveTimeout: 30_000 }, (_, response) => void handle(response));
  countRequests(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}

async function drained(server: Server): Promise<number> {
  const began = performance.now();
  await drain(server);
  return performance.now() - began;
}

test('a connection that never sent a request, and one that rests after its answer, hold nothing up', async () => {
  const { server, port } = await serving((response) => response.end('x'));
  const silent = connect(port, '127.0.0.1');
  silent.on('error', () => undefined);
  await once(silent, 'connect');
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('x');
  await sleep(50);
  expect(await drained(server)).toBeLessThan(8000);
});

test('what is under way gets its answer, and then its connection ends', async () => {
  const { server, port } = await serving(async (response) => {
    await sleep(300);
    response.end('late');
  });
  const asked = fetch(`http://127.0.0.1:${port}/`).then((response) => response.text());
  await sleep(100);
  const took = await drained(server);
  expect(await asked).toBe('late');
  expect(took).toBeGreaterThan(100);
  expect(took).toBeLessThan(8000);
});
