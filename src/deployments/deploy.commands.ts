import { environmentById, environmentByName, environmentsInOrder, serviceById, serviceByName } from '../catalog/catalog.queries.ts';
import { configurationIn, type RunSpec, type Service } from '../catalog/service.ts';
import type { Environment } from '../catalog/environment.ts';
import { lastVerified, wasVerified, whatRuns } from '../environments/environments.queries.ts';
import { actorLabel, type Actor } from '../kernel/actor.ts';
import { digestOf } from '../kernel/digest.ts';
import type { Tx } from '../platform/floor.ts';
import { stale } from '../platform/platform.problems.ts';
import { mustStillMean } from '../releases/seen.api.ts';
import { attachPlan } from '../releases/plan.api.ts';
import { releaseById, type ReleaseRow } from '../releases/releases.queries.ts';
import { agentFor } from './agents.queries.ts';
import { asWas, type Deployment } from './deployment.ts';
import { insertDeployment, lockDeployment, lockSlot, saveDeployment } from './deployment.store.ts';
import { deploymentRequested } from './deployments.events.ts';
import {
  abandonedRelease,
  alreadyOver,
  ambiguousArtifact,
  deployedElsewhere,
  noAgent,
  noSuchDeployment,
  nothingToGoBackTo,
  nothingToRun,
  notATarget,
  notVerifiedHere,
  olderRelease,
  onlyObserved,
  unknownName,
} from './deployments.problems.ts';
import { bringerOf, deploymentById, openDeployments } from './deployments.queries.ts';
import { ADVANCE, finish } from './ending.work.ts';
import type { EnginePort } from './engine.port.ts';
import { agentRun, deployable } from './giving.work.ts';
import { rollbackPlanOf } from './rollback-plan.ts';
import { planOf } from './strategy.ts';

/**
 * Asks for a release to go to an environment. It begins when may-ship allows it and its place is free; one that still
 * waits there is superseded. An older release over a newer one is refused: that is what a rollback is for.
 */
export async function requestDeployment(
  tx: Tx,
  port: EnginePort,
  actor: Actor,
  ask: { readonly release: string; readonly environment: string; readonly intent?: string | null },
): Promise<Deployment> {
  const release = await releaseById(tx, ask.release);
  if (release === null) throw unknownName({ what: 'release', name: ask.release });
  if (release.state === 'abandoned') throw abandonedRelease({ release: release.id });
  const environment = await environmentByName(tx, ask.environment);
  if (environment === null) throw unknownName({ what: 'environment', name: ask.environment });
  if (!release.targets.includes(environment.name)) throw notATarget({ release: release.id, environment: environment.name });
  const service = await serviceById(tx, release.serviceId);
  if (service === null) throw unknownName({ what: 'service', name: release.serviceId });
  await lockSlot(tx, service.id, environment.id);
  await mustStillMean(tx, release, environment, ask.intent ?? null);
  const running = await whatRuns(tx, service.id, environment.id);
  const current = running === null ? null : await releaseById(tx, running.releaseId);
  if (current !== null && current.id !== release.id && current.createdAt > release.createdAt) {
    throw olderRelease({ version: release.versionName, running: current.versionName, environment: environment.name });
  }
  await attachWayBack(tx, actor, release, environment);
  return await request(tx, port, actor, { service, environment, release, kind: 'deploy', reason: null, was: null });
}

