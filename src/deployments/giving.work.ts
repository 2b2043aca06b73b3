import { artifactByDigest } from '../artifacts/artifacts.queries.ts';
import { serviceById } from '../catalog/catalog.queries.ts';
import type { StrategySpec } from '../catalog/environment.ts';
import type { RunSpec } from '../catalog/service.ts';
import type { Order } from '../contract/agent.ts';
import { between, plus, type Instant, type Millis } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { acquireLease, renewLease } from '../platform/lease.store.ts';
import { SAYS_YES } from '../releases/answer-words.ts';
import type { MayShipAnswer } from '../releases/may-ship.api.ts';
import { releaseById } from '../releases/releases.queries.ts';
import { agentFor } from './agents.queries.ts';
import { insertAct, lockSlot, saveDeployment } from './deployment.store.ts';
import { asWas, instanceOf, leaseName, stepsOf, type Deployment, type Previous, type StartOrder } from './deployment.ts';
import { deploymentStarted } from './deployments.events.ts';
import { bringerOf, openDeployments, slotOf } from './deployments.queries.ts';
import { finish, goBack, type Left, type Scene } from './ending.work.ts';
import { worseMeanwhile } from './judging.work.ts';
import type { Move } from './next.ts';
import { DRAIN_MS, planOf, SMOKE_MS } from './strategy.ts';

type Acting = Extract<Move, { kind: 'act' }>['step'];

/** How long a lease lasts without an act. It only grows its token when it was lost. */
const LEASE_MS: Millis = 300_000;
/** How long the way back may wait for its agent before it is offered anew. */
const BACK_MS: Millis = 60_000;
/** How long a half-shifted canary is held when may-ship stops saying yes. */
export const HOLD_MS: Millis = 600_000;
/** How often a deployment that waits asks again when no clock is known to turn the answer. */
const ASK_AGAIN_MS: Millis = 10_000;

/** Whether nothing else acts in this place, and nobody who asked earlier still waits for it. */
export async function slotFree(tx: Tx, row: Deployment): Promise<boolean> {
  await lockSlot(tx, row.serviceId, row.environmentId);
  const open = await openDeployments(tx, row.serviceId, row.environmentId);
  if (open.some((other) => other.id !== row.id && other.holds)) return false;
  return open[0]?.id === row.id;
}

/** Asks may-ship where the step ships something, and gives the agent its act in the same transaction. */
export async function giveAct(scene: Scene, before: Deployment, step: Acting, ask: 'deploy' | 'rollback' | null): Promise<Left> {
  let row = before;
  let allowed: MayShipAnswer | null = null;
  if (ask !== null) {
    const asked = await askMayShip(scene, row, ask);
    if ('rest' in asked) return asked;
    row = asked.row;
    allowed = asked.answer;
    const begun = row.startedAt === null ? await begin(scene, row, allowed) : row;
    if (begun.finishedAt !== null) return { row: begun, rest: true };
    row = begun;
  }
  const { tx, actor, environment, now } = scene;
  if (row.back !== null && row.backStep === 0) await tellWayBack(scene, row);
  const { at } = stepsOf(row);
  const agentId = row.agentId;
  const work = await orderOf(tx, row, step);
  if (agentId === null) throw new Error(`deployment ${row.id} acts without an agent`);
  const token = await fence(tx, row);
  if (token === null) return { row, rest: true, until: plus(now, 5000) };
  const notAfter = allowed?.notAfter ?? plus(now, BACK_MS);
  const act = {
    id: tx.floor.newId('act'),
    deploymentId: row.id,
    agentId,
    step: at,
    back: row.back !== null,
    token,
    work,
    decisionId: allowed?.decision ?? null,
    notAfter,
    createdAt: now,
  };
  await insertAct(tx, act);
  const state = row.back === null ? 'acting' : 'rolling-back';
  const cause = row.back === null ? 'acting' : row.cause;
  return {
    row: await saveDeployment(tx, actor, environment.name, row, { leaseToken: token, cause, holdUntil: null, earliest: null }, state),
    rest: true,
    until: notAfter,
  };
}

/** The token of the place's lease: ours, or taken anew; null while somebody else's runs. */
async function fence(tx: Tx, row: Deployment): Promise<number | null> {
  const renewed = row.leaseToken === null ? null : await renewLease(tx, leaseName(row), row.leaseToken, LEASE_MS);
  const lease = renewed ?? (await acquireLease(tx, tx.org, leaseName(row), row.id, LEASE_MS));
  return lease?.token ?? null;
}

