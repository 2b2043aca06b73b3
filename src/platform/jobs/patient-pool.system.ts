import type pg from 'pg';
import { databaseProblem } from '../postgres/failures.ts';

/**
 * The pool as the job runner gets it: a lost connection looks like a time-out, which the runner tries again. It ends a
 * job (done or failed) without waiting for the answer, so any other error there would be a rejection that nobody hears,
 * and the end of this process, whenever the database restarts while a job runs. Ending a job twice changes nothing.
 * After the pool has ended nothing is answered at all: a job that outlived the stop ends with its lock, which others undo.
 */
export function patientPool(pool: pg.Pool): pg.Pool {
  const connect = (callback?: unknown): unknown => {
    // The listening connection takes a callback, and has its own way of coming back.
    if (typeof callback === 'function') return pool.connect(callback as Parameters<pg.Pool['connect']>[0]);
    if (pool.ending) return new Promise(() => undefined);
    return pool.connect().then(patientClient, again);
  };
  return new Proxy(pool, { get: (target, name) => (name === 'connect' ? connect : bound(target, name)) });
}

function patientClient(client: pg.PoolClient): pg.PoolClient {
  const query = async (...args: unknown[]): Promise<unknown> => {
    try {
      return await Reflect.apply(client.query, client, args);
    } catch (error) {
      return again(error);
    }
  };
  return new Proxy(client, { get: (target, name) => (name === 'query' ? query : bound(target, name)) });
}

function bound(target: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(target, name, target);
  return typeof value === 'function' ? (value.bind(target) as unknown) : value;
}

/** Throws what was thrown, as a time-out where the database was lost. */
function again(error: unknown): never {
  const lost = databaseProblem(error)?.code === 'platform.database-unavailable';
  throw lost ? Object.assign(new Error('the database was lost', { cause: error }), { code: 'ETIMEDOUT' }) : error;
}
