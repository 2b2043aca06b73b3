import type { Actor } from '../kernel/actor.ts';
import { personBehind } from '../kernel/actor.ts';
import { digestOf } from '../kernel/digest.ts';
import type { BodyOf, EventKind } from '../kernel/event.ts';
import type { Problem } from '../kernel/problem.ts';
import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import type { Refusal } from './decide.ts';
import { refuseApproval, refuseEnd, refuseExtension, refusePayment, refuseRequest } from './decide.ts';
import { countOpen, insertWaiver, isExtended, lockWaiver, moveWaiver } from './waiver.store.ts';
import type { Price, Waiver, WaiverKind, WaiverScope, WaiverState } from './waiver.ts';
import {
  debtPaid,
  waiverApproved,
  waiverExpired,
  waiverRefused,
  waiverRejected,
  waiverRequested,
  waiverRevoked,
} from './waivers.events.ts';
import { noSuchWaiver, notAPerson, problemOf, stale } from './waivers.problems.ts';

export const EXPIRE_TASK = 'waivers.expire';

export type WaiverRequest = {
  readonly kind: Exclude<WaiverKind, 'debt'>;
  readonly scope: WaiverScope;
  readonly subject: string;
  /** Null: the person who asks. */
  readonly owner: string | null;
  readonly reason: string;
  readonly ticket: string;
  readonly price: Price | null;
  readonly expiresAt: Instant;
};

/** Asks for a waiver. It lifts nothing until another person approves it. `former`: the one that it goes on from. */
export async function requestWaiver(tx: Tx, actor: Actor, request: WaiverRequest, former: string | null = null): Promise<Waiver> {
  const person = personBehind(actor);
  if (person === null) throw notAPerson({ actor: actor.kind });
  const open = await countOpen(tx, request.scope.teamId, await tx.now());
  const now = await tx.now();
  const refused = refuseRequest(request, open, now);
  if (refused !== null) throw problemOf(refused);
  const waiver: Waiver = {
    ...request,
    id: tx.floor.newId('wvr'),
    owner: request.owner ?? person,
    requestedBy: person,
    expiresAt: new Date(request.expiresAt).toISOString(),
    state: 'requested',
    decided: null,
    version: 1,
    createdAt: now,
  };
  await insertWaiver(tx, waiver, former);
  const body = { ...factOf(waiver), ...(former === null ? {} : { extends: former }) };
  await tx.record(waiverRequested, { subject: waiver.id, actor, body, service: waiver.scope.serviceId });
  await tx.wake(EXPIRE_TASK, waiver.id, { waiver: waiver.id }, waiver.expiresAt);
  return waiver;
}

type Extension = {
  readonly waiver: string;
  readonly version: number;
  readonly reason: string;
  readonly ticket: string | null;
  readonly expiresAt: Instant;
};

/**
 * Asks for more time for a waiver that holds: a request of its own for the same, which another person has to approve. The
 * one that holds ends when it was to end, whatever becomes of the request.
 */
export async function extendWaiver(tx: Tx, actor: Actor, asked: Extension): Promise<Waiver> {
  const waiver = await lockWaiver(tx, asked.waiver);
  if (waiver === null) throw noSuchWaiver({ waiver: asked.waiver });
  if (waiver.version !== asked.version) throw stale({ waiver: waiver.id, version: waiver.version });
  const now = await tx.now();
  const expiresAt = new Date(asked.expiresAt).toISOString();
  const refused = refuseExtension(waiver, expiresAt, await isExtended(tx, waiver.id, now), now);
  if (refused !== null) throw problemOf(refused);
  const { scope, subject, owner, price } = waiver;
  const kind = waiver.kind as WaiverRequest['kind'];
  const request = { kind, scope, subject, owner, price, reason: asked.reason, ticket: asked.ticket ?? waiver.ticket, expiresAt };
  return requestWaiver(tx, actor, request, waiver.id);
}

type Step = { readonly waiver: string; readonly version: number; readonly reason: string | null };

