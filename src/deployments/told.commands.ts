import { lastVerified, whatRuns } from '../environments/environments.queries.ts';
import { setRunning } from '../environments/running.api.ts';
import { recordVerification } from '../environments/verification.api.ts';
import { digestOfValue } from '../kernel/digest.ts';
import type { Actor } from '../kernel/actor.ts';
import { toldBy } from '../kernel/told.ts';
import type { Tx } from '../platform/floor.ts';
import { nextToken } from '../platform/lease.store.ts';
import { releaseById } from '../releases/releases.queries.ts';
import { leaseName, type Deployment } from './deployment.ts';
import { saveDeployment } from './deployment.store.ts';
import { deploymentStarted, deploymentUnadmitted } from './deployments.events.ts';
import { noEarlierRelease, toldOfDeployment, unknownName } from './deployments.problems.ts';
import { externalDeployments, succeededLater } from './deployments.queries.ts';
import { finish } from './ending.work.ts';
import type { EnginePort } from './engine.port.ts';
import { isAdmitted, stepFor, toldOf, type ToldState } from './external.ts';
import {
  askFor,
  externalOf,
  externalPlace,
  insertExternal,
  locked,
  reasonsOf,
  type ExternalPlace,
  type Kind,
} from './external.commands.ts';

export type TellDeployment = {
  readonly release: string;
  readonly environment: string;
  readonly state: ToldState;
  readonly system: string;
  readonly id: string;
  readonly attempt: number;
  readonly url: string | null;
  readonly reason: string | null;
  readonly checks: readonly { readonly check: 'health' | 'smoke'; readonly verdict: 'passed' | 'failed' }[];
  /** For `rolled-back`: the release that runs again. */
  readonly to: string | null;
};

type Scene = {
  readonly tx: Tx;
  readonly port: EnginePort;
  readonly actor: Actor;
  readonly place: ExternalPlace;
  readonly ask: TellDeployment;
};
export type ToldDeployment = { readonly deployment: Deployment; readonly fresh: boolean };

/**
 * Writes down what a foreign tool tells of its deployment. It may come without having been asked for, late, or without
 * an allow: it is kept as what it is, and a deployment that was not allowed says so everywhere. Told twice is once.
 */
export async function recordDeployment(tx: Tx, port: EnginePort, actor: Actor, ask: TellDeployment): Promise<ToldDeployment> {
  const place = await externalPlace(tx, ask);
  const scene: Scene = { tx, port, actor, place, ask };
  const found = toldOf(await externalDeployments(tx, place.release.id, place.environment.id), ask);
  const row = found === null ? await insertExternal(tx, port, actor, place, await kindOf(scene)) : await locked(tx, found.id);
  const step = stepFor(row.state, ask.state);
  if (step === 'otherwise') throw toldOfDeployment({ deployment: row.id, state: row.state, told: ask.state });
  if (step === 'nothing') {
    await verify(scene, row);
    return { deployment: row, fresh: false };
  }
  if (step === 'go-back') return { deployment: await goBack(scene, row), fresh: true };
  const begun = step === 'end' ? row : await begin(scene, row);
  return { deployment: step === 'begin' ? begun : await end(scene, begun), fresh: true };
}

/** An older release over a newer one is a way back, also where nobody says so. */
async function kindOf({ tx, place }: Scene): Promise<Kind> {
  const running = await whatRuns(tx, place.service.id, place.environment.id);
  const current = running === null ? null : await releaseById(tx, running.releaseId);
  return current !== null && current.id !== place.release.id && current.createdAt > place.release.createdAt ? 'rollback' : 'deploy';
}

/** It begins: on the allow that it was given, or on what is answered now; without an allow it begins all the same, and is called so. */
async function begin({ tx, port, actor, place, ask }: Scene, before: Deployment): Promise<Deployment> {
  const { release, service, environment } = place;
  const given = externalOf(before).admission;
  const look = await port.mayShip(tx, {
    releaseId: release.id,
    environmentId: environment.id,
    actor,
    purpose: before.kind,
    record: false,
    deploymentId: before.id,
  });
  const held = isAdmitted(before, look.intent, await tx.now());
  const asked = held ? { deployment: before, answer: look } : await askFor(tx, port, actor, place, before);
  const decision = held && given !== null ? given.decision : asked.answer.decision;
  const verdict = held ? ('allow' as const) : asked.answer.verdict;
  const admitted = verdict === 'allow';
  const now = await tx.now();
  const { system, id, attempt, url } = ask;
  const external = {
    ...externalOf(asked.deployment),
    system,
    id,
    attempt,
    url,
    told: toldBy(actor),
    asked: before.lastAnswer !== null,
    decision,
    admitted,
    observed: service.observeOnly,
  };
  const why = reasonsOf(asked.answer).map(({ text }) => text).join(' '); // prettier-ignore
  const cause = admitted ? `${system} deploys it` : `${system} began without an allow: ${why}`;
  const row = await saveDeployment(
    tx,
    actor,
    environment.name,
    asked.deployment,
    { external, cause, startedAt: now, earliest: null, leaseToken: await nextToken(tx, tx.org, leaseName(asked.deployment)) },
    'acting',
  );
  const about = { release: release.id, environment: environment.name, version: release.versionName };
  const told = { subject: row.id, actor, service: service.id };
  // A start rests on an allow, or on nothing: a refusal stands in the fact that says so.
  const rests = admitted ? decision : null;
  await tx.record(deploymentStarted, {
    ...told,
    body: { ...about, digest: row.digest, kind: row.kind, decision: rests, strategy: 'external', agent: system },
  });
  if (!admitted) await tx.record(deploymentUnadmitted, { ...told, body: { ...about, verdict, decision, observed: service.observeOnly } });
  return row;
}

