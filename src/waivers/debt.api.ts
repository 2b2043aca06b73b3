import type { Actor } from '../kernel/actor.ts';
import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { factOf } from './waiver.commands.ts';
import { insertWaiver, openDebts } from './waiver.store.ts';
import type { Waiver, WaiverScope } from './waiver.ts';
import { debtOpened } from './waivers.events.ts';

export type NewDebt = {
  readonly scope: WaiverScope;
  /** What is owed, for people: `the approval of rel_..., taken afterwards`. */
  readonly what: string;
  /** The person who owes it. */
  readonly owner: string;
  /** The second person of the break-glass, where the policy asked for one. */
  readonly second: string | null;
  readonly reason: string;
  readonly ticket: string;
  readonly due: Instant;
};

/** Opens a debt inside the transaction of the act that passed a rule over; answers its id. */
export async function openDebt(tx: Tx, actor: Actor, debt: NewDebt): Promise<string> {
  const now = await tx.now();
  const waiver: Waiver = {
    id: tx.floor.newId('wvr'),
    kind: 'debt',
    scope: debt.scope,
    subject: debt.what,
    owner: debt.owner,
    requestedBy: debt.owner,
    reason: debt.reason,
    ticket: debt.ticket,
    price: null,
    expiresAt: debt.due,
    state: 'approved',
    decided: debt.second === null ? null : { by: debt.second, at: now, reason: null },
    version: 1,
    createdAt: now,
  };
  await insertWaiver(tx, waiver);
  await tx.record(debtOpened, { subject: waiver.id, actor, body: factOf(waiver), service: debt.scope.serviceId });
  return waiver.id;
}

/** What the team still owes, oldest first: due or not, each blocks its next standard release. */
export async function unpaidDebts(
  tx: Tx,
  teamId: string,
): Promise<readonly { readonly id: string; readonly due: Instant; readonly what: string }[]> {
  return (await openDebts(tx, teamId)).map((debt) => ({ id: debt.id, due: debt.expiresAt, what: debt.subject }));
}

export { payDebt } from './waiver.commands.ts';
