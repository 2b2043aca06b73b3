import type pg from 'pg';
import type { Instant } from '../../kernel/time.ts';
import type { Floor, Row, Tx } from '../floor.ts';

/**
 * A transaction that somebody else opened on `client`, for the stores that only read and write rows: while a backup is
 * taken or restored there is no floor, so nothing is recorded, woken or announced through it.
 */
export function bareTx(client: pg.ClientBase): Tx {
  const query = async <R extends Row>(sql: string, params: readonly unknown[] = []): Promise<R[]> =>
    (await client.query<R>(sql, [...params])).rows;
  const fail = (): never => {
    throw new Error('nothing is recorded or woken beside the floor');
  };
  const nobody = async (): Promise<never> => fail();
  const tx: Tx = {
    org: '*',
    floor: new Proxy({} as Floor, { get: () => fail() }),
    query,
    maybe: async <R extends Row>(sql: string, params?: readonly unknown[]) => (await query<R>(sql, params))[0] ?? null,
    async one<R extends Row>(sql: string, params?: readonly unknown[]) {
      const rows = await query<R>(sql, params);
      if (rows.length !== 1) throw new Error(`expected one row, got ${rows.length}: ${sql.slice(0, 120)}`);
      return rows[0] as R;
    },
    write: async (sql, params = []) => (await client.query(sql, [...params])).rowCount ?? 0,
    now: async () => (await tx.one<{ now: Instant }>('select yardmaster_now() as now')).now,
    record: nobody,
    wake: nobody,
    notify: async () => undefined,
    afterCommit: () => undefined,
  };
  return tx;
}
