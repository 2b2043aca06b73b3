// I11, I13, I14: ends, timers, and starting again.

const LATE_MS = 5000;
const SLACK_MS = 5;
/** The clock of the machine and the database's are one here; a commit may still take a moment. */
const COMMIT_MS = 1500;

/** I11. Within 60 s of the last fault everything ended; only a deployment that says what it waits for may still wait. */
export function settled({ open, rows, journal }) {
  const wrong = [...open];
  const waiting = rows.deployment.filter((row) => row.state === 'waiting');
  for (const row of waiting) if (row.cause === '' || row.last_answer === null) wrong.push(`${row.id} waits and does not say for what`);
  const faults = journal.filter((line) => line.event === 'faults-ended').map((line) => Date.parse(line.at));
  // What was under way when the last fault ended, and ended too late after it.
  for (const row of [
    ...rows.run.map((one) => ({ ...one, begun: one.queued_at })),
    ...rows.deployment.map((one) => ({ ...one, begun: one.started_at })),
  ]) {
    if (row.begun === null || row.finished_at === null) continue;
    const [begun, finished] = [Date.parse(row.begun), Date.parse(row.finished_at)];
    const last = faults.findLast((at) => at >= begun && at <= finished);
    if (last !== undefined && finished - last > 60_000)
      wrong.push(`${row.id} ended ${Math.round((finished - last) / 1000)} s after the faults`);
  }
  return { looked: rows.run.length + rows.deployment.length, wrong };
}

/** Spans in which no server could do anything: from a kill (or pause) to the next answer. */
function downtimes(journal) {
  const spans = [];
  let from = null;
  for (const line of journal) {
    const about = line.event === 'ready' ? line.who === 'server-1' : (line.who ?? []).includes('server-1');
    if (line.event === 'killed' && about) from ??= Date.parse(line.at);
    if (line.event === 'ready' && about && from !== null) {
      spans.push({ from, to: Date.parse(line.at) });
      from = null;
    }
  }
  if (from !== null) spans.push({ from, to: Number.POSITIVE_INFINITY });
  return spans;
}

/** When a timer due at `due` must have rung at the latest, given when servers were away. */
function latest(due, rang, spans) {
  let at = due;
  for (const span of spans) if (span.from <= at + LATE_MS && span.to > at && rang > span.from) at = span.to;
  return at + LATE_MS + COMMIT_MS;
}

/** I13. Freezes begin and end, and leases lapse, not before their time and not long after it. */
export function timers({ rows, journal }) {
  const wrong = [];
  const spans = downtimes(journal);
  let looked = 0;
  const rung = (what, due, at) => {
    looked += 1;
    if (at < due - SLACK_MS) wrong.push(`${what} rang ${due - at} ms early`);
    const late = at - latest(due, at, spans);
    if (late > 0) wrong.push(`${what} rang ${at - due} ms after its time`);
  };
  const told = (type, subject) => rows.fact.find((fact) => fact.type === type && fact.subject === subject);
  for (const freeze of rows.calendar_window) {
    if (freeze.schedule.kind !== 'once' || freeze.ended_at !== null) continue;
    const begin = Math.max(Date.parse(freeze.schedule.from), Date.parse(freeze.created_at));
    const began = told('freeze.began', freeze.id);
    if (began !== undefined) rung(`the beginning of ${freeze.id}`, begin, Date.parse(began.at));
    const ended = told('freeze.ended', freeze.id);
    if (ended !== undefined && freeze.schedule.until !== null)
      rung(`the end of ${freeze.id}`, Date.parse(freeze.schedule.until), Date.parse(ended.at));
  }
  for (const attempt of rows.job_attempt) {
    if (attempt.result !== 'lost') continue;
    const [, until] = /lease ended at (\S+Z)/.exec(attempt.cause ?? '') ?? [];
    if (until === undefined) wrong.push(`${attempt.job_id}: attempt ${attempt.attempt} was lost, and its cause does not say when`);
    else rung(`the lease of ${attempt.job_id}, attempt ${attempt.attempt}`, Date.parse(until), Date.parse(attempt.finished_at));
  }
  for (const row of rows.deployment_act) {
    if (row.state === 'withdrawn' && row.result === null)
      rung(`the leave of ${row.id}`, Math.min(Date.parse(row.not_after), Date.parse(row.finished_at)), Date.parse(row.finished_at));
    // An act is only ever given for an answer that still held.
    looked += 1;
    if (row.created_at > row.not_after) wrong.push(`${row.id} was given after its leave had run out`);
  }
  return { looked, wrong };
}

/** I14. However often a process started, there is one instance, one epoch, one of each machine and person, and every schema step once. */
export function restarts({ rows, journal }) {
  const wrong = [];
  const starts = journal.filter((line) => line.event === 'started').length;
  const one = (what, list) => {
    if (list.length !== 1) wrong.push(`${list.length} ${what}, and there must be one`);
  };
  one('organisations', rows.organisation);
  one('instances', rows.instance);
  one('runners', rows.runner);
  one('agents', rows.agent);
  one('repositories', rows.source);
  if (rows.ledger_epoch.length > 0 || rows.instance[0]?.epoch !== 1) wrong.push('a new epoch of the ledger was opened');
  const names = rows.migration.map((row) => row.name ?? row.id);
  if (new Set(names).size !== names.length) wrong.push('a migration was applied twice');
  const runs = Map.groupBy(rows.run, (row) => row.commit_id);
  for (const [commit, all] of runs) if (all.length !== 1) wrong.push(`commit ${commit} was run ${all.length} times`);
  const releases = Map.groupBy(rows.release, (row) => row.run_id);
  for (const [run, all] of releases) if (all.length !== 1) wrong.push(`${all.length} releases were made of ${run}`);
  const asked = Map.groupBy(
    rows.deployment.filter((row) => row.kind === 'deploy'),
    (row) => `${row.release_id} ${row.environment_id}`,
  );
  for (const [place, all] of asked) if (all.length !== 1) wrong.push(`${place} was asked for ${all.length} times`);
  return { looked: starts, wrong };
}
