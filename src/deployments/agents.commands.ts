import { environmentById, environmentByName, serviceById, serviceByName } from '../catalog/catalog.queries.ts';
import type { Act, ActResult, Sample, SlotPicture } from '../contract/agent.ts';
import { actorLabel, system, type Actor } from '../kernel/actor.ts';
import { digestOf, digestOfValue, type Digest } from '../kernel/digest.ts';
import { plus, type Instant } from '../kernel/time.ts';
import { setRunning } from '../environments/running.api.ts';
import type { Floor, Tx } from '../platform/floor.ts';
import { Refused } from '../platform/http/handler.ts';
import { holdsLease } from '../platform/lease.store.ts';
import { notSignedIn } from '../platform/platform.problems.ts';
import { releaseById } from '../releases/releases.queries.ts';
import { agentFor, keyDigest } from './agents.queries.ts';
import {
  endAgent,
  extendClaim,
  insertAgent,
  insertBreakGlass,
  insertRegistration,
  takeAct,
  touchAgent,
  useRegistration,
} from './agents.store.ts';
import { asWas, leaseName, waveOf, type Deployment, type DeploymentAct } from './deployment.ts';
import { insertSamples, lockAct, lockDeployment, lockSlot, moveAct, setPicture, setServing } from './deployment.store.ts';
import { actRecorded, agentRegistered, agentRevoked, brokeGlass, registrationMade, staleActRefused } from './deployments.events.ts';
import { agentNameTaken, badRegistration, noSuchDeployment, notItsAgent, staleAct, unknownName } from './deployments.problems.ts';
import { actById, deploymentById, goodDeployments, slotOf } from './deployments.queries.ts';
import { ADVANCE } from './ending.work.ts';
import type { EnginePort } from './engine.port.ts';
import { startWithin } from './giving.work.ts';

/** How long an agent may be silent while it acts. */
export const CLAIM_MS = 15_000;

/** Makes a single-use registration token; only its digest is kept. */
export async function makeRegistration(
  tx: Tx,
  actor: Actor,
  ask: { readonly labels: readonly string[]; readonly expiresInMs: number },
): Promise<{ registration: string; expiresAt: Instant }> {
  const now = await tx.now();
  const id = tx.floor.newId('reg');
  const registration = `ym_areg_${tx.floor.randomHex(32)}`;
  const expiresAt = plus(now, ask.expiresInMs);
  await insertRegistration(tx, {
    id,
    secretDigest: keyDigest(registration),
    labels: ask.labels,
    expiresAt,
    createdBy: actorLabel(actor),
    now,
  });
  await tx.record(registrationMade, { subject: id, actor, body: { labels: [...ask.labels], expiresAt } });
  return { registration, expiresAt };
}

/** Lets an agent in by its single-use token. */
export async function register(
  tx: Tx,
  ask: { readonly registration: string; readonly name: string },
): Promise<{ agent: `agt_${string}`; key: string; labels: string[] }> {
  const now = await tx.now();
  const id = tx.floor.newId('agt');
  const used = await useRegistration(tx, keyDigest(ask.registration), id, now);
  if (used === null) throw badRegistration({});
  const key = `ym_agt_${tx.floor.randomHex(32)}`;
  if (!(await insertAgent(tx, { id, name: ask.name, labels: used.labels, keyDigest: keyDigest(key), now })))
    throw agentNameTaken({ name: ask.name });
  await tx.record(agentRegistered, {
    subject: id,
    actor: { kind: 'agent', id, org: tx.org },
    body: { labels: used.labels, registration: used.id },
  });
  return { agent: id, key, labels: used.labels };
}

/**
 * Revokes an agent: its key stops working at once and it gets no further act. What it was doing when its claim ends, and
 * will never be told, ends as failed and says so; what it started keeps running on its machine.
 */
export async function revokeAgent(tx: Tx, actor: Actor, id: string): Promise<void> {
  const ended = await endAgent(tx, id, await tx.now());
  if (ended === null) throw unknownName({ what: 'agent', name: id });
  await tx.record(agentRevoked, { subject: id, actor, body: { deployments: ended.deployments } });
  for (const deployment of ended.deployments) await tx.wake(ADVANCE, deployment, { deployment });
  // A poll that waits asks again and is refused.
  await tx.notify('agent', id);
}

type Ask = { readonly session: string; readonly doing: readonly string[]; readonly waitMs: number; readonly version?: string | null };

