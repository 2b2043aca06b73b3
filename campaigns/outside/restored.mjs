#!/usr/bin/env node
// Compares a restored instance with what its source held at the moment of the backup, and with what the machine really
// did and does. Imports nothing of the product, only Node and a PostgreSQL client.
//
//   node restored.mjs equal   --folder F --state NAME --moment FILE --manifest FILE
//   node restored.mjs listed  --folder F --state NAME --status FILE
//   node restored.mjs acts    --folder F --resumed INSTANT
//
// `equal`: right after the restore, paused. `listed`: what the status says against the agent's own log and slots.
// `acts`: at the very end, nothing was done twice. The last line is `N passed, N failed`.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { actLog } from './act-log.mjs';
import { connect, contents } from './contents.mjs';
import { growing, readCheckpoint } from './ledger.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(['folder', 'state', 'moment', 'manifest', 'status', 'resumed'].map((name) => [name, { type: 'string' }])),
});
const json = (path) => JSON.parse(readFileSync(path, 'utf8'));

const parts = { equal, listed, acts };
const wrong = await parts[positionals[0]]();
for (const one of wrong.slice(0, 40)) console.log(`       ${one}`);
console.log(wrong.length === 0 ? '1 passed, 0 failed' : `0 passed, ${wrong.length} failed`);
process.exit(wrong.length === 0 ? 0 : 1);

/** Row for row the source at that moment, except what is meant; and the ledger is the signed one, up to its last entry. */
async function equal() {
  const bad = [];
  const client = await connect(values.folder, values.state);
  const moment = json(values.moment);
  // The fact of the restore itself is beyond the moment, and so is what follows it.
  const { rows: last } = await client.query(`select min(id)::bigint as id from fact where type = 'instance.restored'`);
  const value = Number(last[0].id);
  await client.query('begin isolation level repeatable read');
  const found = await contents(client, { fact: { column: 'id', value }, fact_mention: { column: 'fact_row', value } });
  for (const [table, held] of Object.entries(moment)) {
    const here = found[table];
    if (here === undefined) bad.push(`${table} is not there`);
    else if (here.rows !== held.rows) bad.push(`${table} held ${held.rows} rows, and ${here.rows} came back`);
    else if (here.digest !== held.digest) bad.push(`the rows of ${table} are not those of the moment`);
  }
  for (const table of Object.keys(found)) if (!(table in moment)) bad.push(`${table} was not there at the moment`);
  // Placed by the source is placed here, in the same order; what the backup's checkpoint signs is what is here.
  const manifest = JSON.parse(Buffer.from(json(values.manifest).payload, 'base64').toString('utf8'));
  const { rows: entries } = await client.query('select seq::int, leaf_hash from ledger_entry where seq < $1 order by seq', [
    manifest.ledger.size,
  ]);
  const log = growing();
  for (const [at, entry] of entries.entries()) {
    if (entry.seq !== at) bad.push(`the ledger has a hole at ${at}`);
    log.push(entry.leaf_hash);
  }
  const signed = readCheckpoint(
    manifest.ledger.checkpoint,
    manifest.keys.all.map((key) => key.publicKeyPem),
  );
  if (signed === null || signed.size !== entries.length || !signed.root.equals(log.root()))
    bad.push('the ledger is not the one that the backup signed');
  const { rows: epochs } = await client.query(
    'select epoch, follows_origin, follows_size::int as size, follows_root as root from ledger_epoch order by epoch',
  );
  const newest = epochs.at(-1);
  const instance = (await client.query('select epoch from instance')).rows[0];
  if (newest === undefined || newest.epoch !== instance.epoch || newest.follows_origin !== manifest.ledger.origin)
    bad.push('no new epoch follows the old one');
  const { rows: sessions } = await client.query(
    `select count(*)::int as n from credential where kind = 'session' and ended_at is null and created_at <= $1`,
    [manifest.snapshotAt],
  );
  if (sessions[0].n !== 0) bad.push(`${sessions[0].n} sessions from before go on`);
  const { rows: running } = await client.query(
    `select id from job j where state = 'running' and exists (select from job_attempt a where a.job_id = j.id and a.token = j.token and a.attempt = j.attempt)`,
  );
  if (running.length > 0) bad.push(`runners still hold ${running.map((row) => row.id)}`);
  await client.query('commit');
  await client.end();
  console.log(
    `       ${Object.keys(moment).length} tables, ${Object.values(moment).reduce((sum, one) => sum + one.rows, 0)} rows, ${entries.length} entries of the ledger`,
  );
  return bad;
}

