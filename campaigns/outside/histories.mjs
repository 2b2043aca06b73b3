// I1, I2, I3, I8: what was promised is there, and every history is whole, legal and in the ledger.
import { growing, leafHash, readCheckpoint } from './ledger.mjs';

// The state machines, written again from their descriptions.
const DEPLOYMENT = {
  requested: ['waiting', 'acting', 'failed', 'cancelled'],
  waiting: ['acting', 'rolling-back', 'failed', 'cancelled'],
  acting: ['observing', 'waiting', 'rolling-back', 'unknown', 'succeeded', 'failed', 'cancelled'],
  observing: ['acting', 'waiting', 'rolling-back'],
  'rolling-back': ['rolled-back', 'failed', 'unknown'],
  unknown: ['acting', 'rolling-back', 'failed'],
  succeeded: [],
  'rolled-back': [],
  failed: [],
  cancelled: [],
};
const CHANGE = {
  open: ['approved', 'implementing', 'closed'],
  approved: ['open', 'implementing', 'closed'],
  implementing: ['closed'],
  closed: ['implementing'],
};
const ACT_ENDS = ['succeeded', 'failed', 'refused', 'withdrawn'];
const JOB_ENDS = ['succeeded', 'failed', 'timed-out', 'cancelled', 'skipped', 'refused'];
const RUN_ENDS = ['succeeded', 'failed', 'cancelled'];

const group = (rows, key) => Map.groupBy(rows, key);
const byPlace = (one, other) => one.id - other.id;

/** How an acknowledged command is found again in the rows; null where it is not. */
const found = {
  'POST /v1/setup': ({ answer }, { by, rows }) =>
    by('person', 'id').has(answer.person) && rows.person_password.some((row) => row.person_id === answer.person),
  'POST /v1/people': ({ answer }, { by }) => by('person', 'id').has(answer.person),
  'PUT /v1/services/*/secrets/*': ({ path, answer }, { rows }) =>
    rows.service_secret.some((row) => path.endsWith(`/${row.name}`) && row.version >= answer.version),
  'POST /v1/runners/registrations': ({ answer }, { rows }) => rows.runner_registration.some((row) => row.expires_at === answer.expiresAt),
  'POST /v1/agents/registrations': ({ answer }, { rows }) => rows.agent_registration.some((row) => row.expires_at === answer.expiresAt),
  'POST /v1/releases': ({ answer }, { by }) => {
    const row = by('release', 'id').get(answer.id);
    return row?.version_name === answer.version && row.run_id === answer.run && row.commit_id === answer.commit;
  },
  'POST /v1/releases/*/approvals': ({ path, body }, { rows }) =>
    rows.approval.some(
      (row) =>
        path.includes(row.release_id) && row.intent === body.intent && row.verdict === body.verdict && row.target_version === body.version,
    ),
  'POST /v1/freezes': ({ answer }, { by }) => by('calendar_window', 'id').has(answer.freeze.id),
  'POST /v1/deployments/rollback': ({ answer }, { by }) => by('deployment', 'id').get(answer.deployment.id)?.kind === 'rollback',
};

/** I1. Commands that were answered 2xx, and commits that were pushed: each is there. */
export function acknowledged(world) {
  const wrong = [];
  const commands = world.journal.filter((line) => line.event === 'acknowledged');
  for (const command of commands) {
    const kind = `${command.method} ${command.path}`;
    const name = Object.keys(found).find((pattern) =>
      new RegExp(`^${pattern.replaceAll('/', '\\/').replaceAll('*', '[^/]+')}$`).test(kind),
    );
    if (name === undefined) wrong.push(`${kind} is a command that this checker does not know`);
    else if (!found[name](command, world))
      wrong.push(`${kind} was acknowledged at ${command.at} and is gone: ${JSON.stringify(command.answer)}`);
  }
  const commits = world.journal.filter((line) => line.event === 'shipped');
  for (const { commit, run, release } of commits) {
    if (world.by('run', 'id').get(run)?.commit_id !== commit) wrong.push(`run ${run} of commit ${commit} is gone`);
    if (world.by('release', 'id').get(release)?.run_id !== run) wrong.push(`release ${release} of run ${run} is gone`);
  }
  return { looked: commands.length + commits.length, wrong };
}

