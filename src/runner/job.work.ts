import { claimJob, finishJob, type JobPlan } from '../contract/runner.ts';
import type { AnswerOf, BodyOf } from '../contract/route.ts';
import type { Client } from '../host/client.http.ts';
import { Problem } from '../kernel/problem.ts';
import type { Executor } from './executor.ts';
import { Lease } from './lease.work.ts';
import { LogSender } from './log.sender.ts';
import { LogSpool } from './log.spool.ts';
import { checkPlan, type CheckedPlan, type Self } from './plan-check.ts';
import { clearPlace, makePlace } from './place.disk.ts';
import { redactorOf, redactText, unmaskable, type Redactor } from './redact.ts';
import { findMaterials, sendMaterials, sendReports } from './reports.send.ts';
import { runSteps, type StepsEnd } from './steps.run.ts';
import { fetchSources, restoreCaches, sendArtifacts, storeCaches, type Transfer } from './transfer.http.ts';

/** What a runner brings to every job it serves. */
export type Hands = {
  readonly client: Client;
  readonly self: Self;
  readonly name: string;
  /** Masked in every log beside the job's own secrets. */
  readonly key: string;
  readonly executors: ReadonlyMap<string, Executor>;
  /** Folder of the jobs' folders. */
  readonly jobs: string;
  readonly offlineMs: number;
  readonly say: (line: string) => void;
  /** The runner ends: jobs are given up, and the server gives them to another. */
  readonly stop: AbortSignal;
};

type Claimed = NonNullable<AnswerOf<typeof claimJob>['job']>;
type Finish = Omit<BodyOf<typeof finishJob>, 'token'>;

