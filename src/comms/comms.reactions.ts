import { environmentById, serviceById } from '../catalog/catalog.queries.ts';
import { approvalGiven, approvalRejected, approvalVoided, approvalWithdrawn } from '../changes/changes.events.ts';
import { voteById } from '../changes/changes.queries.ts';
import type { Deployment } from '../deployments/deployment.ts';
import { deploymentFinished, deploymentMoved, deploymentRequested, deploymentStarted } from '../deployments/deployments.events.ts';
import { deploymentById } from '../deployments/deployments.queries.ts';
import { incidentDetected, incidentResolved } from '../environments/environments.events.ts';
import { incidentById } from '../environments/environments.queries.ts';
import { roleMay, ROLES } from '../contract/actions.ts';
import { holdersOf, personLabel } from '../identity/identity.queries.ts';
import { plus } from '../kernel/time.ts';
import type { EventKind } from '../kernel/event.ts';
import type { Fact, Reaction, Sweeper, Tx } from '../platform/floor.ts';
import { releaseById } from '../releases/releases.queries.ts';
import { planAttached, releaseAbandoned, releaseCreated, releaseHeld, releaseHoldEnded } from '../releases/releases.events.ts';
import { waiverExpired, waiverRequested } from '../waivers/waivers.events.ts';
import { waiverById } from '../waivers/waivers.queries.ts';
import { placeNames, teamOf, waiversEnding } from './comms.queries.ts';
import { LOOK_TASK } from './look.work.ts';
import { dueNotices, unreminded } from './notice.store.ts';
import { allMailSettings } from './setting.store.ts';
import { DIGEST_TASK, SEND_TASK, tell } from './tell.commands.ts';
import * as words from './words.ts';

const DAY = 86_400_000;
const SOON_MS = 3 * DAY;
/** Facts come in bursts; one look after them is enough. */
const LOOK_AFTER_MS = 1000;

/** What is told of a fact by itself. */
const TELLERS: ReadonlyMap<string, (tx: Tx, fact: Fact) => Promise<void>> = new Map([
  [approvalGiven.type, tellVote],
  [approvalRejected.type, tellVote],
  [deploymentStarted.type, (tx, fact) => tellDeployment(tx, fact, () => 'began')],
  [deploymentFinished.type, (tx, fact) => tellDeployment(tx, fact, ({ state }) => state as words.Step)],
  [
    deploymentMoved.type,
    (tx, fact) => ((fact.body as { to: string }).to === 'unknown' ? tellDeployment(tx, fact, () => 'unknown') : Promise.resolve()),
  ],
  [releaseHeld.type, tellHold],
  [releaseHoldEnded.type, tellHold],
  [incidentDetected.type, (tx, fact) => tellIncident(tx, fact, false)],
  [incidentResolved.type, (tx, fact) => tellIncident(tx, fact, true)],
  [waiverRequested.type, (tx, fact) => tellWaiver(tx, fact.subject, 'asked')],
  [waiverExpired.type, (tx, fact) => tellWaiver(tx, fact.subject, 'over')],
]);

/** Facts after which of whom something is asked may be another answer. */
const LOOKED: readonly EventKind[] = [
  approvalGiven,
  approvalRejected,
  approvalVoided,
  approvalWithdrawn,
  deploymentRequested,
  deploymentStarted,
  deploymentMoved,
  deploymentFinished,
  planAttached,
  releaseAbandoned,
  releaseCreated,
  releaseHeld,
  releaseHoldEnded,
];

/** Every fact that somebody may be told of. */
export const HEARD: readonly EventKind[] = [...LOOKED, incidentDetected, incidentResolved, waiverRequested, waiverExpired];

/** Tells who should know of a fact, and looks anew at its release. */
export const onNewsForPeople: Reaction = {
  name: 'comms.tell',
  async run(floor, fact) {
    await floor.db.tx(fact.org, async (tx) => {
      await TELLERS.get(fact.type)?.(tx, fact);
      const release = fact.subject.startsWith('rel_') ? fact.subject : (fact.body as { release?: string }).release;
      if (release !== undefined && LOOKED.some((kind) => kind.type === fact.type))
        await tx.wake(LOOK_TASK, release, { release }, plus(await tx.now(), LOOK_AFTER_MS));
    });
  },
};

async function released(tx: Tx, id: string, environmentId: string | null) {
  const release = await releaseById(tx, id);
  const service = release === null ? null : await serviceById(tx, release.serviceId);
  if (release === null || service === null) return null;
  const environment = environmentId === null ? null : await environmentById(tx, environmentId);
  return {
    of: { id, service: service.name, version: release.versionName },
    place: { team: service.team, service: service.name, environment: environment?.name ?? null },
    requester: release.requestedBy,
  };
}

async function nameOf(tx: Tx, id: string): Promise<string> {
  return (await personLabel(tx, [id])).get(id) ?? 'somebody';
}

