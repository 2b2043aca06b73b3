import { environmentById } from '../catalog/catalog.queries.ts';
import * as contract from '../contract/releases.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Mounted } from '../platform/http/handler.ts';
import { mount } from '../platform/http/handler.ts';
import { voteOnRelease, withdrawFromRelease } from './approval.commands.ts';
import { noSuchRelease } from './releases.problems.ts';
import { releaseById } from './releases.queries.ts';
import { placeOf, voteView } from './releases.views.ts';

/**
 * Opens its own transaction, because a refusal is kept as a fact and told as a problem: first committed, then thrown.
 * The same request sent again answers the same vote, so that it needs no Idempotency-Key.
 */
export const castVoteRoute: Mounted = mount(contract.castVote, async ({ floor, actor, params, body }) => {
  const done = await floor.db.tx(actor.org, async (tx) => {
    const row = await releaseById(tx, params.release);
    if (row === null) throw noSuchRelease({ release: params.release });
    const place = await placeOf(tx, row, body.environment);
    const { verdict, reason, version, onBehalfOf } = body;
    const outcome = await voteOnRelease(tx, actor, {
      ...place,
      verdict,
      reason,
      version,
      intent: body.intent as Digest,
      onBehalfOf: onBehalfOf ?? null,
    });
    return { outcome, now: await tx.now() };
  });
  const { vote, refused } = done.outcome;
  if (vote === null) throw refused;
  return voteView(vote, body.environment, vote.intent, done.now);
});

export const withdrawVoteRoute: Mounted = mount(contract.withdrawVote, async ({ tx, actor, params, body }) => {
  const row = await releaseById(tx, params.release);
  if (row === null) throw noSuchRelease({ release: params.release });
  const nameOf = async (id: string): Promise<string> => (await environmentById(tx, id))?.name ?? id;
  const vote = await withdrawFromRelease(tx, actor, row, params.approval, body.reason);
  return voteView(vote, await nameOf(vote.environmentId), vote.intent, await tx.now());
});
