import type { Actor } from '../kernel/actor.ts';
import { personBehind } from '../kernel/actor.ts';
import { mayFollow } from '../kernel/machine.ts';
import type { Instant } from '../kernel/time.ts';
import { between } from '../kernel/time.ts';
import type { Waiver, WaiverKind, WaiverState } from './waiver.ts';
import { isActive, FINDING_SUBJECT, LONGEST, TEAM_CAP, waiverMachine } from './waiver.ts';

/** Why a step is refused; `waivers.problems.ts` has the sentences. */
export type Refusal =
  | { readonly why: 'expiry-out-of-range'; readonly kind: WaiverKind }
  | { readonly why: 'subject-unknown'; readonly subject: string }
  | { readonly why: 'cap-reached' }
  | { readonly why: 'not-a-person'; readonly actor: string }
  | { readonly why: 'own-waiver'; readonly waiver: string }
  | { readonly why: 'debt'; readonly waiver: string }
  | { readonly why: 'not-a-debt'; readonly waiver: string }
  | { readonly why: 'extended-already'; readonly waiver: string }
  | { readonly why: 'no-longer'; readonly waiver: string; readonly until: Instant }
  | { readonly why: 'already-decided'; readonly waiver: string; readonly state: WaiverState };

type Request = { readonly kind: WaiverKind; readonly subject: string; readonly expiresAt: Instant };

/** Why a request can't be taken, or null. `open` is how many waivers of the team are open already. */
export function refuseRequest(request: Request, open: number, now: Instant): Refusal | null {
  const lasts = between(now, request.expiresAt);
  if (!(lasts > 0 && lasts <= LONGEST[request.kind])) return { why: 'expiry-out-of-range', kind: request.kind };
  if (request.kind === 'finding' && !FINDING_SUBJECT.test(request.subject)) return { why: 'subject-unknown', subject: request.subject };
  return open >= TEAM_CAP ? { why: 'cap-reached' } : null;
}

/**
 * Why `actor` may not approve, or null. The approver is another PERSON than who asked and who owns it: neither a
 * second token nor a bot of theirs changes who they are, and a bot approves nothing.
 */
export function refuseApproval(waiver: Waiver, actor: Actor, now: Instant): Refusal | null {
  const person = personBehind(actor);
  if (actor.kind !== 'person' || person === null) return { why: 'not-a-person', actor: actor.kind };
  if (person === waiver.requestedBy || person === waiver.owner) return { why: 'own-waiver', waiver: waiver.id };
  if (waiver.state !== 'requested') return decidedAlready(waiver);
  return now >= waiver.expiresAt ? { why: 'already-decided', waiver: waiver.id, state: 'expired' } : null;
}

/** Why `actor` may not end the waiver as `to`, or null. Ending needs no second person: it only makes rules hold again. */
export function refuseEnd(waiver: Waiver, actor: Actor, to: 'rejected' | 'revoked'): Refusal | null {
  if (actor.kind !== 'person') return { why: 'not-a-person', actor: actor.kind };
  return mayFollow(waiverMachine, waiver.state, to) && waiver.kind !== 'debt' ? null : decidedAlready(waiver);
}

/** Why no more time can be asked for, or null: only what lifts a rule now can go on, to a later end, and is asked for once. */
export function refuseExtension(waiver: Waiver, expiresAt: Instant, extended: boolean, now: Instant): Refusal | null {
  if (!isActive(waiver, now)) return waiver.kind === 'debt' ? { why: 'debt', waiver: waiver.id } : decidedAlready(waiver, now);
  if (extended) return { why: 'extended-already', waiver: waiver.id };
  return expiresAt <= waiver.expiresAt ? { why: 'no-longer', waiver: waiver.id, until: waiver.expiresAt } : null;
}

/** Why `actor` may not say that a debt is paid, or null: the review afterwards is another person's than the debtor's. */
export function refusePayment(waiver: Waiver, actor: Actor): Refusal | null {
  if (actor.kind !== 'person') return { why: 'not-a-person', actor: actor.kind };
  if (waiver.kind !== 'debt') return { why: 'not-a-debt', waiver: waiver.id };
  if (waiver.state !== 'approved') return decidedAlready(waiver);
  // `decided` names the second person of the break-glass, who owes it as well.
  return [waiver.owner, waiver.requestedBy, waiver.decided?.by].includes(actor.id) ? { why: 'own-waiver', waiver: waiver.id } : null;
}

function decidedAlready(waiver: Waiver, now?: Instant): Refusal {
  const over = waiver.state === 'approved' && now !== undefined && now >= waiver.expiresAt;
  return { why: 'already-decided', waiver: waiver.id, state: over ? 'expired' : waiver.state };
}
