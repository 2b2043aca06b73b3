// Reads everything that the invariants are checked on, once the instance has come to rest (or has not, within 60 s).
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { actLog } from './act-log.mjs';

const REST_MS = 60_000;
const TIMESTAMPTZ = 1184;
const INT8 = 20;
const parsers = { [TIMESTAMPTZ]: (text) => new Date(text).toISOString(), [INT8]: Number };

/** What has not come to its end, in words; empty at rest. */
const UNRESTED = `
  select 'run ' || id || ' is ' || state as open from run where finished_at is null
  union all select 'job ' || id || ' is ' || state from job where finished_at is null and state <> 'skipped'
  union all select 'deployment ' || id || ' is ' || state || ': ' || cause from deployment where finished_at is null and state <> 'waiting'
  union all select 'act ' || id || ' is ' || state from deployment_act where finished_at is null and state <> 'withdrawn'
  union all select 'build ' || id || ' is not signed: ' || coalesce(last_error, '') from artifact_build where state <> 'signed'
  union all select 'report ' || id || ' is not read' from report where state = 'received'
  union all select 'the log of ' || job_id || ' is not sealed' from job_attempt where finished_at is not null and log_digest is null
  union all select 'fact ' || fact_row || ' is not in the ledger' from ledger_pending
  union all select 'the newest checkpoint does not hold all facts' where (select coalesce(max(size), 0) from ledger_checkpoint) < (select count(*) from fact)`;

export async function load(folder, url) {
  const client = new pg.Client({
    host: join(folder, 'state/run'),
    port: 5432,
    user: 'yardmaster',
    database: 'yardmaster',
    password: readFileSync(join(folder, 'state.keys/postgres.password'), 'utf8').trim(),
    types: { getTypeParser: (oid, format) => parsers[oid] ?? pg.types.getTypeParser(oid, format) },
    application_name: 'outside checker',
    // Reads only, whatever it is asked.
    options: '-c default_transaction_read_only=on -c timezone=UTC',
  });
  await client.connect();
  try {
    await client.query(`select set_config('yardmaster.org', '*', false)`);
    const open = await rest(client);
    const rows = await dump(client);
    return {
      folder,
      url,
      open,
      rows,
      by: (table, column) => index(rows[table], column),
      ...files(folder),
      api: await ask(folder, url, rows),
    };
  } finally {
    await client.end();
  }
}

async function rest(client) {
  const until = performance.now() + REST_MS;
  for (;;) {
    const { rows } = await client.query(UNRESTED);
    if (rows.length === 0 || performance.now() > until) return rows.map((row) => row.open);
    await sleep(100);
  }
}

/** All rows of all tables, with the transaction that wrote each version, as of one moment. */
async function dump(client) {
  await client.query('begin isolation level repeatable read read only');
  const { rows: tables } = await client.query(
    `select table_name as name from information_schema.tables where table_schema = 'public' order by 1`,
  );
  const all = {};
  for (const { name } of tables) all[name] = (await client.query(`select xmin::text::bigint as written_by, t.* from "${name}" t`)).rows;
  await client.query('commit');
  return all;
}

function index(rows, column) {
  return new Map(rows.map((row) => [row[column], row]));
}

function files(folder) {
  const lines = (path) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  const slots = join(folder, 'agent/slots');
  return {
    journal: lines(join(folder, 'journal.jsonl')),
    acts: actLog(join(folder, 'agent')),
    slots: existsSync(slots) ? readdirSync(slots).map((name) => JSON.parse(readFileSync(join(slots, name), 'utf8'))) : [],
    secret: readFileSync(join(folder, 'planted.secret'), 'utf8').trim(),
    checkpointLog: readFileSync(join(folder, 'state/checkpoints.log'), 'utf8'),
  };
}

/** What the API says: newest deployments and runs in full, all logs, and the trust file. */
async function ask(folder, url, rows) {
  const token = readFileSync(join(folder, 'ada.token'), 'utf8').trim();
  const get = async (path) => {
    const answer = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(20_000) });
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${await answer.text()}`);
    return await answer.json();
  };
  const newest = (table, column) => rows[table].toSorted((one, other) => (one[column] < other[column] ? 1 : -1)).slice(0, 6);
  const deployments = [];
  for (const { id } of newest('deployment', 'requested_at')) deployments.push((await get(`/v1/deployments/${id}`)).deployment);
  const logs = [];
  for (const attempt of newest('job_attempt', 'started_at')) {
    let text = '';
    for (let offset = 0, end = false; !end;) {
      const part = await get(`/v1/jobs/${attempt.job_id}/log?attempt=${attempt.attempt}&offset=${offset}`);
      text += part.text;
      offset = part.next;
      end = part.end || part.text === '';
    }
    logs.push({ job: attempt.job_id, attempt: attempt.attempt, text });
  }
  return { deployments, logs, trust: await get('/v1/trust') };
}
