#!/usr/bin/env node
// Checks the invariants of a whole instance from outside: from the agent's own act log, the database's rows, the API,
// the files on disk, and the journal of the harness. It imports nothing of the product, only Node and a PostgreSQL client.
//
//   node check.mjs --folder FOLDER --url URL              all invariants; the last line is `N passed, N failed`
//   node check.mjs --folder FOLDER --url URL --snapshot   digests of everything that must not change by itself
//
// FOLDER holds state/, state.keys/, agent/, runner/, *.log, journal.jsonl, planted.secret and ada.token.
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { invariants } from './invariants.mjs';
import { load } from './load.mjs';

const { values } = parseArgs({ options: { folder: { type: 'string' }, url: { type: 'string' }, snapshot: { type: 'boolean' } } });
if (values.folder === undefined || values.url === undefined) {
  console.error('usage: check.mjs --folder FOLDER --url URL [--snapshot]');
  process.exit(2);
}

const world = await load(values.folder, values.url);
process.exit(values.snapshot === true ? snapshot() : check());

function check() {
  let passed = 0;
  let failed = 0;
  for (const [name, look] of Object.entries(invariants)) {
    const { looked, wrong } = look(world);
    const all = looked === 0 ? ['nothing was there to look at', ...wrong] : wrong;
    console.log(`${all.length === 0 ? 'ok  ' : 'FAIL'} ${name} (${looked})`);
    for (const one of all.slice(0, 20)) console.log(`       ${one}`);
    if (all.length === 0) passed += 1;
    else failed += 1;
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/** Tables that change by mere running: who was seen when, leases, wakes, when something is looked at next. */
function snapshot() {
  const restless = new Set(['worker_pool', 'server_node', 'lease', 'ledger_tile', 'deployment_sample']);
  const seen = new Set(['last_seen_at', 'seen_at', 'session', 'due_at', 'checked_at', 'picture', 'picture_at', 'version', 'written_by']);
  for (const [table, rows] of Object.entries(world.rows)) {
    if (restless.has(table)) continue;
    const quiet = rows.map((row) => JSON.stringify(Object.entries(row).filter(([column]) => !seen.has(column))));
    console.log(`${table} ${rows.length} ${createHash('sha256').update(quiet.sort().join('\n')).digest('hex')}`);
  }
  return 0;
}