type Granted = { readonly row: Deployment; readonly answer: MayShipAnswer };

/** Asks, and on anything but yes waits, holds or ends. What is recorded: every yes, and every change of the answer. */
async function askMayShip(scene: Scene, row: Deployment, purpose: 'deploy' | 'rollback'): Promise<Granted | Left> {
  const { tx, port, actor, environment, now } = scene;
  const was = purpose === 'rollback' ? asWas(row) : null;
  const request = { releaseId: row.releaseId, environmentId: row.environmentId, actor, purpose, deploymentId: row.id, asWas: was };
  const look = await port.mayShip(tx, { ...request, record: false });
  const meaning = look.rules.map((rule) => `${rule.rule}=${rule.verdict}:${rule.reasons.map((reason) => reason.code).join('+')}`).join(' ');
  const news = look.verdict === 'allow' || row.lastAnswer === null || meaningOf(row) !== meaning;
  const answer = news ? await port.mayShip(tx, { ...request, record: true }) : look;
  const reasons = answer.rules
    .filter((rule) => answer.verdict === 'allow' || rule.verdict !== 'allow')
    .flatMap((rule) => rule.reasons)
    .slice(0, 20);
  const lastAnswer = {
    decision: answer.decision ?? row.lastAnswer?.decision ?? null,
    verdict: answer.verdict,
    reasons,
    intent: answer.intent,
    at: answer.at,
    meaning,
  };
  const changed = row.startedAt !== null && row.lastAnswer !== null && row.lastAnswer.intent !== answer.intent;
  const shifted = row.startedAt !== null;
  // What stands in the way, and not the checks beside it that passed.
  const inTheWay = reasons.filter((reason) => !SAYS_YES.has(reason.code));
  const why = (inTheWay.length === 0 ? reasons : inTheWay).map((reason) => reason.text).join(' ');
  const kept = news ? await saveDeployment(tx, actor, environment.name, row, { lastAnswer }) : row;
  if (changed && shifted) return { row: await goBack(scene, kept, 'what was allowed was changed meanwhile', null), rest: false };
  if (answer.verdict === 'allow') return { row: kept, answer };
  if (answer.verdict === 'deny') {
    if (shifted) return { row: await goBack(scene, kept, `denied between two waves: ${why}`, null), rest: false };
    return { row: await finish(scene, kept, 'failed', `denied: ${why}`), rest: true };
  }
  return await wait(scene, kept, answer, shifted, why, now);
}

function meaningOf(row: Deployment): string | null {
  return row.lastAnswer?.meaning ?? null;
}

/** Before the first act it waits as long as it takes; a half-shifted one is held for a while, watched, and then goes back. */
async function wait(scene: Scene, row: Deployment, answer: MayShipAnswer, shifted: boolean, why: string, now: Instant): Promise<Left> {
  const { tx, actor, environment } = scene;
  const holdUntil = shifted ? (row.holdUntil ?? plus(now, HOLD_MS)) : null;
  if (holdUntil !== null) {
    if (now >= holdUntil) return { row: await goBack(scene, row, `held too long: ${why}`, null), rest: false };
    if (answer.earliest !== null && answer.earliest > holdUntil)
      return { row: await goBack(scene, row, `it may not go on before ${answer.earliest}: ${why}`, null), rest: false };
    const bad = await worseMeanwhile(scene, row);
    if (bad !== null) return { row: await goBack(scene, row, bad, null), rest: false };
  }
  const changes = { holdUntil, earliest: answer.earliest, cause: why };
  const same = row.state === 'waiting' && row.cause === why && row.earliest === answer.earliest && row.holdUntil === holdUntil;
  const saved = same ? row : await saveDeployment(tx, actor, environment.name, row, changes, 'waiting');
  const soon = plus(now, shifted ? 1000 : ASK_AGAIN_MS);
  return {
    row: saved,
    rest: true,
    until: answer.earliest !== null && answer.earliest < soon && answer.earliest > now ? answer.earliest : soon,
  };
}