/** Waits for an act for this agent and takes it. */
export async function claim(floor: Floor, port: EnginePort, agent: Actor, ask: Ask, signal: AbortSignal): Promise<Act | null> {
  const until = performance.now() + ask.waitMs;
  for (;;) {
    const watch = floor.bus.watch([`agent:${agent.id}`], signal);
    try {
      const act = await floor.db.tx(agent.org, (tx) => take(tx, port, agent, ask));
      if (act !== null) return act;
      const left = until - performance.now();
      if (left <= 0 || signal.aborted) return null;
      // Looked again now and then: a lost contact lapses without anybody saying so.
      await watch.next(Math.min(left, 5000));
    } finally {
      watch.close();
    }
  }
}

async function take(tx: Tx, port: EnginePort, agent: Actor, ask: Ask): Promise<Act | null> {
  if (!(await touchAgent(tx, agent.id, ask.session, ask.version ?? null, await tx.now()))) throw notSignedIn({});
  const now = await tx.now();
  const act = await takeAct(tx, agent.id, ask.session, ask.doing, now);
  const row = act === null ? null : await deploymentById(tx, act.deploymentId);
  if (act === null || row === null) return null;
  if (act.state === 'queued' && !((await holdsLease(tx, leaseName(row), act.token)) && (await stillAllowed(tx, port, row, act)))) {
    // Somebody else has the place by now, or its leave has ended: this act must never begin.
    await moveAct(tx, act.id, ['queued'], 'withdrawn', { finishedAt: now });
    await tx.wake(ADVANCE, row.id, { deployment: row.id });
    return null;
  }
  await moveAct(tx, act.id, [act.state], 'claimed', { session: ask.session, claimUntil: plus(now, CLAIM_MS), claimedAt: now });
  await tx.wake(ADVANCE, `${row.id}:claim`, { deployment: row.id }, plus(now, CLAIM_MS + 100));
  const service = await serviceById(tx, row.serviceId);
  const environment = await environmentById(tx, row.environmentId);
  return {
    act: act.id as Act['act'],
    deployment: row.id as Act['deployment'],
    service: service?.name ?? '',
    environment: environment?.name ?? '',
    token: act.token,
    order: act.work,
    startWithinMs: startWithin(act.notAfter, now),
  };
}

/**
 * Whether what an act was allowed by still allows it: between the decision and the agent's coming somebody may have
 * stopped the line, revoked the bytes, or changed what was meant. Ways back and acts that nobody was asked about pass.
 */
async function stillAllowed(tx: Tx, port: EnginePort, row: Deployment, act: DeploymentAct): Promise<boolean> {
  if (act.decisionId === null || act.back) return true;
  const { releaseId, environmentId, kind: purpose, id: deploymentId } = row;
  const question = { releaseId, environmentId, purpose, deploymentId, actor: system(tx.org, 'deployments'), record: false };
  const answer = await port.mayShip(tx, { ...question, asWas: purpose === 'rollback' ? asWas(row) : null });
  return answer.verdict === 'allow' && answer.intent === row.lastAnswer?.intent;
}

/** The agent still works on the act. */
export async function heartbeat(tx: Tx, agent: Actor, act: string, token: number): Promise<{ cancel: boolean } | Refused> {
  const now = await tx.now();
  if (await extendClaim(tx, act, agent.id, token, plus(now, CLAIM_MS))) return { cancel: false };
  return new Refused(staleAct({ act }));
}

/** The end of an act, as its agent tells it. Told again it answers the same; told by somebody else it is refused and recorded. */
export async function finishAct(tx: Tx, agent: Actor, id: string, token: number, result: ActResult): Promise<{ accepted: true } | Refused> {
  const found = await actById(tx, id);
  // Always deployment before act: the engine locks in this order too.
  const seen = found === null ? null : await lockDeployment(tx, found.deploymentId);
  const act = seen === null ? null : await lockAct(tx, id);
  if (seen === null || act === null) return new Refused(staleAct({ act: id }));
  if (act.agentId === agent.id && act.token === token && act.result !== null) return { accepted: true };
  const mine = act.agentId === agent.id && act.token === token;
  const now = await tx.now();
  if (
    !mine ||
    !(await moveAct(tx, id, ['claimed', 'unknown'], result.outcome === 'expired' ? 'withdrawn' : result.outcome, {
      finishedAt: now,
      result,
    }))
  ) {
    await tx.record(staleActRefused, {
      subject: seen.id,
      actor: agent,
      service: seen.serviceId,
      body: { act: id, agent: agent.id, token, state: act.state },
    });
    return new Refused(staleAct({ act: id }));
  }
  const environment = await environmentById(tx, seen.environmentId);
  await tx.record(actRecorded, {
    subject: seen.id,
    actor: agent,
    service: seen.serviceId,
    body: recorded(act, environment?.name ?? '', result),
  });
  if (result.slot !== null) await setPicture(tx, seen.serviceId, seen.environmentId, result.slot, now);
  await tx.wake(ADVANCE, seen.id, { deployment: seen.id });
  return { accepted: true };
}

