import { environmentById } from '../catalog/catalog.queries.ts';
import type { Environment } from '../catalog/environment.ts';
import type { Service } from '../catalog/service.ts';
import { castVote, withdrawVote, type Cast } from '../changes/changes.api.ts';
import { voteById, type StoredVote } from '../changes/changes.queries.ts';
import { delegatorsOf } from '../identity/identity.queries.ts';
import type { Actor } from '../kernel/actor.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Tx } from '../platform/floor.ts';
import { rolesOver } from './approval-facts.queries.ts';
import { loadInputs } from './inputs.queries.ts';
import { bumpTarget, lockTarget } from './release.store.ts';
import { abandoned, noSuchEnvironment, noSuchRelease } from './releases.problems.ts';
import type { ReleaseRow } from './releases.queries.ts';

/** The task that tells of a vote's end. */
export const EXPIRY_TASK = 'releases.vote-expiry';

export type VoteOrder = {
  readonly release: ReleaseRow;
  readonly service: Service;
  readonly environment: Environment;
  readonly verdict: 'approve' | 'reject';
  readonly reason: string;
  readonly intent: Digest;
  /** The target's row version that the voter saw. */
  readonly version: number;
  readonly onBehalfOf: string | null;
  /** Whether the one authorisation point lets this actor vote here at all: a narrow token or a missing role does not. */
  readonly mayVote: boolean;
};

/**
 * Casts a vote. The target is locked first, then everything the vote is judged by is read, so that approve and modify
 * are one after the other: a vote is for what stands, or it is refused. A refusal is an outcome, not a throw, because
 * its record must be committed.
 */
export async function voteOnRelease(tx: Tx, actor: Actor, order: VoteOrder): Promise<Cast> {
  const { release, service, environment } = order;
  if (release.state === 'abandoned') throw abandoned({ release: release.id });
  if (!release.targets.includes(environment.name)) throw noSuchEnvironment({ environment: environment.name });
  const target = await lockTarget(tx, release.id, environment.id, await tx.now());
  const loaded = await loadInputs(tx, { releaseId: release.id, environmentId: environment.id, purpose: 'deploy', deploymentId: null });
  if (loaded === null || loaded === 'no-environment') throw noSuchRelease({ release: release.id });
  const { route, intent, involvement } = loaded.inputs.approvals;
  const person = actor.kind === 'person' ? actor.id : null;
  const seat = order.onBehalfOf ?? person;
  const cast = await castVote(tx, actor, {
    releaseId: release.id,
    serviceId: service.id,
    changeId: release.changeId,
    environmentId: environment.id,
    environment: environment.name,
    verdict: order.verdict,
    reason: order.reason,
    route,
    ballot: {
      person,
      onBehalfOf: order.onBehalfOf,
      mandates: person === null ? [] : await delegatorsOf(tx, person),
      involvement,
      roles: seat === null || !order.mayVote ? [] : await rolesOver(tx, seat, service, environment),
      seen: { intent: order.intent, version: order.version },
      current: { intent, version: target.version },
    },
  });
  if (cast.vote !== null) await tx.wake(EXPIRY_TASK, cast.vote.id, { vote: cast.vote.id, release: release.id }, cast.vote.expiresAt);
  return cast;
}

/** Takes one's vote back until an act has used it. The target gets a new version: the old request sent again is nothing. */
export async function withdrawFromRelease(
  tx: Tx,
  actor: Actor,
  release: ReleaseRow,
  approval: string,
  reason: string,
): Promise<StoredVote> {
  const seen = await voteById(tx, approval, release.id);
  const environment = (await environmentById(tx, seen.environmentId))?.name ?? seen.environmentId;
  const target = await lockTarget(tx, release.id, seen.environmentId, await tx.now());
  const vote = await withdrawVote(tx, actor, seen, environment, reason);
  await bumpTarget(tx, target);
  return vote;
}
