import { between, plus } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import { liveNodes, masters } from '../../platform/keys/keys.store.ts';
import type { DatabaseFacts, InstanceFacts } from './instance.ts';

const LIVE_MS = 60_000;
const SILENT_MS = 10 * 60_000;
const DAY_MS = 86_400_000;
const ENDING_MS = 14 * DAY_MS;

/** Settings, rights and walls, in a transaction over all organisations. `seenByStranger` and the clock are the caller's to add. */
export async function databaseFacts(tx: Tx): Promise<Omit<DatabaseFacts, 'skewMs' | 'seenByStranger' | 'pool'>> {
  const set = await tx.one<{
    version: string;
    fsync: string;
    pages: string;
    sync: string;
    most: string;
    superuser: boolean;
    bypass: boolean;
  }>(
    `select current_setting('server_version_num') as version, current_setting('fsync') as fsync, current_setting('full_page_writes') as pages,
       current_setting('synchronous_commit') as sync, current_setting('max_connections') as most,
       rolsuper as superuser, rolbypassrls as bypass
     from pg_roles where rolname = current_user`,
  );
  const unwalled = await tx.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'public' and c.relkind = 'r' and not (c.relrowsecurity and c.relforcerowsecurity)
       and exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped)
       and exists (select 1 from pg_policy p where p.polrelid = 'fact'::regclass)
       and c.relname not in ('ledger_pending')
     order by 1`,
  );
  return {
    version: Number(set.version),
    fsync: set.fsync === 'on',
    fullPageWrites: set.pages === 'on',
    synchronousCommit: set.sync,
    maxConnections: Number(set.most),
    servers: (await liveNodes(tx, LIVE_MS)).length,
    superuser: set.superuser,
    bypassesRls: set.bypass,
    unwalled: unwalled.map(({ name }) => name),
  };
}

/** How many rows a transaction of an organisation that is not there sees. */
export async function strangersRows(tx: Tx): Promise<number> {
  const row = await tx.one<{ n: number }>(
    `select (select count(*) from (select 1 from fact limit 10) f) + (select count(*) from (select 1 from credential limit 10) c)
       + (select count(*) from (select 1 from service_secret limit 10) s) as n`,
  );
  return row.n;
}

/** What people, machines, keys and durable work stand at. The ledger's own check is the caller's to add. */
export async function instanceFacts(tx: Tx): Promise<Omit<InstanceFacts, 'ledger'>> {
  const now = await tx.now();
  const keys = await masters(tx);
  const current = keys.find((one) => one.state === 'current');
  const uses = await tx.query<{ id: string }>(
    `select m.id from master_key m where m.state = 'old' and not exists (select 1 from data_key d where d.master_id = m.id)
       and m.changed_at < $1::timestamptz - interval '1 hour' order by 1`,
    [now],
  );
  const work = await tx.one<{ parked: number; waiting: number; oldest: string | null; retiring: number }>(
    `select count(*) filter (where attempts >= max_attempts) as parked,
       count(*) filter (where attempts < max_attempts and run_at <= $1) as waiting,
       min(run_at) filter (where attempts < max_attempts and run_at <= $1) as oldest,
       (select count(*) from data_key where state = 'old') as retiring
     from graphile_worker.jobs`,
    [now],
  );
  return {
    now,
    backup: await backups(tx),
    keys: {
      ageDays: current === undefined ? null : Math.floor(between(current.changed_at, now) / DAY_MS),
      unusedOld: uses.map(({ id }) => id),
      waiting: keys.some((one) => one.state === 'announced'),
      retiring: work.retiring,
    },
    endingTokens: (
      await tx.query<{ name: string }>(
        `select name from credential where kind = 'token' and ended_at is null and expires_at > $1 and expires_at < $2 order by expires_at limit 100`,
        [now, plus(now, ENDING_MS)],
      )
    ).map(({ name }) => name),
    ...(await machines(tx, plus(now, -SILENT_MS))),
    parked: work.parked,
    waitingJobs: work.waiting,
    oldestJobMs: work.oldest === null ? 0 : Math.max(0, between(work.oldest, now)),
  };
}

async function backups(tx: Tx): Promise<InstanceFacts['backup']> {
  const rows = await tx.query<{ state: string; at: string | null; progress: string | null }>(
    `select state, coalesce(snapshot_at, finished_at) as at, progress from backup where state in ('done', 'failed') order by asked_at desc limit 20`,
  );
  const whole = rows.findIndex((row) => row.state === 'done');
  return { at: rows[whole]?.at ?? null, failed: rows[0]?.state === 'failed' ? (rows[0].progress ?? 'it failed') : null };
}

async function machines(tx: Tx, since: string): Promise<Pick<InstanceFacts, 'silentAgents' | 'silentRunners' | 'runners'>> {
  const agents = await tx.query<{ name: string }>(
    `select name from agent where revoked_at is null and (last_seen_at is null or last_seen_at < $1) order by name limit 100`,
    [since],
  );
  const runners = await tx.query<{ name: string; silent: boolean }>(
    `select name, (seen_at is null or seen_at < $1) as silent from runner where revoked_at is null order by name limit 1000`,
    [since],
  );
  return {
    silentAgents: agents.map(({ name }) => name),
    silentRunners: runners.filter(({ silent }) => silent).map(({ name }) => name),
    runners: runners.length,
  };
}
