import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Proxy } from './proxy.http.ts';

/**
 * The built-in router's own process: `node builtin.main.ts SOCKET`. It outlives the agent, which speaks to it over a
 * Unix socket in a folder that only their user can enter.
 */
const frontsSchema = z.array(
  z.object({
    key: z.string().max(200),
    port: z.number().int().min(1).max(65_535),
    backends: z.array(
      z.object({ name: z.string().max(100), port: z.number().int().min(1).max(65_535), weight: z.number().min(0).max(100) }),
    ),
  }),
);

const MAX_BODY = 1024 ** 2;

async function bodyOf(incoming: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MAX_BODY) throw new Error('too large');
    parts.push(part);
  }
  return JSON.parse(Buffer.concat(parts).toString('utf8'));
}

async function main(socket: string): Promise<void> {
  const proxy = new Proxy();
  const boot = randomBytes(8).toString('hex');
  const admin = createServer((incoming, answer) => {
    const handle = async (): Promise<unknown> => {
      const url = new URL(incoming.url ?? '/', 'http://router');
      if (incoming.method === 'PUT' && url.pathname === '/fronts') {
        await proxy.apply(frontsSchema.parse(await bodyOf(incoming)));
        return { boot };
      }
      if (incoming.method === 'GET' && url.pathname === '/counted')
        return { boot, backends: proxy.counted(url.searchParams.get('front') ?? '') };
      if (incoming.method === 'GET' && url.pathname === '/alive') return { boot, pid: process.pid };
      throw new Error(`no such question: ${url.pathname}`);
    };
    handle().then(
      (value) => answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value)),
      (error: unknown) => answer.writeHead(400, { 'content-type': 'text/plain' }).end(String(error)),
    );
  });
  rmSync(socket, { force: true });
  admin.listen(socket);
  const end = (): void => {
    rmSync(socket, { force: true });
    admin.close();
    void proxy.close().then(() => process.exit(0));
  };
  process.on('SIGTERM', end);
  // The terminal's interrupt is for the agent: traffic must not stop with it.
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
}

await main(process.argv[2] ?? '');
