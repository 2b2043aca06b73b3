import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import type { Bus } from './floor.ts';
import { clientOptions, type Where } from './postgres/pool.system.ts';

type Waiter = { readonly topics: ReadonlySet<string>; fire(): void };

/** One LISTEN connection for the whole process; it reconnects for ever, and a reconnect wakes every waiter. */
export function startBus(where: Where, name: string, log: Logger): Bus & { stop(): Promise<void> } {
  const waiters = new Set<Waiter>();
  let stopped = false;
  let client: pg.Client | null = null;
  const fireAll = (): void => {
    for (const waiter of waiters) waiter.fire();
  };
  const hear = (payload: string): void => {
    const topic = payload.split(':', 1)[0] ?? '';
    for (const waiter of waiters) if (waiter.topics.has(payload) || waiter.topics.has(topic)) waiter.fire();
  };
  const listen = async (): Promise<void> => {
    while (!stopped) {
      const fresh = new pg.Client(clientOptions(where, `${name}-bus`));
      try {
        const ended = new Promise<void>((resolve) => {
          fresh.on('end', resolve);
          fresh.on('error', () => resolve());
        });
        await fresh.connect();
        fresh.on('notification', (message) => hear(message.payload ?? ''));
        await fresh.query('listen yardmaster');
        client = fresh;
        fireAll();
        // Who stopped us while we connected did not see this connection.
        if (!stopped) await ended;
      } catch (error) {
        log.debug({ err: error }, 'the notification connection is down');
      }
      await fresh.end().catch(() => undefined);
      if (!stopped) await sleep(250);
    }
  };
  const running = listen();
  const watch: Bus['watch'] = (topics, signal) => makeWatch(waiters, new Set(topics), signal);
  return {
    watch,
    async wait(topics, ms, signal) {
      const watching = watch(topics, signal);
      await watching.next(ms);
      watching.close();
    },
    async stop() {
      stopped = true;
      fireAll();
      await client?.end().catch(() => undefined);
      await running;
    },
  };
}

function makeWatch(waiters: Set<Waiter>, topics: ReadonlySet<string>, signal?: AbortSignal): ReturnType<Bus['watch']> {
  let fired = false;
  let wakeUp: (() => void) | null = null;
  const waiter: Waiter = {
    topics,
    fire() {
      fired = true;
      wakeUp?.();
    },
  };
  waiters.add(waiter);
  const onAbort = (): void => waiter.fire();
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    async next(ms) {
      if (!fired && signal?.aborted !== true) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          wakeUp = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      wakeUp = null;
      fired = false;
    },
    close() {
      waiters.delete(waiter);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}