/** I2. Moves of deployments and attempts of jobs are dense, each once, and end where the row stands; the API tells the same. */
export function dense({ rows, api }) {
  const wrong = [];
  const moves = group(rows.deployment_move, (row) => row.deployment_id);
  for (const deployment of rows.deployment) {
    const mine = (moves.get(deployment.id) ?? []).toSorted((one, other) => one.seq - other.seq);
    let state = 'requested';
    for (const [at, move] of mine.entries()) {
      if (move.seq !== at + 1) wrong.push(`${deployment.id}: move ${move.seq} stands at place ${at + 1}`);
      if (move.from_state !== state) wrong.push(`${deployment.id}: move ${move.seq} goes from ${move.from_state}, and it was ${state}`);
      state = move.to_state;
    }
    if (state !== deployment.state) wrong.push(`${deployment.id} is ${deployment.state}, and its moves end in ${state}`);
  }
  for (const told of api.deployments) {
    const mine = (moves.get(told.id) ?? [])
      .toSorted((one, other) => one.seq - other.seq)
      .map((move) => `${move.from_state}>${move.to_state}`);
    if (told.moves.map((move) => `${move.from}>${move.to}`).join() !== mine.join())
      wrong.push(`${told.id}: the API tells other moves than the rows`);
  }
  const attempts = group(rows.job_attempt, (row) => row.job_id);
  for (const [job, mine] of attempts) {
    const numbers = mine.map((row) => row.attempt).sort((one, other) => one - other);
    if (numbers.some((number, at) => number !== at + 1)) wrong.push(`${job}: its attempts are ${numbers.join(', ')}`);
    const tokens = mine.toSorted((one, other) => one.attempt - other.attempt).map((row) => row.token);
    if (tokens.some((token, at) => at > 0 && token <= tokens[at - 1]))
      wrong.push(`${job}: its fencing tokens do not grow: ${tokens.join(', ')}`);
  }
  for (const job of rows.job) {
    const there = (attempts.get(job.id) ?? []).length;
    if (job.attempt !== there) wrong.push(`${job.id} counts ${job.attempt} attempts, and ${there} are there`);
  }
  for (const [deployment, acts] of group(rows.deployment_act, (row) => row.deployment_id)) {
    const numbers = acts.map((row) => row.seq).sort((one, other) => one - other);
    if (numbers.some((number, at) => number !== at + 1)) wrong.push(`${deployment}: its acts are numbered ${numbers.join(', ')}`);
  }
  return { looked: rows.deployment_move.length + rows.job_attempt.length + rows.deployment_act.length, wrong };
}

/** I3. Every history is a word of the machine written above. */
export function words({ rows }) {
  const wrong = [];
  const step = (machine, what, from, to) => {
    if (!(machine[from] ?? []).includes(to)) wrong.push(`${what}: ${from} -> ${to} is no step`);
  };
  for (const move of rows.deployment_move) step(DEPLOYMENT, move.deployment_id, move.from_state, move.to_state);
  const told = group(rows.fact.toSorted(byPlace), (row) => row.subject);
  for (const change of rows.change_record) {
    const moved = (told.get(change.id) ?? []).filter((fact) => fact.type === 'change.moved').map((fact) => fact.body.state);
    let state = 'open';
    for (const to of moved) {
      step(CHANGE, change.id, state, to);
      state = to;
    }
    if (state !== change.state) wrong.push(`${change.id} is ${change.state}, and its facts end in ${state}`);
  }
  for (const run of rows.run) {
    const word = (told.get(run.id) ?? []).map((fact) => fact.type.replace('pipelinerun.', '')).join(' ');
    if (!/^queued( started)? finished$/.test(word)) wrong.push(`${run.id}: its history is "${word}"`);
    if (!RUN_ENDS.includes(run.state)) wrong.push(`${run.id} is ${run.state}`);
  }
  for (const job of rows.job) {
    const mine = (told.get(job.id) ?? []).filter((fact) => fact.type === 'taskrun.started' || fact.type === 'taskrun.finished');
    const word = mine
      .map((fact) => `${fact.type === 'taskrun.started' ? 's' : fact.body.retried ? 'r' : 'f'}${fact.body.attempt}`)
      .join(' ');
    const expected = Array.from({ length: job.attempt }, (_, at) => `s${at + 1} ${at + 1 === job.attempt ? 'f' : 'r'}${at + 1}`).join(' ');
    if (word !== expected) wrong.push(`${job.id}: its history is "${word}", expected "${expected}"`);
    if (!JOB_ENDS.includes(job.state)) wrong.push(`${job.id} is ${job.state}`);
  }
  for (const act of rows.deployment_act) if (!ACT_ENDS.includes(act.state)) wrong.push(`${act.id} is ${act.state}`);
  for (const build of rows.artifact_build) {
    const word = (told.get(build.artifact_id) ?? [])
      .filter((fact) => fact.body.build === build.id)
      .map((fact) => fact.type)
      .join(' ');
    if (word !== 'artifact.published artifact.signed') wrong.push(`${build.id}: its history is "${word}"`);
  }
  return {
    looked: rows.deployment_move.length + rows.run.length + rows.job.length + rows.deployment_act.length + rows.artifact_build.length,
    wrong,
  };
}

