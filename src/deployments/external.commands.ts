import { environmentByName, serviceById } from '../catalog/catalog.queries.ts';
import { configurationIn, type Service } from '../catalog/service.ts';
import type { Environment } from '../catalog/environment.ts';
import { actorLabel, type Actor } from '../kernel/actor.ts';
import { toldBy } from '../kernel/told.ts';
import type { Tx } from '../platform/floor.ts';
import type { MayShipAnswer } from '../releases/may-ship.api.ts';
import { releaseById, type ReleaseRow } from '../releases/releases.queries.ts';
import { attachWayBack, supersede } from './deploy.commands.ts';
import type { Deployment, ExternalDeployment } from './deployment.ts';
import { insertDeployment, lockDeployment, lockSlot, saveDeployment } from './deployment.store.ts';
import { deploymentRequested } from './deployments.events.ts';
import { abandonedRelease, notATarget, unknownName, weDeploy } from './deployments.problems.ts';
import { deploymentById, externalDeployments } from './deployments.queries.ts';
import type { EnginePort } from './engine.port.ts';

/** A place that a foreign tool deploys to, its slot locked. */
export type ExternalPlace = { readonly release: ReleaseRow; readonly service: Service; readonly environment: Environment };
export type Kind = Deployment['kind'];

/** The release and the place, or the problem that says why nobody else deploys there. Locks the slot. */
export async function externalPlace(tx: Tx, ask: { readonly release: string; readonly environment: string }): Promise<ExternalPlace> {
  const release = await releaseById(tx, ask.release);
  if (release === null) throw unknownName({ what: 'release', name: ask.release });
  const environment = await environmentByName(tx, ask.environment);
  if (environment === null) throw unknownName({ what: 'environment', name: ask.environment });
  const service = await serviceById(tx, release.serviceId);
  if (service === null) throw unknownName({ what: 'service', name: release.serviceId });
  if (environment.deployedBy !== 'external' && !service.observeOnly)
    throw weDeploy({ service: service.name, environment: environment.name });
  await lockSlot(tx, service.id, environment.id);
  return { release, service, environment };
}

/**
 * Asks whether a foreign tool may deploy now. The deployment that waits for the answer is kept, so that people see what
 * waits for them; an allow is recorded each time, any other answer when it changes. The allow uses the approvals up.
 */
export async function askAdmission(
  tx: Tx,
  port: EnginePort,
  actor: Actor,
  ask: { readonly release: string; readonly environment: string; readonly purpose: Kind },
): Promise<{ readonly deployment: Deployment; readonly answer: MayShipAnswer; readonly service: Service }> {
  const place = await externalPlace(tx, ask);
  const { release, service, environment } = place;
  if (release.state === 'abandoned') throw abandonedRelease({ release: release.id });
  if (!release.targets.includes(environment.name)) throw notATarget({ release: release.id, environment: environment.name });
  const open = (await externalDeployments(tx, release.id, environment.id)).find(
    (one) => one.finishedAt === null && one.startedAt === null && one.kind === ask.purpose,
  );
  const row = open === undefined ? await insertExternal(tx, port, actor, place, ask.purpose) : await locked(tx, open.id);
  const asked = await askFor(tx, port, actor, place, row);
  return { ...asked, service };
}

/** Asks mayShip for this deployment, and keeps the answer where it is news. */
export async function askFor(
  tx: Tx,
  port: EnginePort,
  actor: Actor,
  { release, environment }: ExternalPlace,
  row: Deployment,
): Promise<{ readonly deployment: Deployment; readonly answer: MayShipAnswer }> {
  const request = { releaseId: release.id, environmentId: environment.id, actor, purpose: row.kind, deploymentId: row.id };
  const look = await port.mayShip(tx, { ...request, record: false });
  const meaning = look.rules.map((rule) => `${rule.rule}=${rule.verdict}:${rule.reasons.map((reason) => reason.code).join('+')}`).join(' ');
  const before = row.lastAnswer;
  if (look.verdict !== 'allow' && before !== null && before.meaning === meaning)
    return { deployment: row, answer: { ...look, decision: before.decision } };
  const answer = await port.mayShip(tx, { ...request, record: true });
  const reasons = reasonsOf(answer);
  const { decision, verdict, intent, at, notAfter } = answer;
  const admission = verdict === 'allow' && decision !== null ? { decision, intent, notAfter } : null;
  const lastAnswer = { decision, verdict, reasons, intent, at, meaning };
  const external: ExternalDeployment = { ...externalOf(row), admission, observed: answer.observed === true };
  const cause = verdict === 'allow' ? `allowed until ${notAfter}` : reasons.map(({ text }) => text).join(' ');
  const changes = { lastAnswer, external, cause, earliest: answer.earliest };
  const to = row.state === 'requested' ? 'waiting' : row.state;
  return { deployment: await saveDeployment(tx, actor, environment.name, row, changes, to), answer };
}

