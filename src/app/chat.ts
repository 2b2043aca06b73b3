import { environmentByName, mustEnvironment, serviceById } from '../catalog/catalog.queries.ts';
import type { ChatActs } from '../comms/chat/acts.port.ts';
import type { Action } from '../contract/actions.ts';
import { ACTIONS } from '../contract/actions.ts';
import { asksForFresh } from '../identity/fresh.ts';
import { bindingsOf } from '../identity/identity.queries.ts';
import { may, type About } from '../identity/permission.ts';
import type { Actor } from '../kernel/actor.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Tx } from '../platform/floor.ts';
import { notAllowed } from '../platform/platform.problems.ts';
import { voteOnRelease } from '../releases/approval.commands.ts';
import { createFreeze } from '../releases/calendar/freezes.commands.ts';
import { holdRelease } from '../releases/hold.commands.ts';
import { mustRelease } from '../releases/releases.queries.ts';
import { placeOf } from '../releases/releases.views.ts';

/** Whether this person may do it there: their roles, by the same rule as at every door. */
async function can(tx: Tx, actor: Actor, action: Action, on: About): Promise<boolean> {
  return may(actor, actor.kind === 'person' ? await bindingsOf(tx, actor.id) : [], action, on);
}

async function must(tx: Tx, actor: Actor, action: Action, on: About): Promise<void> {
  if (await can(tx, actor, action, on)) return;
  throw notAllowed({ action, on: Object.values(on).join(', ') || 'the organisation', roles: ACTIONS[action] });
}

/** What a chat may do, joined to the commands that do it. */
export const chatActs: ChatActs = {
  async vote(tx, actor, { release, environment, verdict, reason, intent, version }) {
    const place = await placeOf(tx, await mustRelease(tx, release), environment);
    const on = { service: place.service.name, team: place.service.team, environment: place.environment.name };
    const mayVote = await can(tx, actor, 'approval.give', on);
    const order = { ...place, verdict, reason, version, intent: intent as Digest, onBehalfOf: null, mayVote };
    const cast = await voteOnRelease(tx, actor, order);
    return { refused: cast.vote === null ? `${cast.refused.sentence} ${cast.refused.remedy}` : null };
  },
  needsFresh: (tx, environment) =>
    asksForFresh('approval.give', async () => ((await environmentByName(tx, environment))?.kind ?? 'production') === 'production'),
  async hold(tx, actor, id, reason, version) {
    const release = await mustRelease(tx, id);
    const service = await serviceById(tx, release.serviceId);
    await must(tx, actor, 'release.ready', service === null ? {} : { service: service.name, team: service.team });
    await holdRelease(tx, actor, id, reason, version);
  },
  async stop(tx, actor, scope, ticket, reason) {
    if (scope.environment !== undefined) await mustEnvironment(tx, scope.environment);
    await must(tx, actor, 'freeze.write', {});
    const when = { kind: 'once' as const, from: await tx.now(), until: null };
    await createFreeze(tx, actor, { kind: 'deny', scope, reason, ticket, when, exempt: [], onRunning: 'pause' });
  },
  mustSee: (tx, actor, on) => must(tx, actor, 'release.read', on),
};
