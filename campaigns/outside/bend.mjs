#!/usr/bin/env node
// Who checks the checker? What was read of a healthy instance is bent in one way after the other: a row lost, a move
// doubled, a digest exchanged, an act twice in the agent's log. On the truth all invariants must hold; on each bent
// copy the named one must not.
//
//   node bend.mjs --folder FOLDER --url URL      the last line is `N passed, N failed`
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { invariants } from './invariants.mjs';
import { load } from './load.mjs';

const last = (list, fits = () => true) => list.findLast(fits);
const first = (list, fits = () => true) => list.find(fits);
const lose = (list, one) => list.splice(list.indexOf(one), 1);
const fact = (world, type) => last(world.rows.fact, (row) => row.type === type);
const other = (digest) => `sha256:${'0'.repeat(63)}${digest.endsWith('1') ? '2' : '1'}`;
const prodStart = (world) =>
  last(world.acts, (line) => line.event === 'begin' && line.phase === 'start' && line.slot.startsWith('prod/') && isDeploy(world, line));
const isDeploy = (world, line) => world.rows.deployment.some((row) => row.id === line.deployment && row.kind === 'deploy');

const bends = {
  I1: {
    'an acknowledged release is lost': (w) => lose(w.rows.release, last(w.rows.release)),
    'an acknowledged approval is lost': (w) => lose(w.rows.approval, last(w.rows.approval)),
    'an acknowledged freeze is lost': (w) => w.rows.calendar_window.splice(0),
    'a pushed commit has no run': (w) => lose(w.rows.run, last(w.rows.run)),
    'a command that nobody knows': (w) => w.journal.push({ event: 'acknowledged', method: 'POST', path: '/v1/other', answer: {} }),
  },
  I2: {
    'a move is lost': (w) => lose(w.rows.deployment_move, last(w.rows.deployment_move)),
    'a move is doubled': (w) => w.rows.deployment_move.push({ ...last(w.rows.deployment_move), seq: last(w.rows.deployment_move).seq + 1 }),
    'two moves have one number': (w) => w.rows.deployment_move.push({ ...last(w.rows.deployment_move) }),
    'an attempt is lost': (w) => lose(w.rows.job_attempt, last(w.rows.job_attempt)),
    'the API tells another history': (w) => w.api.deployments[0].moves.pop(),
  },
  I3: {
    'a step that is none': (w) => (last(w.rows.deployment_move, (row) => row.to_state === 'succeeded').from_state = 'cancelled'),
    'a run that ended twice': (w) => w.rows.fact.push({ ...fact(w, 'pipelinerun.finished') }),
    'a job that never started': (w) => lose(w.rows.fact, fact(w, 'taskrun.started')),
    'a change that jumped back': (w) => (fact(w, 'change.moved').body = { ...fact(w, 'change.moved').body, state: 'open' }),
  },
  I4: {
    'an act after its end': (w) => w.acts.push({ ...last(w.acts, (line) => line.event === 'begin') }),
    'one step by two acts': (w) => {
      const row = last(w.rows.deployment_act);
      const again = { ...row, id: 'act_again', seq: row.seq + 1 };
      w.rows.deployment_act.push(again);
      w.acts.push({ ...last(w.acts, (line) => line.act === row.id && line.event === 'begin'), act: again.id });
    },
    'an act that nobody ordered': (w) => w.acts.push({ ...last(w.acts), act: 'act_unknown' }),
    'another digest than ordered': (w) => (prodStart(w).digest = other(prodStart(w).digest)),
  },
  I5: {
    'two acts at once': (w) => {
      const at = w.acts.findIndex(
        (line, index) => line.event === 'end' && w.acts[index + 1]?.event === 'begin' && w.acts[index + 1].slot === line.slot,
      );
      [w.acts[at], w.acts[at + 1]] = [w.acts[at + 1], w.acts[at]];
    },
    'a token that fell': (w) => (last(w.acts, (line) => line.event === 'begin').token = 0),
  },
  I6: {
    'a digest that is not of the release': (w) => (last(w.rows.release, (row) => row.id === prodStart(w).release).digests = [other('')]),
    'no approval of this intent': (w) => w.rows.approval.forEach((row) => (row.intent = other(row.intent))),
    'an approval of the requester': (w) =>
      w.rows.approval.forEach((row) => (row.person_id = first(w.rows.release, (one) => one.id === row.release_id).requested_by)),
    'a configuration that was not approved': (w) => (w.rows.service[0].configuration = { prod: { LOUD: 'loud' } }),
    'tests that did not run': (w) => w.rows.report.forEach((row) => (row.summary = { tests: { passed: 0, failed: 0, errored: 0 } })),
    'a decision that said wait': (w) => w.rows.decision.forEach((row) => (row.verdict = 'wait')),
    'no provenance': (w) => w.rows.attestation.splice(0),
  },
  I7: {
    'a freeze over a start': (w) => {
      const line = prodStart(w);
      const [from, until] = [-1000, 1000].map((ms) => new Date(Date.parse(line.at) + ms).toISOString());
      w.rows.calendar_window.push({
        ...w.rows.calendar_window[0],
        id: 'frz_bent',
        created_at: from,
        ended_at: null,
        schedule: { kind: 'once', from, until },
      });
    },
    'an act after its leave': (w) =>
      (last(w.rows.deployment_act, (row) => row.id === prodStart(w).act).not_after = '2020-01-01T00:00:00.000Z'),
  },
  I8: {
    'a fact is lost': (w) => lose(w.rows.fact, fact(w, 'approval.given')),
    'a fact is doubled': (w) => w.rows.fact.push({ ...fact(w, 'release.created'), id: 999_999 }),
    'a fact was changed': (w) =>
      (fact(w, 'release.created').leaf = Buffer.from(fact(w, 'release.created').leaf.toString('utf8').replace('rel_', 'rel_0'))),
    'a fact of another transaction': (w) => (fact(w, 'deployment.moved').written_by += 1),
    'entries were exchanged': (w) => {
      const [one, two] = w.rows.ledger_entry.slice(-2);
      [one.fact_row, two.fact_row] = [two.fact_row, one.fact_row];
    },
    'the tail was cut off': (w) => w.rows.ledger_entry.pop(),
    'a checkpoint of another key': (w) =>
      (last(w.rows.ledger_checkpoint).note = last(w.rows.ledger_checkpoint).note.replace(/(\S+)\n$/, (line) => line.replace(/[A-Y]/, 'Z'))),
  },
  I9: {
    'log bytes are missing': (w) => (last(w.rows.job_attempt).log_stored += 1),
    'log lines of another run': (w) => w.journal.filter((line) => line.event === 'committed').forEach((line) => (line.mark = 'another')),
    'a line is missing': (w) => w.journal.filter((line) => line.event === 'committed').forEach((line) => (line.lines += 1)),
    'the API tells another log': (w) => w.api.logs.forEach((log) => (log.text += 'more')),
  },
  I10: { 'a named blob is gone': (w) => (last(w.rows.artifact).digest = other('')), 'a byte has rotted': rot },
  I11: {
    'a run goes on': (w) => w.open.push('run run_x is running'),
    'a deployment that ended far too late': (w) => {
      const row = last(w.rows.deployment, (one) => one.started_at !== null);
      w.journal.push({ event: 'faults-ended', at: new Date(Date.parse(row.started_at) + 1).toISOString() });
      row.finished_at = new Date(Date.parse(row.started_at) + 90_000).toISOString();
    },
  },
  I12: {
    'the secret is something that stands in a log': (w) =>
      (w.secret = `line 7 of ${first(w.journal, (line) => line.event === 'committed').mark}`),
  },
  I13: {
    'a freeze that began early': (w) => (fact(w, 'freeze.began').at = '2020-01-01T00:00:00.000Z'),
    'a freeze that ended late': (w) => (fact(w, 'freeze.ended').at = '2099-01-01T00:00:00.000Z'),
    'a lease that lapsed early': (w) =>
      w.rows.job_attempt.push({
        ...last(w.rows.job_attempt),
        result: 'lost',
        cause: 'lease ended at 2099-01-01T00:00:00.000Z',
        finished_at: '2098-12-31T23:59:59.000Z',
      }),
    'an act given after its leave': (w) => (last(w.rows.deployment_act).not_after = '2020-01-01T00:00:00.000Z'),
  },
  I14: {
    'two runners': (w) => w.rows.runner.push({ ...w.rows.runner[0], id: 'rnr_two' }),
    'one commit ran twice': (w) => w.rows.run.push({ ...last(w.rows.run), id: 'run_two' }),
    'a release went twice to one place': (w) =>
      w.rows.deployment.push({ ...last(w.rows.deployment, (row) => row.kind === 'deploy'), id: 'dep_two' }),
  },
  I15: {
    'a success that the agent does not know': (w) => {
      const row = last(w.rows.deployment_act, (one) => one.state === 'succeeded');
      lose(
        w.acts,
        last(w.acts, (line) => line.act === row.id && line.event === 'end'),
      );
    },
    'a failure called success': (w) => {
      const line = last(w.acts, (one) => one.event === 'end');
      line.result = { ...line.result, outcome: 'failed' };
    },
    'another release serves': (w) => w.rows.running.forEach((row) => (row.release_id = 'rel_other')),
    'the process is gone': (w) => w.slots.forEach((slot) => slot.instances.forEach((one) => (one.process = null))),
    'a step that failed in a run that succeeded': (w) => (last(w.rows.job_step).state = 'failed'),
  },
};