/** Asks for the way back: to the release that was verified here last, or to a named one that was. What comes just now is stopped. */
export async function requestRollback(
  tx: Tx,
  port: EnginePort,
  actor: Actor,
  ask: {
    readonly service: string;
    readonly environment: string;
    readonly reason: string;
    readonly to: string | null;
    /** The release that whoever asks saw running. */
    readonly from?: string | null;
  },
): Promise<Deployment> {
  const service = await serviceByName(tx, ask.service);
  if (service === null) throw unknownName({ what: 'service', name: ask.service });
  const environment = await environmentByName(tx, ask.environment);
  if (environment === null) throw unknownName({ what: 'environment', name: ask.environment });
  await lockSlot(tx, service.id, environment.id);
  // Half way there, the way back is to turn round: what is good still runs beside.
  const coming = (await openDeployments(tx, service.id, environment.id)).find(
    (one) => one.startedAt !== null && one.kind === 'deploy' && one.back === null,
  );
  if (coming !== undefined && ask.to === null)
    return await cancelDeployment(tx, port, actor, { deployment: coming.id, reason: ask.reason });
  const running = await whatRuns(tx, service.id, environment.id);
  if (ask.from != null && running?.releaseId !== ask.from) throw stale({ what: `What runs of ${service.name} in ${environment.name}` });
  const target = ask.to ?? (await lastVerified(tx, service.id, environment.id, running?.releaseId ?? null))?.releaseId ?? null;
  if (target === null) throw nothingToGoBackTo({ service: service.name, environment: environment.name });
  const release = await releaseById(tx, target);
  if (release === null || release.serviceId !== service.id) throw unknownName({ what: 'release', name: target });
  if (!(await wasVerified(tx, service.id, environment.id, release.id)))
    throw notVerifiedHere({ release: release.id, environment: environment.name });
  const was = await bringerOf(tx, service.id, environment.id, release.id);
  if (was === null) throw notVerifiedHere({ release: release.id, environment: environment.name });
  return await request(tx, port, actor, { service, environment, release, kind: 'rollback', reason: ask.reason, was });
}

type Wanted = {
  readonly service: Service;
  readonly environment: Environment;
  readonly release: ReleaseRow;
  readonly kind: 'deploy' | 'rollback';
  readonly reason: string | null;
  /** For the way back: the deployment that brought the release here when it was good. */
  readonly was: Deployment | null;
};

async function request(tx: Tx, port: EnginePort, actor: Actor, wanted: Wanted): Promise<Deployment> {
  const { service, environment, release, kind, reason } = wanted;
  if (environment.deployedBy === 'external') throw deployedElsewhere({ environment: environment.name });
  if (service.observeOnly) throw onlyObserved({ service: service.name });
  const run = wanted.was === null ? service.run : asWas(wanted.was).run;
  if (run === null) throw nothingToRun({ service: service.name });
  const agent = await agentFor(tx, environment.agent);
  if (agent === null) throw noAgent({ agent: environment.agent, environment: environment.name });
  const digest = await deployable(tx, service.name, release.digests);
  if (digest === null) throw ambiguousArtifact({ service: service.name, names: release.digests });
  await supersede(tx, port, actor, wanted);
  const now = await tx.now();
  const running = await whatRuns(tx, service.id, environment.id);
  const id = tx.floor.newId('dep');
  const row: Omit<Deployment, 'version'> = {
    ...freshRow(wanted, run, digest, running !== null),
    id,
    requestedBy: actorLabel(actor),
    agentId: agent.id,
    requestedAt: now,
  };
  await insertDeployment(tx, row);
  const body = {
    release: release.id,
    environment: environment.name,
    version: release.versionName,
    digest,
    kind,
    previous: running?.releaseId ?? null,
    reasonDigest: reason === null ? null : digestOf(reason),
  };
  await tx.record(deploymentRequested, { subject: id, actor, service: service.id, body });
  await tx.wake(ADVANCE, id, { deployment: id });
  return (await deploymentById(tx, id)) as Deployment;
}