/** The status names exactly what the agent did that these books do not know, and exactly the places that differ. */
async function listed() {
  const bad = [];
  const status = json(values.status);
  const client = await connect(values.folder, values.state);
  const acts = actLog(join(values.folder, 'agent'));
  const begun = new Set(acts.filter((line) => line.event === 'begin').map((line) => line.act));
  const known = new Set((await client.query('select id from deployment_act')).rows.map((row) => row.id));
  const should = [...begun].filter((act) => !known.has(act)).sort();
  const does = status.unknownActs.map((act) => act.act).sort();
  for (const act of should) if (!does.includes(act)) bad.push(`${act} was done after the backup and is not listed`);
  for (const act of does) if (!should.includes(act)) bad.push(`${act} is listed and stands in the books, or was never done`);
  const slots = readdirSync(join(values.folder, 'agent/slots')).map((name) => json(join(values.folder, 'agent/slots', name)));
  const { rows: books } = await client.query(
    `select service.name as service, environment.name as environment, release_id as release, instance from deployment_slot
     join service on service.id = service_id join environment on environment.id = environment_id`,
  );
  for (const slot of slots) {
    const serving = slot.instances.filter((one) => one.weight > 0).sort((one, other) => other.weight - one.weight)[0];
    const book = books.find((one) => one.service === slot.service && one.environment === slot.environment);
    const same = (book?.release ?? null) === (serving?.release ?? null) && (book?.instance ?? null) === (serving?.instance ?? null);
    const said = status.places.find((one) => one.service === slot.service && one.environment === slot.environment);
    if (said === undefined) bad.push(`${slot.environment}/${slot.service} is not listed`);
    else if (said.same !== same)
      bad.push(`${slot.environment}/${slot.service} is said to be ${said.same ? 'the same' : 'different'}, and is not`);
    else if ((said.machine?.release ?? null) !== (serving?.release ?? null))
      bad.push(`${slot.environment}/${slot.service}: another release is said to serve`);
  }
  const { rows: open } = await client.query('select id from deployment where finished_at is null');
  for (const { id } of open) if (!status.deployments.some((one) => one.id === id)) bad.push(`${id} was under way and is not listed`);
  for (const one of status.deployments) {
    const wentOn = acts.some((line) => line.slot === `${one.environment}/${one.service}` && should.includes(line.act));
    if (wentOn !== (one.becomes === 'ends'))
      bad.push(
        `the place of ${one.id} ${wentOn ? 'went on after the backup' : 'did not go on'}, and is said to be one that ${one.becomes}`,
      );
  }
  await client.end();
  console.log(`       ${should.length} acts after the backup, ${slots.length} places, ${open.length} deployments under way`);
  return bad;
}

/** In the agent's whole log, through both lives of the server: one act one end; one step of one deployment one act; tokens never fall. */
async function acts() {
  const bad = [];
  const all = actLog(join(values.folder, 'agent'));
  const ended = new Set();
  const steps = new Map();
  const tokens = new Map();
  for (const line of all) {
    if (line.event === 'refused') {
      bad.push(`${line.act} (${line.phase} in ${line.slot}) had to be refused: its token ${line.token} was old`);
      continue;
    }
    if (ended.has(line.act)) bad.push(`${line.act} has a line "${line.event}" after its end`);
    if (line.event === 'end') ended.add(line.act);
    else {
      if (line.token < (tokens.get(line.slot) ?? 0))
        bad.push(`${line.act} began with the token ${line.token} after ${tokens.get(line.slot)}`);
      tokens.set(line.slot, line.token);
      // One deployment starts, and stops, each thing once; what is weighed and checked again goes by its own act.
      if (line.phase !== 'start') continue;
      const step = `${line.deployment} start ${line.digest}`;
      const before = steps.get(step);
      if (before !== undefined && before !== line.act) bad.push(`${step} was done by ${before} and again by ${line.act}`);
      steps.set(step, line.act);
    }
  }
  for (const line of all) if (line.event === 'begin' && !ended.has(line.act)) bad.push(`${line.act} never ended`);
  // What had been started in a place before is not started there again by the books that forgot it.
  const starts = all.filter((line) => line.event === 'begin' && line.phase === 'start');
  for (const line of starts.filter(({ at }) => at > values.resumed))
    for (const before of starts.filter(({ at }) => at <= values.resumed))
      if (before.slot === line.slot && before.release === line.release)
        bad.push(`${line.release} was started in ${line.slot} by ${before.act}, and again by ${line.act}`);
  console.log(`       ${ended.size} acts, ${steps.size} starts`);
  return bad;
}