/** Flips one bit of a stored blob, and answers how to flip it back. */
function rot(world) {
  const { digest } = last(world.rows.artifact);
  const path = join(world.folder, 'state/blobs', digest.slice(7, 9), digest.slice(7));
  const flip = () => {
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(path, bytes);
  };
  flip();
  return { undo: flip };
}

/** A copy whose rows can be changed; buffers are shared and only ever replaced. */
function copyOf(world) {
  const rows = Object.fromEntries(Object.entries(world.rows).map(([table, all]) => [table, all.map((row) => ({ ...row }))]));
  const { journal, acts, slots, open, api } = structuredClone({
    journal: world.journal,
    acts: world.acts,
    slots: world.slots,
    open: world.open,
    api: world.api,
  });
  return { ...world, rows, journal, acts, slots, open, api, by: (table, column) => new Map(rows[table].map((row) => [row[column], row])) };
}

/** Whether the invariant holds; one that can't even be asked does not. */
function holds(name, world) {
  const look = Object.entries(invariants).find(([full]) => full.startsWith(`${name} `))[1];
  try {
    const { looked, wrong } = look(world);
    return looked > 0 && wrong.length === 0;
  } catch {
    return false;
  }
}

const { values } = parseArgs({ options: { folder: { type: 'string' }, url: { type: 'string' } } });
const world = await load(values.folder, values.url);
let passed = 0;
let failed = 0;
const count = (ok, text) => {
  if (ok) passed += 1;
  else failed += 1;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${text}`);
};
for (const [name, look] of Object.entries(invariants)) {
  const { looked, wrong } = look(copyOf(world));
  count(looked > 0 && wrong.length === 0, [`${name}, on the truth`, ...wrong].join('\n       '));
}
for (const [name, ways] of Object.entries(bends)) {
  for (const [how, bend] of Object.entries(ways)) {
    const bent = copyOf(world);
    const done = bend(bent);
    try {
      count(!holds(name, bent), `${name} finds: ${how}`);
    } finally {
      done?.undo?.();
    }
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