/** A deployment that nobody has begun. */
function freshRow(
  wanted: Wanted,
  run: RunSpec,
  digest: string,
  running: boolean,
): Omit<Deployment, 'version' | 'id' | 'requestedBy' | 'agentId' | 'requestedAt'> {
  const { service, environment, release, kind, reason } = wanted;
  const strategy = kind === 'rollback' ? ({ kind: 'all-at-once' } as const) : environment.strategy;
  return {
    serviceId: service.id,
    environmentId: environment.id,
    releaseId: release.id,
    versionName: release.versionName,
    digest,
    kind,
    state: 'requested',
    cause: 'requested',
    reason,
    strategy,
    // Shown until the first yes; what is started then is what that answer speaks of.
    startOrder: wanted.was?.startOrder ?? {
      digest,
      version: release.versionName,
      release: release.id as `rel_${string}`,
      run: agentRun(run),
      configuration: { ...configurationIn(service, environment.name) },
      dependsOn: service.dependsOn.map((one) => one.service),
    },
    plan: planOf(strategy, { running, smoke: run.smoke?.command ?? null }),
    step: 0,
    back: null,
    backStep: 0,
    previous: null,
    leaseToken: null,
    holds: false,
    recorded: false,
    stepSince: null,
    holdUntil: null,
    earliest: null,
    lastAnswer: null,
    cancelReason: null,
    cancelBy: null,
    external: null,
    startedAt: null,
    finishedAt: null,
  };
}

/** Ends what waits in this place and has not begun: the newer request takes its turn. */
export async function supersede(
  tx: Tx,
  port: EnginePort,
  actor: Actor,
  { service, environment, release, kind }: Pick<Wanted, 'service' | 'environment' | 'release' | 'kind'>,
): Promise<void> {
  for (const waiting of await openDeployments(tx, service.id, environment.id)) {
    const row = await lockDeployment(tx, waiting.id);
    if (row === null || row.finishedAt !== null || row.startedAt !== null) continue;
    // Going back comes first: what is newer waits behind it.
    if (row.kind === 'rollback' && kind === 'deploy') continue;
    await finish({ tx, port, actor, environment, now: await tx.now() }, row, 'cancelled', `superseded by ${release.versionName}`);
  }
}

/** Stops a deployment. Before its first act it ends here; after it, the engine turns it round as soon as no act is going on. */
export async function cancelDeployment(
  tx: Tx,
  port: EnginePort,
  actor: Actor,
  ask: { readonly deployment: string; readonly reason: string },
): Promise<Deployment> {
  const row = await lockDeployment(tx, ask.deployment);
  if (row === null) throw noSuchDeployment({ deployment: ask.deployment });
  if (row.finishedAt !== null) throw alreadyOver({ deployment: row.id, state: row.state });
  const environment = await environmentById(tx, row.environmentId);
  if (environment === null) throw unknownName({ what: 'environment', name: row.environmentId });
  if (row.startedAt === null)
    return await finish({ tx, port, actor, environment, now: await tx.now() }, row, 'cancelled', `cancelled: ${ask.reason}`);
  if (row.cancelReason !== null) return row;
  const saved = await saveDeployment(tx, actor, environment.name, row, { cancelReason: ask.reason, cancelBy: actorLabel(actor) });
  await tx.wake(ADVANCE, row.id, { deployment: row.id });
  return saved;
}

/** Makes and attaches the way back of a release for one environment; its strategy stays what the environment says. */
export async function attachWayBack(tx: Tx, actor: Actor, release: ReleaseRow, environment: Environment): Promise<void> {
  const running = await whatRuns(tx, release.serviceId, environment.id);
  const rollbackPlan = rollbackPlanOf(release.schemaChange, running !== null && running.releaseId !== release.id ? running : null);
  await attachPlan(tx, { actor, releaseId: release.id, environmentId: environment.id, plan: null, rollbackPlan });
}

/** The environments that a release goes to by itself once it is good in `environment` (null: at its beginning). */
export async function nextEnvironments(tx: Tx, release: ReleaseRow, environment: string | null): Promise<Environment[]> {
  if (release.plan !== 'continuous' || release.state !== 'open') return [];
  // What is only observed, and where a foreign tool deploys, nothing goes by itself.
  if ((await serviceById(tx, release.serviceId))?.observeOnly === true) return [];
  const targets = (await environmentsInOrder(tx)).filter((one) => release.targets.includes(one.name));
  return targets.filter((one) => {
    if (one.deployedBy === 'external') return false;
    const before = one.after.filter((name) => release.targets.includes(name));
    return environment === null ? before.length === 0 : before.includes(environment);
  });
}
