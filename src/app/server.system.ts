import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Hono } from 'hono';
import { firstAdminLink } from '../identity/sign-in.commands.ts';
import type { Config } from '../platform/config.ts';
import type { Floor } from '../platform/floor.ts';
import { gitLogin } from '../integrations/forges/at.system.ts';
import { openFloor } from '../platform/floor.system.ts';
import { bareConnection } from '../platform/http/bare.system.ts';
import { drain, underWay } from '../platform/http/drain.system.ts';
import { makeLean } from '../platform/http/lean.system.ts';
import { makeLimiter, type Limiter } from '../platform/http/limiter.system.ts';
import { makeMeters, mountOperations, type Meters } from '../platform/http/operations.system.ts';
import { mountScreens } from '../platform/http/screens.system.ts';
import { buildApp } from '../platform/http/server.system.ts';
import { LEAN_PREFIX, leanDoors } from '../platform/hooks/door.routes.ts';
import { startWorker } from '../platform/jobs/worker.system.ts';
import { makeLog } from '../platform/log.system.ts';
import { onceResumed } from '../platform/pause.system.ts';
import { startEmbedded } from '../platform/postgres/embedded.system.ts';
import { openDoor, portOf } from './door.system.ts';
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
export const MIGRATIONS = join(import.meta.dirname, '../../migrations');
const SCREENS = join(import.meta.dirname, '../../web/dist');

/**
 * Starts one server: port, database, floor, durable work, HTTP. Any number of them share one database. The port comes
 * first, because a second server on it must end before it has touched anything (`platform.port-taken`).
 */
export async function startServer(config: Config): Promise<RunningServer> {
  const log = makeLog(config.logLevel, 'yardmaster');
  const door = await openDoor(config, log);
  const undo: (() => Promise<unknown>)[] = [async () => door.stopWatching(), async () => drain(door.http)];
  try {
    const embedded = config.databaseUrl === null ? await startEmbedded(config.state, config.keys) : null;
    if (embedded !== null) undo.unshift(() => embedded.stop());
    const where = embedded?.connection ?? { url: config.databaseUrl ?? '' };
    const open = await openFloor({ config, log, where, wiring: wiringOf(), gitLogin, migrations: MIGRATIONS });
    undo.unshift(() => open.close());
    const leaving = new AbortController();
    const stopping = new AbortController();
    const parts = wire();
    const work = (): Promise<{ stop(): Promise<void> }> => startWorker(open.floor, open.pool, parts.work);
    const worker = open.floor.paused() ? onceResumed(open.floor, work) : await work();
    const background = parts.start(open.floor, VERSION);
    undo.unshift(() => Promise.all([worker.stop(), background.stop()]));
    const meters = makeMeters();
    const limiter = makeLimiter(config.rates);
    const app = appOf(open.floor, parts, { meters, limiter, leaving: leaving.signal, stopping: stopping.signal });
    const lean = makeLean({ floor: open.floor, limiter, observe: meters.observe, doors: leanDoors });
    door.serve(app, lean.listener);
    const bare = {
      prefix: LEAN_PREFIX,
      door: lean.bare,
      underWay: (socket: Socket) => underWay(door.http, socket),
      open: () => door.http.listening,
    };
    door.bare((socket, handOver) => bareConnection(bare, socket, handOver));
    const firstAdmin = await firstAdminLink(open.floor);
    const url = `${config.tls === null ? 'http' : 'https'}://${config.host.includes(':') ? `[${config.host}]` : config.host}:${portOf(door.http)}`;
    log.info({ url, version: VERSION }, 'listening');
    return {
      url,
      floor: open.floor,
      firstAdmin,
      async stop() {
        leaving.abort();
        // Balancers see at /readyz that it goes, while it still takes what they send meanwhile.
        await sleep(config.shutdownDelayMs);
        stopping.abort();
        door.stopWatching();
        // Jobs are wakes of rows: ending them needs no order with requests.
        await Promise.all([drain(door.http), worker.stop()]);
        await background.stop();
        await open.close();
        await embedded?.stop();
        log.info('stopped');
      },
    };
  } catch (error) {
    for (const step of undo)
      await step().catch((failed: unknown) => log.warn({ err: failed }, 'a start that failed left something behind'));
    throw error;
  }
}

type AppParts = { readonly meters: Meters; readonly limiter: Limiter; readonly leaving: AbortSignal; readonly stopping: AbortSignal };

function appOf(floor: Floor, parts: ReturnType<typeof wire>, { meters, limiter, leaving, stopping }: AppParts): Hono {
  const app = buildApp(parts.routes, { floor, gate: parts.gate, stopping, observe: meters.observe, limiter });
  mountOperations(app, { floor, meters, routes: parts.routes.map((mounted) => mounted.route), version: VERSION, stopping: leaving });
  mountScreens(app, SCREENS);
  return app;
}