/** Serves one claimed job from its plan to its finish. Never throws: whatever goes wrong ends this job only. */
export async function serveJob(hands: Hands, claimed: Claimed): Promise<void> {
  const checked = checkPlan(claimed.plan, hands.self, new Date().toISOString());
  const named = checked.ok ? checked.plan : checked.named;
  if (named === null) return hands.say(`a plan was refused: ${checked.ok ? '' : checked.why}`);
  const { job, attempt } = named;
  const { client, offlineMs, stop } = hands;
  const lease = new Lease({ client, job, attempt, ...claimed.lease, offlineMs, stop });
  try {
    const end = checked.ok ? await serve(hands, checked.plan, claimed.secrets, lease) : refusal(checked);
    await lease.told();
    // The same key in every try: a finish whose answer was lost is answered again, not done again.
    const how = { idempotencyKey: `finish-${job}-${attempt}-${lease.token}`, signal: lease.lost };
    await lease.insist(() => client.call(finishJob, { params: lease.params, body: { token: lease.token, ...end } }, how));
    hands.say(`${named.job} attempt ${attempt}: ${end.result}${end.cause === null ? '' : ` (${end.cause})`}`);
  } catch (error) {
    hands.say(`${job} attempt ${attempt}: given up, ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await lease.close();
  }
}

const EMPTY_LOG = { bytes: 0, digest: 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' };

function refusal(checked: Extract<CheckedPlan, { ok: false }>): Finish {
  const executor = checked.named?.executor ?? 'host';
  return {
    result: 'refused',
    cause: checked.why,
    executor,
    isolation: [],
    outputs: {},
    artifacts: [],
    reports: [],
    materials: [],
    log: EMPTY_LOG,
  };
}

async function serve(hands: Hands, plan: JobPlan, given: Readonly<Record<string, string>>, lease: Lease): Promise<Finish> {
  const executor = hands.executors.get(plan.executor) as Executor;
  const redactor = redactorOf([...Object.values(given), hands.key]);
  const place = await makePlace(hands.jobs, `${plan.job}-${plan.attempt}`);
  const sender = new LogSender(lease);
  const log = await LogSpool.create(place.log, redactor(), () => sender.changed());
  sender.attach(log);
  try {
    const transfer: Transfer = { lease, place, log };
    const made = await guarded(lease, () => work(hands, plan, pick(plan, given), executor, redactor, transfer));
    if (made.cause !== null && made.result !== 'cancelled') await log.write(`✗ ${made.cause}\n`);
    const sum = await log.end();
    await sender.drain();
    return {
      ...made,
      cause: made.cause === null ? null : redactText(redactor, made.cause).slice(0, 2000),
      executor: plan.executor,
      isolation: [...executor.isolation(plan.network)],
      log: sum,
    };
  } finally {
    await log.close();
    await clearPlace(place.root);
  }
}

type Made = Omit<Finish, 'executor' | 'isolation' | 'log'>;
const nothing = { outputs: {}, artifacts: [], reports: [], materials: [] };

/** A problem of this job ends the job and says why; a lost lease ends the attempt. */
async function guarded(lease: Lease, run: () => Promise<Made>): Promise<Made> {
  try {
    return await run();
  } catch (error) {
    if (lease.lost.aborted) throw error;
    const why =
      error instanceof Problem ? error.sentence : `The runner could not go on: ${error instanceof Error ? error.message : String(error)}.`;
    return { ...nothing, result: 'failed', cause: why };
  }
}

type Picked = { readonly ok: true; readonly secrets: Readonly<Record<string, string>> } | { readonly ok: false; readonly why: string };

/** The secrets that the signed plan names, and no other. */
function pick(plan: JobPlan, given: Readonly<Record<string, string>>): Picked {
  const missing = plan.secrets.filter((name) => !Object.hasOwn(given, name));
  if (missing.length > 0) return { ok: false, why: `The job asks for the secret ${missing.join(', ')}, which it was not given.` };
  const secrets = Object.fromEntries(plan.secrets.map((name) => [name, given[name] ?? '']));
  const short = unmaskable(secrets);
  return short.length === 0
    ? { ok: true, secrets }
    : {
        ok: false,
        why: `The value of the secret ${short.join(', ')} is too short to be masked in logs; it must have at least 4 characters.`,
      };
}

async function work(
  hands: Hands,
  plan: JobPlan,
  picked: Picked,
  executor: Executor,
  redactor: () => Redactor,
  transfer: Transfer,
): Promise<Made> {
  const { lease, place, log } = transfer;
  if (!picked.ok) return { ...nothing, result: 'failed', cause: picked.why };
  const { secrets } = picked;
  await log.write(headline(hands, plan, executor));
  await fetchSources(transfer, plan);
  const materials = plan.artifacts.length > 0 ? await findMaterials(place.workspace) : [];
  const hit = await restoreCaches(transfer, plan);
  const onStep = lease.tell.bind(lease);
  const steps = await runSteps({ plan, place, executor, secrets, redactor, log, cancel: lease.cancel, abandon: lease.lost, onStep });
  lease.lost.throwIfAborted();
  const reports = await sendReports(transfer, plan, redactor);
  const kept = steps.result === 'succeeded' ? await keep(transfer, plan, hit, materials) : { artifacts: [], materials: [] };
  return { ...judged(steps, kept), outputs: steps.outputs, reports };
}

type Kept = { readonly problem?: string } & Pick<Made, 'artifacts' | 'materials'>;

async function keep(
  transfer: Transfer,
  plan: JobPlan,
  hit: ReadonlySet<string>,
  materials: Awaited<ReturnType<typeof findMaterials>>,
): Promise<Kept> {
  try {
    const artifacts = await sendArtifacts(transfer, plan);
    const sent = await sendMaterials(transfer, materials);
    await storeCaches(transfer, plan, hit);
    return { artifacts, materials: sent };
  } catch (error) {
    if (!(error instanceof Problem) || transfer.lease.lost.aborted) throw error;
    return { artifacts: [], materials: [], problem: `An artifact of the job could not be kept: ${error.sentence}` };
  }
}

function judged(steps: StepsEnd, kept: Kept): Pick<Made, 'result' | 'cause' | 'artifacts' | 'materials'> {
  const { artifacts, materials } = kept;
  if (kept.problem !== undefined) return { result: 'failed', cause: kept.problem, artifacts, materials };
  return { result: steps.result, cause: steps.cause, artifacts, materials };
}

function headline(hands: Hands, plan: JobPlan, executor: Executor): string {
  const isolation = executor.isolation(plan.network);
  const how = isolation.length === 0 ? 'nothing separates its steps from this machine' : isolation.join(', ');
  const warning = isolation.length === 0 && !plan.network ? '! the host executor cannot cut the network off\n' : '';
  return `${plan.name}, attempt ${plan.attempt}, on runner ${hands.name}; executor ${plan.executor}: ${how}\n${warning}`;
}
