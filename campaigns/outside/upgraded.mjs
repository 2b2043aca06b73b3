#!/usr/bin/env node
// Counts what an upgrade there and back left: nothing lost, nothing doubled. Imports nothing of the product.
//
//   node upgraded.mjs --folder FOLDER      the last line is `N passed, N failed`
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { connect } from './contents.mjs';
import { growing, leafHash } from './ledger.mjs';

const { values } = parseArgs({ options: { folder: { type: 'string' } } });
const text = (name) => readFileSync(join(values.folder, name), 'utf8');
const lines = (name) =>
  text(name)
    .split('\n')
    .filter((line) => line !== '');
const expected = JSON.parse(text('expected.json'));
const journal = lines('journal.jsonl').map((line) => JSON.parse(line));
const client = await connect(values.folder, 'state');
const ask = async (sql) => (await client.query(sql)).rows;
const wrong = [];

// Runs: each acknowledged one is there, succeeded, in one attempt; its step says itself that it was done once.
const asked = journal
  .filter((line) => line.event === 'acknowledged' && line.method === 'POST' && line.path === '/v1/runs')
  .map((line) => line.answer.id);
if (new Set(asked).size !== expected.runs) wrong.push(`${new Set(asked).size} runs were acknowledged, and ${expected.runs} asked for`);
const runs = new Map((await ask('select id, state, cause from run')).map((row) => [row.id, row]));
const attempts = Map.groupBy(
  await ask('select job.run_id as run, a.attempt, a.result from job_attempt a join job on job.id = a.job_id'),
  (row) => row.run,
);
const told = { begin: new Map(), end: new Map() };
for (const line of lines('steps.log')) {
  const [what, run] = line.split(' ');
  told[what].set(run, (told[what].get(run) ?? 0) + 1);
}
for (const id of asked) if (!runs.has(id)) wrong.push(`${id} was acknowledged and is lost`);
for (const { id, state, cause } of runs.values()) {
  if (state !== 'succeeded') wrong.push(`${id} is ${state}: ${cause}`);
  const its = attempts.get(id) ?? [];
  if (its.length !== 1 || its[0].result !== 'succeeded') wrong.push(`${id} took ${its.length} attempts: ${its.map((row) => row.result)}`);
  if (told.begin.get(id) !== 1 || told.end.get(id) !== 1)
    wrong.push(`the step of ${id} says that it began ${told.begin.get(id) ?? 0} times and ended ${told.end.get(id) ?? 0} times`);
}
for (const id of told.begin.keys()) if (!runs.has(id)) wrong.push(`a step ran for ${id}, which nobody knows`);
// A heartbeat that crosses the end of its own attempt is refused too, and harms nothing: attempts are counted above.
const refused = await ask(`select * from stale_write where what <> 'heartbeat'`);
for (const row of refused) wrong.push(`a runner's ${row.what} for ${row.job_id} was refused: its lease was lost`);

// Deployments: one for each release, succeeded; each act once in the agent's own log, each start once.
const releases = journal.filter((line) => line.event === 'acknowledged' && line.path === '/v1/releases').map((line) => line.answer.id);
const deployments = Map.groupBy(await ask('select id, release_id as release, state, cause from deployment'), (row) => row.release);
if (releases.length !== expected.deployments) wrong.push(`${releases.length} releases, and ${expected.deployments} expected`);
for (const release of releases) {
  const its = deployments.get(release) ?? [];
  if (its.length !== 1) wrong.push(`${release} has ${its.length} deployments`);
  for (const one of its) if (one.state !== 'succeeded') wrong.push(`${one.id} is ${one.state}: ${one.cause}`);
}
const acts = lines('agent/acts.jsonl').map((line) => JSON.parse(line));
const known = new Map((await ask('select id, state from deployment_act')).map((row) => [row.id, row.state]));
const seen = { begin: new Map(), end: new Map() };
const starts = new Map();
for (const line of acts) {
  if (line.event === 'refused') wrong.push(`the agent refused ${line.act}`);
  else seen[line.event].set(line.act, (seen[line.event].get(line.act) ?? 0) + 1);
  if (line.event === 'begin' && line.phase === 'start') starts.set(line.deployment, (starts.get(line.deployment) ?? 0) + 1);
}
for (const [act, times] of seen.begin) {
  if (times !== 1 || seen.end.get(act) !== 1) wrong.push(`${act} began ${times} times and ended ${seen.end.get(act) ?? 0} times`);
  if (!known.has(act)) wrong.push(`${act} was done, and nobody ordered it`);
}
for (const [act, state] of known)
  if (state !== 'succeeded' || !seen.end.has(act))
    wrong.push(`${act} is ${state}, and the agent ${seen.end.has(act) ? 'ended' : 'knows nothing of'} it`);
for (const [deployment, times] of starts) if (times !== 1) wrong.push(`${deployment} was started ${times} times`);

// The ledger went through both versions: every fact placed, once, in one tree that every signed checkpoint is a part of.
const entries = await ask(
  'select e.seq::int as seq, e.leaf_hash, f.leaf from ledger_entry e join fact f on f.id = e.fact_row order by e.seq',
);
const facts = Number((await ask('select count(*) as n from fact'))[0].n);
const roots = new Map((await ask('select size::int as size, root from ledger_checkpoint')).map((row) => [row.size, row.root]));
const log = growing();
for (const [at, entry] of entries.entries()) {
  if (entry.seq !== at) wrong.push(`the ledger has a hole at ${at}`);
  if (!leafHash(entry.leaf).equals(entry.leaf_hash)) wrong.push(`entry ${at} is not the hash of its fact`);
  log.push(entry.leaf_hash);
  const root = roots.get(at + 1);
  if (root !== undefined && !root.equals(log.root())) wrong.push(`the checkpoint of ${at + 1} entries has another root`);
}
const waiting = Number((await ask('select count(*) as n from ledger_pending'))[0].n);
if (entries.length + waiting !== facts) wrong.push(`${facts} facts, ${entries.length} of them placed and ${waiting} waiting`);
const parked = await ask('select task_identifier as task, last_error from graphile_worker.jobs where attempts >= max_attempts');
for (const row of parked) wrong.push(`work was given up: ${row.task}: ${row.last_error}`);
const way = journal.filter((line) => line.event === 'started').map((line) => `${line.who}:${line.from}`);
await client.end();

for (const one of wrong.slice(0, 40)) console.log(`       ${one}`);
console.log(`${runs.size} runs, ${starts.size} deployments, ${seen.begin.size} acts, ${entries.length} entries; servers ${way.join(' ')}`);
console.log(wrong.length === 0 ? '1 passed, 0 failed' : `0 passed, ${wrong.length} failed`);
process.exit(wrong.length === 0 ? 0 : 1);