function recorded(act: DeploymentAct, environment: string, result: ActResult) {
  return {
    act: act.id,
    phase: act.work.phase,
    environment,
    outcome: result.outcome,
    token: act.token,
    agent: act.agentId,
    digest: act.work.phase === 'start' ? act.work.digest : null,
    decision: act.decisionId,
    tookMs: result.tookMs,
  };
}

/** Keeps traffic counts of a deployment of this agent and lets it be judged. */
export async function takeSamples(tx: Tx, agent: Actor, deployment: string, samples: readonly Sample[]): Promise<{ observe: boolean }> {
  const row = await deploymentById(tx, deployment);
  if (row === null || row.agentId !== agent.id) throw noSuchDeployment({ deployment });
  if (row.finishedAt !== null) return { observe: false };
  await insertSamples(tx, row.id, waveOf(row), samples, await tx.now());
  await tx.wake(ADVANCE, `${row.id}:samples`, { deployment: row.id });
  return { observe: true };
}

/** The digest whose bytes an act is about; only for the agent that has taken it. */
export async function digestForAgent(tx: Tx, agent: Actor, id: string): Promise<Digest> {
  const act = await actById(tx, id);
  if (act === null || act.agentId !== agent.id || !['claimed', 'unknown'].includes(act.state) || act.work.phase !== 'start')
    throw staleAct({ act: id });
  return act.work.digest as Digest;
}

export type BreakGlassReport = {
  readonly act: string;
  readonly service: string;
  readonly environment: string;
  readonly reason: string;
  readonly operator: string;
  readonly at: number;
  readonly from: { readonly digest: string; readonly release: string } | null;
  readonly to: { readonly digest: string; readonly release: string };
  readonly slot: SlotPicture;
};

/** Takes a rollback that was done without us into the books: what runs, and a fact that says who says so. */
export async function takeBreakGlass(tx: Tx, agent: Actor, report: BreakGlassReport): Promise<{ accepted: true }> {
  const service = await serviceByName(tx, report.service);
  const environment = await environmentByName(tx, report.environment);
  if (service === null) throw unknownName({ what: 'service', name: report.service });
  if (environment === null) throw unknownName({ what: 'environment', name: report.environment });
  await lockSlot(tx, service.id, environment.id);
  const slot = await slotOf(tx, service.id, environment.id);
  const its = slot?.agentId ?? (await agentFor(tx, environment.agent))?.id;
  if (its !== agent.id) throw notItsAgent({ service: service.name, environment: environment.name });
  const now = await tx.now();
  const row = { act: report.act, agent: agent.id, serviceId: service.id, environmentId: environment.id, body: report, now };
  if (!(await insertBreakGlass(tx, row))) return { accepted: true };
  const good = (await goodDeployments(tx, service.id, environment.id)).find((one) => one.releaseId === report.to.release);
  const release = await releaseById(tx, report.to.release);
  const serving = report.slot.instances.find((one) => one.weight > 0);
  await tx.record(brokeGlass, {
    subject: good?.id ?? slot?.deploymentId ?? report.act,
    actor: agent,
    service: service.id,
    body: {
      act: report.act,
      environment: environment.name,
      from: report.from?.release ?? null,
      to: report.to.release,
      toDigest: report.to.digest,
      agent: agent.id,
      saidAt: new Date(report.at).toISOString(),
      reasonDigest: digestOf(report.reason),
    },
  });
  await setPicture(tx, service.id, environment.id, report.slot, now);
  if (good === undefined || release === null || serving === undefined) return { accepted: true };
  await setServing(tx, service.id, environment.id, {
    agentId: agent.id,
    deploymentId: good.id,
    releaseId: release.id,
    instance: serving.instance,
    startOrder: good.startOrder,
  });
  await setRunning(tx, agent, {
    serviceId: service.id,
    environmentId: environment.id,
    releaseId: release.id,
    version: release.versionName,
    artifactDigests: release.digests,
    configurationDigest: digestOfValue(good.startOrder.configuration),
    deploymentId: good.id,
    rollback: true,
  });
  return { accepted: true };
}