/** Rows and the facts that must stand beside them, one for one. */
const pairs = [
  ['release.created', (rows) => rows.release],
  ['change.opened', (rows) => rows.change_record],
  ['approval.given', (rows) => rows.approval.filter((row) => row.verdict === 'approve')],
  ['approval.used', (rows) => rows.approval.filter((row) => row.used_by !== null)],
  ['freeze.created', (rows) => rows.calendar_window],
  ['decision.recorded', (rows) => rows.decision],
  ['deployment.requested', (rows) => rows.deployment],
  ['deployment.started', (rows) => rows.deployment.filter((row) => row.started_at !== null)],
  ['deployment.finished', (rows) => rows.deployment.filter((row) => row.finished_at !== null)],
  ['deployment.moved', (rows) => rows.deployment_move],
  ['deployment.act-recorded', (rows) => rows.deployment_act.filter((row) => row.result !== null)],
  ['service.deployed service.upgraded service.rolledback', (rows) => rows.running_history],
  ['environment.verified environment.verification-failed', (rows) => rows.verification],
  ['pipelinerun.queued', (rows) => rows.run],
  ['pipelinerun.started', (rows) => rows.run.filter((row) => row.started_at !== null)],
  ['pipelinerun.finished', (rows) => rows.run.filter((row) => row.finished_at !== null)],
  ['taskrun.started', (rows) => rows.job_attempt],
  ['taskrun.finished', (rows) => rows.job_attempt.filter((row) => row.finished_at !== null)],
  ['taskrun.write-refused', (rows) => rows.stale_write],
  ['artifact.published', (rows) => rows.artifact_build],
  ['artifact.signed', (rows) => rows.artifact_build.filter((row) => row.state === 'signed')],
  ['testsuiterun.finished', (rows) => rows.report.filter((row) => row.kind === 'junit' && row.state !== 'received')],
  ['version.given', (rows) => rows.version_given],
  ['runner.registered', (rows) => rows.runner],
  ['agent.registered', (rows) => rows.agent],
  ['person.added', (rows) => rows.person],
];

/** I8. One fact for each change, in the same transaction; every fact in the ledger; every checkpoint that was ever signed is a prefix of it. */
export function facts(world) {
  const { rows } = world;
  const wrong = [];
  for (const [types, pick] of pairs) {
    const told = rows.fact.filter((fact) => types.split(' ').includes(fact.type)).length;
    const there = pick(rows).length;
    if (told !== there) wrong.push(`${there} rows, and ${told} facts ${types}`);
  }
  wrong.push(...together(rows), ...inLedger(world));
  return { looked: rows.fact.length + rows.ledger_checkpoint.length, wrong };
}

/** Rows that are written once carry the number of their transaction: their facts must carry the same. */
function together(rows) {
  const wrong = [];
  const moved = new Map(
    rows.fact.filter((fact) => fact.type === 'deployment.moved').map((fact) => [`${fact.subject} ${fact.body.seq}`, fact]),
  );
  for (const row of rows.deployment_move) {
    if (moved.get(`${row.deployment_id} ${row.seq}`)?.written_by !== row.written_by)
      wrong.push(`move ${row.seq} of ${row.deployment_id} and its fact were written in two transactions`);
  }
  const decided = new Map(rows.fact.filter((fact) => fact.type === 'decision.recorded').map((fact) => [fact.subject, fact]));
  for (const row of rows.decision) {
    if (decided.get(row.id)?.written_by !== row.written_by) wrong.push(`decision ${row.id} and its fact were written in two transactions`);
  }
  return wrong;
}

function inLedger({ rows, api, checkpointLog }) {
  const wrong = [];
  const keys = api.trust.keys.map((key) => key.publicKeyPem);
  const facts = new Map(rows.fact.map((fact) => [fact.id, fact]));
  const entries = rows.ledger_entry.toSorted((one, other) => one.seq - other.seq);
  if (entries.length !== facts.size) wrong.push(`${facts.size} facts, and ${entries.length} of them in the ledger`);
  const notes = [...rows.ledger_checkpoint.map((row) => row.note), ...checkpointLog.split('---\n').slice(0, -1)];
  const signed = notes.map((note) => readCheckpoint(note, keys));
  if (signed.includes(null)) wrong.push(`${signed.filter((one) => one === null).length} checkpoints carry no signature of this instance`);
  const bySize = Map.groupBy(
    signed.filter((one) => one !== null),
    (one) => one.size,
  );
  const log = growing();
  for (const [at, entry] of entries.entries()) {
    const fact = facts.get(entry.fact_row);
    if (entry.seq !== at) wrong.push(`the ledger has entry ${entry.seq} at place ${at}`);
    const leaf = JSON.parse(fact.leaf.toString('utf8'));
    if (leaf.id !== fact.fact_id || leaf.type !== fact.type || leaf.subject !== fact.subject || leaf.at !== fact.at)
      wrong.push(`fact ${fact.fact_id} says something else than its leaf`);
    const hash = leafHash(fact.leaf);
    if (!hash.equals(entry.leaf_hash)) wrong.push(`entry ${at} is not the hash of its leaf`);
    log.push(hash);
    for (const one of bySize.get(at + 1) ?? [])
      if (!one.root.equals(log.root())) wrong.push(`the checkpoint of ${at + 1} entries has another root`);
    bySize.delete(at + 1);
  }
  for (const size of bySize.keys()) wrong.push(`a checkpoint of ${size} entries was signed, and the ledger has ${entries.length}`);
  return wrong;
}
