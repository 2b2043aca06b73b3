import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { actorLabel } from '../../kernel/actor.ts';
import { canonicalFact } from '../../kernel/canonical.ts';
import type { EventKind } from '../../kernel/event.ts';
import type { Id } from '../../kernel/id.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Db, Floor, NewFact, Row, Tx } from '../floor.ts';
import { noteFact } from '../log-context.system.ts';
import { databaseProblem, isRepeatable } from './failures.ts';

const TRIES = 8;

/** Which reactions a fact of each type wakes: `app/flow.ts`, as data. */
export type Wiring = ReadonlyMap<string, readonly string[]>;

/** The job task under which all reactions run. */
export const REACTION_TASK = 'reaction';

/** Transactions over a pool. `floor` is asked late because the floor holds the database itself. */
export function makeDb(pool: pg.Pool, wiring: Wiring, floor: () => Floor): Db {
  const transact = async <Result>(mode: string, org: string, work: (tx: Tx) => Promise<Result>): Promise<Result> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await once(pool, mode, org, wiring, floor(), work);
      } catch (error) {
        if (isRepeatable(error) && attempt < TRIES) {
          await sleep(Math.random() * 10 * 2 ** attempt);
          continue;
        }
        throw databaseProblem(error) ?? error;
      }
    }
  };
  return {
    tx: (org, work) => transact('begin', org, work),
    read: (org, work) => transact('begin read only', org, work),
  };
}

async function once<Result>(
  pool: pg.Pool,
  mode: string,
  org: string,
  wiring: Wiring,
  floor: Floor,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result> {
  const client = await pool.connect();
  const after: (() => void)[] = [];
  let broken: Error | undefined;
  try {
    await client.query(mode);
    await client.query(`select set_config('yardmaster.org', $1, true)`, [org]);
    const result = await work(makeTx(client, org, wiring, floor, after));
    await client.query('commit');
    for (const run of after) run();
    return result;
  } catch (error) {
    await client.query('rollback').catch((failed: unknown) => {
      broken = failed instanceof Error ? failed : new Error(String(failed));
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

function makeTx(client: pg.PoolClient, org: string, wiring: Wiring, floor: Floor, after: (() => void)[]): Tx {
  const query = async <R extends Row>(sql: string, params: readonly unknown[] = []): Promise<R[]> =>
    (await client.query<R>(sql, [...params])).rows;
  const tx: Tx = {
    org,
    floor,
    query,
    async maybe<R extends Row>(sql: string, params?: readonly unknown[]): Promise<R | null> {
      return (await query<R>(sql, params))[0] ?? null;
    },
    async one<R extends Row>(sql: string, params?: readonly unknown[]): Promise<R> {
      const rows = await query<R>(sql, params);
      if (rows.length !== 1) throw new Error(`expected one row, got ${rows.length}: ${sql.slice(0, 120)}`);
      return rows[0] as R;
    },
    write: async (sql, params = []) => (await client.query(sql, [...params])).rowCount ?? 0,
    now: async () => (await tx.one<{ now: Instant }>('select yardmaster_now() as now')).now,
    record: (kind, fact) => record(tx, wiring, kind, fact),
    wake: (task, key, payload, at) => wake(tx, task, key, payload, at),
    notify: async (topic, id) => {
      await query(`select pg_notify('yardmaster', $1)`, [id === undefined ? topic : `${topic}:${id}`]);
    },
    afterCommit: (run) => void after.push(run),
  };
  return tx;
}

async function record<Kind extends EventKind>(tx: Tx, wiring: Wiring, kind: Kind, fact: NewFact<Kind>): Promise<Id<'fct'>> {
  const body = kind.body.parse(fact.body);
  const id = tx.floor.newId('fct');
  const at = await tx.now();
  const org = fact.actor.org;
  const service = fact.service ?? null;
  const leaf = canonicalFact({ v: 1, id, org, type: kind.type, subject: fact.subject, service, actor: actorLabel(fact.actor), at, body });
  await tx.query(
    `with written as (
       insert into fact (fact_id, org_id, type, subject, service_id, actor, at, leaf, body)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb) returning id, org_id)
     insert into ledger_pending (fact_row, org_id) select id, org_id from written`,
    [id, org, kind.type, fact.subject, service, actorLabel(fact.actor), at, Buffer.from(leaf), JSON.stringify(body)],
  );
  for (const reaction of wiring.get(kind.type) ?? []) await wake(tx, REACTION_TASK, `${id}:${reaction}`, { fact: id, reaction, org });
  await tx.notify('facts');
  tx.afterCommit(() => noteFact(id));
  return id;
}

async function wake(tx: Tx, task: string, key: string, payload: Readonly<Record<string, unknown>>, at?: Instant): Promise<void> {
  await tx.query(
    `select from graphile_worker.add_job($1, payload := $2::json, run_at := $3::timestamptz, job_key := $4, job_key_mode := 'replace', max_attempts := 12)`,
    [task, JSON.stringify({ org: tx.org, ...payload }), at ?? null, `${task}:${key}`],
  );
}