/**
 * It ends as told. What runs is what the latest start brought that succeeded (by fencing token), so that the words of two
 * tools about one place end the same in whatever order they come: an earlier start says nothing over a later one.
 */
async function end(scene: Scene, row: Deployment): Promise<Deployment> {
  const { tx, port, actor, place, ask } = scene;
  const { environment } = place;
  const on = { tx, port, actor, environment, now: await tx.now() };
  const because = ask.reason === null ? '' : `: ${ask.reason}`;
  const kept = externalOf(row).admitted === false ? `${row.cause} ` : '';
  if (ask.state === 'succeeded') {
    const recorded = await saveDeployment(tx, actor, environment.name, row, { recorded: true });
    const later = row.leaseToken === null ? null : await succeededLater(tx, row, row.leaseToken);
    if (later === null) await nowRuns(scene, recorded, row.releaseId, row.kind === 'rollback');
    await verify(scene, recorded);
    const fenced = later === null ? '' : `; ${later.versionName} began after it and runs`;
    return finish(on, recorded, 'succeeded', `${kept}${ask.system} deployed it${because}${fenced}`);
  }
  await verify(scene, row);
  if (ask.state === 'failed') return finish(on, row, 'failed', `${kept}${ask.system} says that it failed${because}`);
  const turning = await saveDeployment(tx, actor, environment.name, row, { cause: `${ask.system} goes back${because}` }, 'rolling-back');
  return finish(on, turning, 'rolled-back', `${kept}${ask.system} went back${because}`);
}

/** What had succeeded was gone back from: a deployment of its own, to the release that runs again. */
async function goBack(scene: Scene, from: Deployment): Promise<Deployment> {
  const { tx, port, actor, place, ask } = scene;
  const { service, environment } = place;
  const id = ask.to ?? (await lastVerified(tx, service.id, environment.id, from.releaseId))?.releaseId ?? null;
  if (id === null) throw noEarlierRelease({ environment: environment.name });
  const release = await releaseById(tx, id);
  if (release === null || release.serviceId !== service.id) throw unknownName({ what: 'release', name: id });
  const back: ExternalPlace = { ...place, release };
  const told = `${ask.id} back`.slice(-200);
  const before = (await externalDeployments(tx, release.id, environment.id)).find(
    (one) => one.external?.id === told && one.external.system === ask.system,
  );
  if (before !== undefined) return before;
  const asked = await insertExternal(tx, port, actor, back, 'rollback');
  const begun = await begin({ ...scene, place: back, ask: { ...ask, id: told } }, asked);
  return end({ ...scene, place: back, ask: { ...ask, state: 'succeeded', checks: [] } }, begun);
}

async function nowRuns({ tx, actor, place }: Scene, row: Deployment, releaseId: string, rollback: boolean): Promise<void> {
  const { release, service, environment } = place;
  await setRunning(tx, actor, {
    serviceId: service.id,
    environmentId: environment.id,
    releaseId,
    version: release.versionName,
    artifactDigests: release.digests,
    configurationDigest: digestOfValue(row.startOrder.configuration),
    deploymentId: row.id,
    rollback,
  });
}

/** What the tool found after its deployment, as verification of the release here; only of what runs by this deployment. */
async function verify({ tx, actor, place, ask }: Scene, row: Deployment): Promise<void> {
  if (ask.checks.length === 0 || row.startedAt === null) return;
  for (const { check, verdict } of ask.checks) {
    await recordVerification(tx, actor, {
      serviceId: place.service.id,
      environmentId: place.environment.id,
      releaseId: row.releaseId,
      deploymentId: row.id,
      check,
      verdict,
      evidence: ask.url,
      note: null,
    });
  }
}