async function tellVote(tx: Tx, fact: Fact): Promise<void> {
  const { release } = fact.body as { release: string };
  const vote = await voteById(tx, fact.subject, release);
  const found = await released(tx, release, vote.environmentId);
  if (found === null || found.place.environment === null) return;
  const message = words.decidedWords(found.of, found.place.environment, vote.verdict, await nameOf(tx, vote.person), vote.reason);
  const persons = found.requester === null || found.requester === vote.person ? [] : [found.requester];
  await tell(tx, { message, mark: `vote:${vote.id}`, persons, place: found.place, release });
}

async function tellDeployment(tx: Tx, fact: Fact, stepOf: (row: Deployment) => words.Step): Promise<void> {
  const row = await deploymentById(tx, fact.subject);
  const found = row === null ? null : await released(tx, row.releaseId, row.environmentId);
  if (row === null || found === null || found.place.environment === null) return;
  const step = stepOf(row);
  const message = words.deploymentWords(found.of, found.place.environment, step, row.kind, step === 'began' ? '' : row.cause);
  const asker = row.requestedBy.startsWith('person:') ? [row.requestedBy.slice('person:'.length)] : [];
  const persons = [...(found.requester === null ? [] : [found.requester]), ...asker];
  await tell(tx, { message, mark: `deployment:${row.id}:${step}`, persons, place: found.place, release: row.releaseId });
}

async function tellHold(tx: Tx, fact: Fact): Promise<void> {
  const found = await released(tx, fact.subject, null);
  if (found === null) return;
  const { person } = fact.body as { person: string };
  const held = fact.type === releaseHeld.type;
  const reason = held ? ((await releaseById(tx, fact.subject))?.held?.reason ?? '') : '';
  const message = words.heldWords(found.of, held, await nameOf(tx, person), reason);
  const persons = found.requester === null || found.requester === person ? [] : [found.requester];
  await tell(tx, { message, mark: `hold:${fact.id}`, persons, place: found.place, release: fact.subject });
}

async function tellIncident(tx: Tx, fact: Fact, resolved: boolean): Promise<void> {
  const incident = await incidentById(tx, fact.subject);
  if (incident === null) return;
  const service = incident.serviceId === null ? null : await serviceById(tx, incident.serviceId);
  const environment = incident.environmentId === null ? null : ((await environmentById(tx, incident.environmentId))?.name ?? null);
  const place = { team: service?.team ?? null, service: service?.name ?? null, environment };
  const message = words.incidentWords({ ...incident, service: place.service, environment, resolved });
  const persons = service === null ? [] : await teamOf(tx, service.id);
  await tell(tx, { message, mark: `incident:${incident.id}:${resolved ? 'resolved' : 'open'}`, persons, place, release: null });
}

async function tellWaiver(tx: Tx, id: string, what: 'asked' | 'soon' | 'over'): Promise<void> {
  const waiver = await waiverById(tx, id);
  if (waiver === null || waiver.kind === 'debt' || (what === 'asked' && waiver.state !== 'requested')) return;
  const place = await placeNames(tx, waiver.scope);
  const where = [place.service ?? `team ${place.team}`, ...(place.environment === null ? [] : [`in ${place.environment}`])].join(' ');
  const message = words.waiverWords({ id, kind: waiver.kind, subject: waiver.subject, place: where, what, until: waiver.expiresAt });
  const deciders = ROLES.filter((role) => roleMay(role, 'waiver.decide'));
  const holders =
    what === 'asked'
      ? await holdersOf(tx, deciders, { team: place.team, service: place.service ?? '', environment: place.environment ?? '' })
      : [];
  const persons =
    what === 'asked' ? holders.map((one) => one.id).filter((one) => one !== waiver.requestedBy && one !== waiver.owner) : [waiver.owner];
  await tell(tx, { message, mark: `waiver:${id}:${what}`, persons, place, release: null });
}

/** Messages whose wake was lost, reminders whose time has come, and waivers that end soon. */
export const commsSweepers: readonly Sweeper[] = [
  {
    name: 'comms.due',
    async sweep(tx) {
      for (const { id, org, state, receiver } of await dueNotices(tx, await tx.now(), 200))
        if (state === 'digest') await tx.wake(DIGEST_TASK, receiver, { person: receiver, org });
        else await tx.wake(SEND_TASK, id, { notice: id, org });
    },
  },
  {
    name: 'comms.remind',
    async sweep(tx) {
      const now = await tx.now();
      for (const { org, answerWithinMs, remindBeforeMs } of await allMailSettings(tx)) {
        const inside = { ...tx, org };
        for (const release of await unreminded(tx, org, plus(now, remindBeforeMs - answerWithinMs), 50))
          await tx.wake(LOOK_TASK, release, { release, org });
        for (const { id } of await waiversEnding(tx, org, now, plus(now, SOON_MS))) await tellWaiver(inside, id, 'soon');
      }
    },
  },
];