/** The first yes: what exactly it speaks of becomes what is done, and nothing else. */
async function begin(scene: Scene, row: Deployment, answer: MayShipAnswer): Promise<Deployment> {
  const { tx, actor, environment, now } = scene;
  const service = await serviceById(tx, row.serviceId);
  const run = answer.meant.run;
  if (service === null || run === null) return await finish(scene, row, 'failed', 'the catalog says no longer how the service is run');
  const digest = await deployable(tx, service.name, answer.meant.digests);
  if (digest === null) return await finish(scene, row, 'failed', 'the release has several artifacts and none is named after the service');
  const agent = await agentFor(tx, environment.agent);
  if (agent === null) return await finish(scene, row, 'failed', `no agent is named or labelled ${environment.agent}`);
  const slot = await slotOf(tx, row.serviceId, row.environmentId);
  const previous = previousOf(slot);
  const strategy = row.kind === 'rollback' ? ({ kind: 'all-at-once' } as const) : (answer.meant.plan as unknown as StrategySpec);
  const startOrder: StartOrder = {
    digest,
    version: row.versionName,
    release: row.releaseId as `rel_${string}`,
    run: agentRun(run),
    configuration: { ...answer.meant.configuration },
    dependsOn: row.kind === 'rollback' ? row.startOrder.dependsOn : service.dependsOn.map((one) => one.service),
  };
  const plan = planOf(strategy, { running: previous !== null, smoke: run.smoke === undefined ? null : run.smoke.command });
  const begun = await saveDeployment(tx, actor, environment.name, row, {
    digest,
    strategy,
    startOrder,
    plan,
    previous,
    agentId: agent.id,
    startedAt: now,
  });
  await tx.record(deploymentStarted, {
    subject: row.id,
    actor,
    service: row.serviceId,
    body: {
      release: row.releaseId,
      environment: environment.name,
      version: row.versionName,
      digest,
      kind: row.kind,
      decision: answer.decision,
      strategy: strategy.kind,
      agent: agent.id,
    },
  });
  return begun;
}

export function agentRun(run: RunSpec): StartOrder['run'] {
  return { command: [...run.command], portEnv: run.portEnv, health: run.health, readyWithinMs: run.readyWithinMs, env: { ...run.env } };
}

function previousOf(slot: Awaited<ReturnType<typeof slotOf>>): Previous | null {
  if (slot?.instance == null || slot.startOrder === null) return null;
  const { release, version, digest } = slot.startOrder;
  return { release, version, digest, instance: slot.instance };
}

/** Which of a release's artifacts is started: the only one, or the one named after the service. */
export async function deployable(tx: Tx, service: string, digests: readonly string[]): Promise<string | null> {
  const [only, ...more] = digests;
  if (only !== undefined && more.length === 0) return only;
  for (const digest of digests) if ((await artifactByDigest(tx, digest))?.name === service) return digest;
  return null;
}

/** The step as an order with names of instances in it. */
async function orderOf(tx: Tx, row: Deployment, step: Acting): Promise<Order> {
  const candidate = instanceOf(row, 'candidate') ?? '';
  switch (step.kind) {
    case 'start': {
      if (step.role === 'candidate') return { phase: 'start', instance: candidate, ...row.startOrder };
      const running = (await slotOf(tx, row.serviceId, row.environmentId))?.startOrder;
      if (running == null) throw new Error(`deployment ${row.id}: a baseline of nothing`);
      return { phase: 'start', instance: instanceOf(row, 'baseline') ?? '', ...running };
    }
    case 'weigh': {
      const roles = (['candidate', 'baseline', 'stable'] as const).filter((role) => step.weights[role] > 0);
      return {
        phase: 'weigh',
        weights: roles.map((role) => ({ instance: instanceOf(row, role) ?? '', weight: step.weights[role] })),
        observe: step.observe,
      };
    }
    case 'check':
      return { phase: 'check', instance: candidate };
    case 'smoke':
      return { phase: 'smoke', instance: candidate, command: [...step.command], timeoutMs: SMOKE_MS };
    case 'stop':
      return { phase: 'stop', instances: step.roles.flatMap((role) => instanceOf(row, role) ?? []), drainMs: DRAIN_MS };
  }
}

/**
 * The decision about the way back is recorded with it, whatever it says: the release gone back to still serves beside,
 * so this takes something away and ships nothing. It never waits for the answer.
 */
async function tellWayBack({ tx, port, actor }: Scene, row: Deployment): Promise<void> {
  // After a restore something may serve that these books have no release of: there is nothing to decide about it.
  if (row.previous === null || (await releaseById(tx, row.previous.release)) === null) return;
  const before = await bringerOf(tx, row.serviceId, row.environmentId, row.previous.release);
  await port.mayShip(tx, {
    releaseId: row.previous.release,
    environmentId: row.environmentId,
    actor,
    purpose: 'rollback',
    record: true,
    deploymentId: row.id,
    asWas: before === null ? null : asWas(before),
  });
}

/** How much longer an act may wait for its agent, in milliseconds. */
export function startWithin(notAfter: Instant, now: Instant): Millis {
  return Math.max(0, between(now, notAfter));
}
