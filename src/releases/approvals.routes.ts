import { environmentById } from '../catalog/catalog.queries.ts';
import * as contract from '../contract/releases.ts';
import type { Digest } from '../kernel/digest.ts';
import { Problem } from '../kernel/problem.ts';
import type { Mounted } from '../platform/http/handler.ts';
import { mount, Refused } from '../platform/http/handler.ts';
import { notAllowed } from '../platform/platform.problems.ts';
import { voteOnRelease, withdrawFromRelease } from './approval.commands.ts';
import { mustRelease } from './releases.queries.ts';
import { namesOfVoters, placeOf, voteView } from './releases.views.ts';

/** A refusal is kept as a fact and told as a problem: the answer lets the transaction commit. */
export const castVoteRoute: Mounted = mount(contract.castVote, async ({ tx, actor, params, body, must }) => {
  const place = await placeOf(tx, await mustRelease(tx, params.release), body.environment);
  const on = { service: place.service.name, team: place.service.team, environment: place.environment.name };
  const mayVote = await must('approval.give', on).then(
    () => true,
    (error: unknown) => {
      // Who may not is refused on record; who must only sign in again has not voted yet.
      if (error instanceof Problem && error.code === notAllowed.code) return false;
      throw error;
    },
  );
  const { verdict, reason, version } = body;
  const order = { ...place, verdict, reason, version, intent: body.intent as Digest, onBehalfOf: body.onBehalfOf ?? null, mayVote };
  const { vote, refused } = await voteOnRelease(tx, actor, order);
  return vote === null
    ? new Refused(refused)
    : voteView(vote, body.environment, vote.intent, await tx.now(), await namesOfVoters(tx, [vote]));
});

export const withdrawVoteRoute: Mounted = mount(contract.withdrawVote, async ({ tx, actor, params, body }) => {
  const row = await mustRelease(tx, params.release);
  const nameOf = async (id: string): Promise<string> => (await environmentById(tx, id))?.name ?? id;
  const vote = await withdrawFromRelease(tx, actor, row, params.approval, body.reason);
  return voteView(vote, await nameOf(vote.environmentId), vote.intent, await tx.now(), await namesOfVoters(tx, [vote]));
});
