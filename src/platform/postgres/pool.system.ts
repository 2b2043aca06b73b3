import pg from 'pg';
import type { Logger } from 'pino';
import type { Connection } from './embedded.system.ts';

/** Where the database is: the parts of an embedded one, or a URL. */
export type Where = Connection | { readonly url: string };

const TIMESTAMPTZ = 1184;
const INT8 = 20;

/** Instants as RFC 3339 with milliseconds, bigints as numbers (a bug where one passes 2^53), everything else as `pg` does. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === TIMESTAMPTZ) return (text: string) => new Date(text).toISOString();
    if (oid === INT8) return safeInteger;
    return pg.types.getTypeParser(oid, format as 'text');
  }) as typeof pg.types.getTypeParser,
};

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new Error(`a bigint from the database is not a safe integer: ${text}`);
  return value;
}

/** Options of a client or a pool, with our session settings. `org`: the organisation of every transaction that sets none. */
export function clientOptions(where: Where, name: string, org: string | null = null): pg.ClientConfig {
  const how = 'url' in where ? { connectionString: where.url } : where;
  return {
    ...how,
    types,
    application_name: name,
    options: `-c timezone=UTC -c statement_timeout=60000 -c idle_in_transaction_session_timeout=60000${org === null ? '' : ` -c yardmaster.org=${org}`}`,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  };
}

/** A pool whose clients' errors are logged, never thrown into nowhere. */
export function makePool(where: Where, name: string, max: number, log: Logger, org: string | null = null): pg.Pool {
  const pool = new pg.Pool({ ...clientOptions(where, name, org), max, idleTimeoutMillis: 30_000 });
  pool.on('error', (error) => log.warn({ err: error }, 'a database connection was lost'));
  pool.on('connect', (client) => {
    client.on('error', (error: Error) => log.debug({ err: error }, 'a database connection ended'));
  });
  return pool;
}
