// I4, I5, I6, I7, I15: what the machine where services run wrote down itself, against what the books say.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonical, digestOf } from './ledger.mjs';

const SLACK_MS = 5;

/** I4. One step of one deployment is one act; an act ends once, and begins again only before it has ended. */
export function repeated({ acts, rows }) {
  const wrong = [];
  const known = new Map(rows.deployment_act.map((row) => [row.id, row]));
  const ended = new Set();
  const begun = new Map();
  for (const line of acts) {
    const row = known.get(line.act);
    if (row === undefined) {
      wrong.push(`the agent did ${line.act}, which nobody ordered`);
      continue;
    }
    if (line.event === 'refused') continue;
    if (ended.has(line.act)) wrong.push(`${line.act} (${line.phase}) has a line "${line.event}" after its end`);
    if (line.event === 'end') ended.add(line.act);
    if (line.phase !== row.work.phase || (line.phase === 'start' && (line.digest !== row.work.digest || line.release !== row.work.release)))
      wrong.push(`${line.act} was done otherwise than it was ordered`);
    const step = `${row.deployment_id} ${row.back ? 'back' : 'step'} ${row.step} ${line.phase} ${row.work.instance ?? ''}`;
    if (begun.has(step) && begun.get(step) !== line.act) wrong.push(`${step} was applied by ${begun.get(step)} and again by ${line.act}`);
    begun.set(step, line.act);
  }
  return { looked: begun.size, wrong };
}

/** I5. In one place an act ends before the next one begins, and tokens never fall. */
export function applies({ acts }) {
  const wrong = [];
  const open = new Map();
  const tokens = new Map();
  for (const line of acts) {
    if (line.event === 'refused') continue;
    const now = open.get(line.slot);
    if (line.event === 'begin') {
      if (now !== undefined && now !== line.act) wrong.push(`${line.act} began in ${line.slot} while ${now} went on`);
      if (line.token < (tokens.get(line.slot) ?? 0))
        wrong.push(`${line.act} began with the token ${line.token} after ${tokens.get(line.slot)}`);
      open.set(line.slot, line.act);
      tokens.set(line.slot, line.token);
    } else {
      if (now !== line.act) wrong.push(`${line.act} ended in ${line.slot} and had not begun`);
      open.delete(line.slot);
    }
  }
  return { looked: acts.length, wrong };
}

/** I6. What was started in prod is what was approved and what was tested, down to the digest; the intent is computed again. */
export function approvedAndGated({ folder, acts, rows, by }) {
  const wrong = [];
  let looked = 0;
  for (const line of acts) {
    if (line.event !== 'begin' || line.phase !== 'start') continue;
    looked += 1;
    const row = by('deployment_act', 'id').get(line.act);
    const deployment = by('deployment', 'id').get(line.deployment);
    const release = by('release', 'id').get(line.release);
    const decision = by('decision', 'id').get(row?.decision_id);
    const say = (text) => wrong.push(`${line.act} in ${line.slot}: ${text}`);
    if (deployment === undefined || release === undefined) say('its deployment or release is gone');
    else if (!release.digests.includes(line.digest) || deployment.digest !== line.digest)
      say(`${line.digest} is not what the release is made of`);
    else if (decision === undefined || decision.verdict !== 'allow' || decision.release_id !== release.id)
      say('no recorded decision allowed it');
    else {
      wrong.push(...meant(folder, by, line, release, deployment, decision));
      if (line.slot.startsWith('prod/') && deployment.kind === 'deploy')
        wrong.push(...approvedBy(rows, line, release, decision), ...gatedBy(rows, line, release));
      if (decision.at > line.at) say('it began before it was decided');
    }
  }
  return { looked, wrong };
}

