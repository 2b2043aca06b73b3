import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { firstAdminLink } from '../identity/sign-in.commands.ts';
import type { Config } from '../platform/config.ts';
import type { Floor } from '../platform/floor.ts';
import { openFloor, type OpenFloor } from '../platform/floor.system.ts';
import { makeMeters, mountOperations } from '../platform/http/operations.system.ts';
import { buildApp } from '../platform/http/server.system.ts';
import { startWorker } from '../platform/jobs/worker.system.ts';
import { makeLog } from '../platform/log.system.ts';
import { startEmbedded } from '../platform/postgres/embedded.system.ts';
import { wiringOf } from './flow.ts';
import { wire } from './wire.ts';

export type RunningServer = {
  readonly url: string;
  readonly floor: Floor;
  /** The link for the first admin while the instance is empty. */
  readonly firstAdmin: string | null;
  stop(): Promise<void>;
};

export const VERSION: string = (createRequire(import.meta.url)('../../package.json') as { version: string }).version;
const MIGRATIONS = join(import.meta.dirname, '../../migrations');
const DRAIN_MS = 10_000;

/** Starts one server: database, floor, durable work, HTTP. Any number of them share one database. */
export async function startServer(config: Config): Promise<RunningServer> {
  const log = makeLog(config.logLevel, 'yardmaster');
  const embedded = config.databaseUrl === null ? await startEmbedded(config.state, config.keys) : null;
  const where = embedded?.connection ?? { url: config.databaseUrl ?? '' };
  const open = await openFloor({ config, log, where, wiring: wiringOf(), migrations: MIGRATIONS });
  const stopping = new AbortController();
  const parts = wire();
  const worker = await startWorker(open.floor, open.pool, parts.work);
  const background = parts.start(open.floor);
  const http = await listen(open.floor, parts, stopping.signal);
  const firstAdmin = await firstAdminLink(open.floor);
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${portOf(http)}`;
  log.info({ url, version: VERSION }, 'listening');
  return {
    url,
    floor: open.floor,
    firstAdmin,
    async stop() {
      stopping.abort();
      await drain(http);
      await background.stop();
      await worker.stop();
      await close(open, embedded?.stop);
      log.info('stopped');
    },
  };
}

async function listen(floor: Floor, parts: ReturnType<typeof wire>, stopping: AbortSignal): Promise<Server> {
  const meters = makeMeters();
  const app = buildApp(parts.routes, { floor, gate: parts.gate, stopping, observe: meters.observe });
  mountOperations(app, { floor, meters, routes: parts.routes.map((mounted) => mounted.route), version: VERSION, stopping });
  const server = createServer(
    { requestTimeout: 0, headersTimeout: 15_000, keepAliveTimeout: 30_000, maxHeaderSize: 16_384 },
    (request, response) => void handle(request, response),
  );
  const handle = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(floor.config.port, floor.config.host, resolve);
  });
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** No new connections; what is under way may end; long polls were told to by the stopping signal. */
async function drain(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearTimeout(late);
}

async function close(open: OpenFloor, stopDatabase: (() => Promise<void>) | undefined): Promise<void> {
  await open.close();
  await stopDatabase?.();
}