/** What an answer rests on: of a yes everything, of any other answer what is open. */
export function reasonsOf(answer: MayShipAnswer) {
  return answer.rules
    .filter((rule) => answer.verdict === 'allow' || rule.verdict !== 'allow')
    .flatMap((rule) => rule.reasons)
    .slice(0, 20);
}

/** A deployment that a foreign tool does and that has not begun. What waits here for a foreign tool is superseded by it. */
export async function insertExternal(tx: Tx, port: EnginePort, actor: Actor, place: ExternalPlace, kind: Kind): Promise<Deployment> {
  const { release, service, environment } = place;
  if (kind === 'deploy') await attachWayBack(tx, actor, release, environment);
  await supersede(tx, port, actor, { service, environment, release, kind });
  const [digest = ''] = release.digests;
  const id = tx.floor.newId('dep');
  await insertDeployment(tx, {
    ...freshExternal(place, kind, digest),
    id,
    requestedBy: actorLabel(actor),
    requestedAt: await tx.now(),
    external: freshDetails(actor, service),
  });
  const { versionName: version } = release;
  const body = { release: release.id, environment: environment.name, version, digest, kind, previous: null, reasonDigest: null };
  await tx.record(deploymentRequested, { subject: id, actor, service: service.id, body });
  return locked(tx, id);
}

function freshDetails(actor: Actor, service: Service): ExternalDeployment {
  const told = toldBy(actor);
  return {
    system: null,
    id: null,
    attempt: 1,
    url: null,
    told,
    admission: null,
    asked: false,
    decision: null,
    admitted: null,
    observed: service.observeOnly,
  };
}

function freshExternal(
  { release, service, environment }: ExternalPlace,
  kind: Kind,
  digest: string,
): Omit<Deployment, 'version' | 'id' | 'requestedBy' | 'requestedAt' | 'external'> {
  return {
    serviceId: service.id,
    environmentId: environment.id,
    releaseId: release.id,
    versionName: release.versionName,
    digest,
    kind,
    state: 'requested',
    cause: 'a foreign tool asks',
    reason: null,
    strategy: { kind: 'all-at-once' },
    // Nothing is started by us: kept is what it meant, for who reads it.
    startOrder: {
      digest,
      version: release.versionName,
      release: release.id as `rel_${string}`,
      run: { command: [], portEnv: 'PORT', health: '/', readyWithinMs: 1, env: {} },
      configuration: { ...configurationIn(service, environment.name) },
      dependsOn: [],
    },
    plan: [],
    step: 0,
    back: null,
    backStep: 0,
    previous: null,
    agentId: null,
    leaseToken: null,
    holds: false,
    recorded: false,
    stepSince: null,
    holdUntil: null,
    earliest: null,
    lastAnswer: null,
    cancelReason: null,
    cancelBy: null,
    startedAt: null,
    finishedAt: null,
  };
}

/** The row, locked; it is there. */
export async function locked(tx: Tx, id: string): Promise<Deployment> {
  const row = (await lockDeployment(tx, id)) ?? (await deploymentById(tx, id));
  if (row === null) throw new Error(`the deployment ${id} is gone under its lock`);
  return row;
}

export function externalOf(row: Deployment): ExternalDeployment {
  if (row.external === null) throw new Error(`deployment ${row.id} is our own, and was told of as another's`);
  return row.external;
}
