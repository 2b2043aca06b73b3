import { actorLabel, personBehind, type Actor } from '../kernel/actor.ts';
import type { Tx } from '../platform/floor.ts';
import { environmentVerified, verificationFailed, verificationRevoked } from './environments.events.ts';
import type { CheckVerdict, Verification, VerificationCheck } from './verification.ts';
import { findVerifications, insertVerification, lockVerifications, markRevoked } from './verification.store.ts';

export type CheckResult = {
  readonly serviceId: string;
  readonly environmentId: string;
  readonly releaseId: string;
  readonly deploymentId: string | null;
  readonly check: VerificationCheck;
  readonly verdict: CheckVerdict;
  /** What it rests on: the id of an act or run, or a digest. */
  readonly evidence?: string | null;
  readonly note?: string | null;
};

/**
 * Records what a check said, inside the caller's transaction. A failure revokes what the same check said in favour
 * before. A further pass while one stands (same deployment) is noted once: answers the word that stands.
 */
export async function recordVerification(tx: Tx, actor: Actor, result: CheckResult): Promise<Verification> {
  const { serviceId, environmentId, releaseId, deploymentId, check, verdict } = result;
  await lockVerifications(tx, serviceId, environmentId, releaseId);
  const said = (await findVerifications(tx, serviceId, environmentId, releaseId)).filter((word) => word.check === check);
  const by = actorLabel(actor);
  const last = said.at(-1);
  // A person who looks again says something new; a probe that repeats itself does not.
  if (check !== 'person' && last !== undefined && last.revoked === null && last.verdict === verdict && last.deploymentId === deploymentId)
    return last;
  const at = await tx.now();
  const id = tx.floor.newId('ver');
  const evidence = result.evidence ?? null;
  const word = { id, serviceId, environmentId, releaseId, deploymentId, check, verdict, by, at };
  const person = actor.kind === 'person' ? personBehind(actor) : null;
  await insertVerification(tx, { ...word, personId: person, evidence, note: result.note ?? null });
  const body = { service: serviceId, environment: environmentId, release: releaseId, deployment: deploymentId, check, person, evidence };
  await tx.record(verdict === 'passed' ? environmentVerified : verificationFailed, { subject: id, actor, service: serviceId, body });
  if (verdict === 'failed') await revokeAll(tx, actor, said, 'failed-later', 'the same check failed later');
  await tx.notify('verification', releaseId);
  return { ...word, revoked: null };
}

/** Takes back every standing verification of a release in an environment; answers how many. Nothing downstream may rest on them. */
export async function revokeVerifications(
  tx: Tx,
  actor: Actor,
  place: { readonly serviceId: string; readonly environmentId: string; readonly releaseId: string; readonly reason: string },
): Promise<number> {
  await lockVerifications(tx, place.serviceId, place.environmentId, place.releaseId);
  const said = await findVerifications(tx, place.serviceId, place.environmentId, place.releaseId);
  const count = await revokeAll(tx, actor, said, 'taken-back', place.reason);
  if (count > 0) await tx.notify('verification', place.releaseId);
  return count;
}

async function revokeAll(
  tx: Tx,
  actor: Actor,
  said: readonly Verification[],
  because: 'failed-later' | 'taken-back',
  reason: string,
): Promise<number> {
  const standing = said.filter((word) => word.verdict === 'passed' && word.revoked === null);
  for (const word of standing) {
    if (!(await markRevoked(tx, word.id, await tx.now(), reason))) continue;
    const { serviceId, environmentId, releaseId, check } = word;
    await tx.record(verificationRevoked, {
      subject: word.id,
      actor,
      service: serviceId,
      body: { service: serviceId, environment: environmentId, release: releaseId, check, because },
    });
  }
  return standing.length;
}