/** The stored subject of the decision has the digest under which it was recorded, its intent has the one that was decided, and it speaks of exactly this. */
function meant(folder, by, line, release, deployment, decision) {
  const stored = decision.answer.inputs.subject;
  const bytes = readFileSync(join(folder, 'state/blobs', stored.slice(7, 9), stored.slice(7)));
  const { intent } = JSON.parse(bytes.toString('utf8'));
  const service = by('service', 'id').get(release.service_id);
  const environment = by('environment', 'id').get(deployment.environment_id);
  const digests = [...new Set(intent.digests)].sort();
  const said = {
    'bytes of the subject': [digestOf(bytes), stored],
    intent: [digestOf(canonical({ ...intent, digests })), decision.intent],
    service: [intent.service, service.id],
    environment: [intent.environment, environment.id],
    digests: [digests.join(), [...new Set(release.digests)].sort().join()],
    configuration: [canonical(intent.configuration), canonical(service.configuration[environment.name] ?? {})],
    'started configuration': [canonical(intent.configuration), canonical(deployment.start_order.configuration)],
    command: [canonical(intent.run.command), canonical(deployment.start_order.run.command)],
    plan: [deployment.kind === 'deploy' ? canonical(intent.plan) : '', deployment.kind === 'deploy' ? canonical(deployment.strategy) : ''],
    policy: [intent.policyDigest, decision.answer.policy.digest],
  };
  return Object.entries(said)
    .filter(([, [one, other]]) => one !== other)
    .map(([what, [one, other]]) => `${line.act} in ${line.slot}: ${what} was decided as ${one}, and is ${other}`);
}

function approvedBy(rows, line, release, decision) {
  const votes = rows.approval.filter(
    (row) => row.release_id === release.id && row.environment_id === decision.environment_id && row.verdict === 'approve',
  );
  const good = votes.filter(
    (row) => row.intent === decision.intent && row.given_at <= decision.at && decision.at < row.expires_at && row.withdrawn_at === null,
  );
  const used = good.filter((row) => row.used_by === line.deployment);
  const own = good.filter((row) => row.person_id === release.requested_by);
  return [
    ...(used.length === 0 ? [`${line.act}: no approval of exactly this intent was used for it`] : []),
    ...(own.length > 0 ? [`${line.act}: the requester's own approval stands among the good ones`] : []),
  ];
}

function gatedBy(rows, line, release) {
  const made = rows.job_artifact.some((row) => row.run_id === release.run_id && row.digest === line.digest);
  const reports = rows.report.filter((row) => row.run_id === release.run_id && row.kind === 'junit' && row.state === 'ok');
  const green = reports.filter((row) => row.summary.tests.passed > 0 && row.summary.tests.failed === 0 && row.summary.tests.errored === 0);
  const signed = rows.attestation.some((row) => row.digest === line.digest && row.kind === 'provenance');
  return [
    ...(made ? [] : [`${line.act}: the release's run did not make ${line.digest}`]),
    ...(green.length > 0 && green.length === reports.length ? [] : [`${line.act}: the tests of the run did not pass`]),
    ...(signed ? [] : [`${line.act}: ${line.digest} has no provenance`]),
  ];
}

/** I7. No start of a deployment (a way back passes) begins while a freeze stands over its environment, by both clocks. */
export function frozen({ acts, rows, by }) {
  const wrong = [];
  const starts = acts.filter(
    (line) => line.event === 'begin' && line.phase === 'start' && by('deployment', 'id').get(line.deployment)?.kind === 'deploy',
  );
  const first = new Map();
  for (const line of starts) if (!first.has(line.act)) first.set(line.act, line);
  for (const line of first.values()) {
    const row = by('deployment_act', 'id').get(line.act);
    const environment = by('environment', 'id').get(by('deployment', 'id').get(line.deployment).environment_id);
    for (const freeze of rows.calendar_window) {
      if (freeze.kind !== 'deny' || freeze.schedule.kind !== 'once') continue;
      if (
        freeze.scope.environment !== undefined &&
        freeze.scope.environment !== environment.name &&
        freeze.scope.environment !== environment.id
      )
        continue;
      const from = Math.max(Date.parse(freeze.schedule.from), Date.parse(freeze.created_at));
      const until = Math.min(Date.parse(freeze.schedule.until ?? '9999-01-01'), Date.parse(freeze.ended_at ?? '9999-01-01'));
      for (const [clock, at] of [
        ["the agent's", Date.parse(line.at)],
        ["the database's", Date.parse(by('decision', 'id').get(row.decision_id)?.at ?? row.created_at)],
      ]) {
        if (at >= from + SLACK_MS && at < until - SLACK_MS)
          wrong.push(`${line.act} began inside the freeze ${freeze.id}, by ${clock} clock`);
      }
    }
    if (Date.parse(line.at) > Date.parse(row.not_after) + SLACK_MS)
      wrong.push(`${line.act} began at ${line.at}, and its leave had run out at ${row.not_after}`);
  }
  return { looked: first.size, wrong };
}