/** Approves, as another person. A refusal for who asks is recorded and returned as the problem; the caller lets it commit. */
export async function approveWaiver(tx: Tx, actor: Actor, step: Step): Promise<Waiver | Problem> {
  return decide(tx, actor, step, 'approved', waiverApproved, (waiver, now) => refuseApproval(waiver, actor, now));
}

/** Turns a request down; needs a reason. */
export async function rejectWaiver(tx: Tx, actor: Actor, step: Step & { readonly reason: string }): Promise<Waiver | Problem> {
  return decide(tx, actor, step, 'rejected', waiverRejected, (waiver) => refuseEnd(waiver, actor, 'rejected'));
}

/** Ends a waiver early: its rule holds again at once. */
export async function revokeWaiver(tx: Tx, actor: Actor, step: Step & { readonly reason: string }): Promise<Waiver | Problem> {
  return decide(tx, actor, step, 'revoked', waiverRevoked, (waiver) => refuseEnd(waiver, actor, 'revoked'));
}

/** Says that a debt is paid, as another person than the debtor. */
export async function payDebt(tx: Tx, actor: Actor, step: Step & { readonly reason: string }): Promise<Waiver | Problem> {
  return decide(tx, actor, step, 'paid', debtPaid, (waiver) => refusePayment(waiver, actor));
}

type DecidedKind = EventKind<string, BodyOf<typeof waiverApproved>>;

async function decide(
  tx: Tx,
  actor: Actor,
  step: Step,
  to: WaiverState,
  kind: DecidedKind,
  refuse: (waiver: Waiver, now: Instant) => Refusal | null,
): Promise<Waiver | Problem> {
  const waiver = await lockWaiver(tx, step.waiver);
  if (waiver === null) throw noSuchWaiver({ waiver: step.waiver });
  const now = await tx.now();
  const by = personBehind(actor) ?? actor.id;
  const about = { subject: waiver.id, actor, service: waiver.scope.serviceId };
  const refused = refuse(waiver, now);
  if (refused !== null) {
    await tx.record(waiverRefused, { ...about, body: { kind: waiver.kind, subject: waiver.subject, by, why: refused.why } });
    return problemOf(refused);
  }
  if (waiver.version !== step.version) throw stale({ waiver: waiver.id, version: waiver.version });
  const decided = { by, at: now, reason: step.reason };
  if (!(await moveWaiver(tx, waiver, to, decided))) throw stale({ waiver: waiver.id, version: waiver.version });
  const reasonDigest = step.reason === null ? null : digestOf(step.reason);
  await tx.record(kind, { ...about, body: { kind: waiver.kind, subject: waiver.subject, by, reasonDigest } });
  return { ...waiver, state: to, decided, version: waiver.version + 1 };
}

/** Notes that a waiver has ended. It had stopped lifting its rule at that instant already; this is for the record. */
export async function expireWaiver(tx: Tx, actor: Actor, id: string): Promise<void> {
  const waiver = await lockWaiver(tx, id);
  if (waiver === null || waiver.kind === 'debt' || (waiver.state !== 'requested' && waiver.state !== 'approved')) return;
  if ((await tx.now()) < waiver.expiresAt) return;
  await moveWaiver(tx, waiver, 'expired', null);
  const body = { kind: waiver.kind, subject: waiver.subject, expiresAt: waiver.expiresAt };
  await tx.record(waiverExpired, { subject: waiver.id, actor, body, service: waiver.scope.serviceId });
}

/** The body of the facts that open a waiver or a debt. */
export function factOf(waiver: Waiver): BodyOf<typeof waiverRequested> {
  const { kind, scope, subject, owner, requestedBy, ticket, expiresAt, price } = waiver;
  return {
    kind,
    scope: { team: scope.teamId, service: scope.serviceId, environment: scope.environmentId },
    subject,
    owner,
    requestedBy,
    ticket,
    expiresAt,
    price,
    reasonDigest: digestOf(waiver.reason),
  };
}