/** I15. What the books call done the machine did; what it did they know; and what they say runs does run. */
export function happened(world) {
  const { acts, rows, by } = world;
  const wrong = [];
  const ends = new Map(acts.filter((line) => line.event === 'end').map((line) => [line.act, line]));
  const begun = new Set(acts.filter((line) => line.event === 'begin').map((line) => line.act));
  for (const row of rows.deployment_act) {
    const end = ends.get(row.id);
    if (row.state === 'withdrawn' && begun.has(row.id)) wrong.push(`${row.id} is called withdrawn, and the agent began it`);
    if (['succeeded', 'failed'].includes(row.state) && end?.result.outcome !== row.state)
      wrong.push(`${row.id} is called ${row.state}, and the agent wrote ${end?.result.outcome ?? 'nothing'}`);
    if (end !== undefined && end.result.outcome !== row.state)
      wrong.push(`${row.id} ended ${end.result.outcome} and is called ${row.state}`);
  }
  for (const act of begun) if (!ends.has(act)) wrong.push(`${act} still goes on, and nobody waits for it`);
  for (const deployment of rows.deployment.filter((row) => row.state === 'succeeded')) {
    const did = (phase) =>
      [...ends.values()].some((line) => line.deployment === deployment.id && line.phase === phase && line.result.outcome === 'succeeded');
    for (const phase of ['start', 'weigh'])
      if (!did(phase)) wrong.push(`${deployment.id} is called succeeded, and the agent has no ${phase} of it`);
  }
  const jobs = Map.groupBy(rows.job, (row) => row.run_id);
  for (const run of rows.run.filter((row) => row.state === 'succeeded')) {
    for (const job of jobs.get(run.id) ?? []) {
      const steps = rows.job_step.filter((row) => row.job_id === job.id && row.attempt === job.attempt);
      if (job.state !== 'succeeded') wrong.push(`${run.id} is called succeeded, and ${job.id} is ${job.state}`);
      if (steps.length === 0 || steps.some((row) => row.state !== 'succeeded'))
        wrong.push(`${job.id} is called succeeded, and not all of its steps are`);
    }
  }
  wrong.push(...runsWhatIsSaid(world));
  return { looked: rows.deployment_act.length + rows.run.length + by('running', 'deployment_id').size, wrong };
}

function runsWhatIsSaid({ rows, by, slots }) {
  const wrong = [];
  for (const running of rows.running) {
    const service = by('service', 'id').get(running.service_id).name;
    const environment = by('environment', 'id').get(running.environment_id).name;
    const slot = slots.find((one) => one.service === service && one.environment === environment);
    const serving = (slot?.instances ?? []).filter((one) => one.weight > 0);
    if (serving.length !== 1 || serving[0].weight !== 100)
      wrong.push(`${environment}/${service}: ${serving.length} instances have traffic`);
    else if (serving[0].release !== running.release_id || !running.artifact_digests.includes(serving[0].digest))
      wrong.push(`${environment}/${service}: ${running.release_id} is said to run, and ${serving[0].release} serves`);
    else if (!alive(serving[0].process)) wrong.push(`${environment}/${service}: the process that serves is gone`);
    const others = (slot?.instances ?? []).filter((one) => one.weight === 0 && one.process !== null && alive(one.process));
    for (const one of others) wrong.push(`${environment}/${service}: ${one.instance} was left behind and still runs`);
  }
  return wrong;
}

function alive(process) {
  try {
    return process !== null && !/^State:\s*Z/m.test(readFileSync(`/proc/${process.pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
