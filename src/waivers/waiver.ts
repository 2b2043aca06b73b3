import type { Instant, Millis } from '../kernel/time.ts';
import { defineMachine } from '../kernel/machine.ts';

/**
 * The one shape for everything that suspends a rule for a while: a finding accepted, a check skipped, a freeze
 * overridden, a flaky test quarantined, an approval taken afterwards. A debt is the other side of a break-glass: a
 * rule that was passed over and is still owed.
 */
export const WAIVER_KINDS = ['finding', 'check', 'freeze', 'quarantine', 'approval', 'debt'] as const;
export type WaiverKind = (typeof WAIVER_KINDS)[number];

export const WAIVER_STATES = ['requested', 'approved', 'rejected', 'revoked', 'expired', 'paid'] as const;
export type WaiverState = (typeof WAIVER_STATES)[number];

export const waiverMachine = defineMachine<WaiverState>('waiver', 'requested', {
  requested: ['approved', 'rejected', 'revoked', 'expired'],
  approved: ['revoked', 'expired', 'paid'],
  rejected: [],
  revoked: [],
  expired: [],
  paid: [],
});

/** Where a waiver holds. Null is: everywhere inside what is named; the team is always named. */
export type WaiverScope = { readonly teamId: string; readonly serviceId: string | null; readonly environmentId: string | null };

export type Price = { readonly minor: number; readonly currency: string };

/** By whom and why the last step was made. */
export type Decided = { readonly by: string; readonly at: Instant; readonly reason: string | null };

export type Waiver = {
  readonly id: string;
  readonly kind: WaiverKind;
  readonly scope: WaiverScope;
  /** What exactly it lifts: `fingerprint:sha256:..`, `cve:CVE-..`, `purl:pkg:..`, or by kind a check, freeze, test or what is owed. */
  readonly subject: string;
  /** Person ids. */
  readonly owner: string;
  readonly requestedBy: string;
  readonly reason: string;
  readonly ticket: string;
  readonly price: Price | null;
  /** From this instant on it lifts nothing. For a debt: when it falls due. */
  readonly expiresAt: Instant;
  readonly state: WaiverState;
  readonly decided: Decided | null;
  readonly version: number;
  readonly createdAt: Instant;
};

const DAY = 86_400_000;

/** How long a waiver of each kind may last at most. */
export const LONGEST: Readonly<Record<WaiverKind, Millis>> = {
  finding: 90 * DAY,
  check: 14 * DAY,
  freeze: 7 * DAY,
  quarantine: 30 * DAY,
  approval: 7 * DAY,
  debt: 30 * DAY,
};

/** How many waivers of a team may be open (requested or approved) at once; debts don't count, they block by themselves. */
export const TEAM_CAP = 20;

/** Whether `waiver` lifts its rule at `now`. Time alone ends it: no job has to run for an expired waiver to block again. */
export function isActive(waiver: Waiver, now: Instant): boolean {
  return waiver.kind !== 'debt' && waiver.state === 'approved' && now < waiver.expiresAt;
}

/** Whether a waiver's scope takes in this place. */
export function covers(
  scope: WaiverScope,
  place: { readonly teamId: string; readonly serviceId: string; readonly environmentId: string | null },
): boolean {
  return (
    scope.teamId === place.teamId &&
    (scope.serviceId === null || scope.serviceId === place.serviceId) &&
    (scope.environmentId === null || scope.environmentId === place.environmentId)
  );
}

/** The waivers among `waivers` that hold at `now` in `place`. */
export function activeIn(waivers: readonly Waiver[], place: Parameters<typeof covers>[1], now: Instant): readonly Waiver[] {
  return waivers.filter((waiver) => isActive(waiver, now) && covers(waiver.scope, place));
}

/** What a waiver of a finding can name, by prefix of its subject. A path that is all wildcards would name everything, and is none. */
export const FINDING_SUBJECT =
  /^(?:fingerprint:sha256:[0-9a-f]{64}|cve:(?:CVE-\d{4}-\d{4,10}|GHSA(?:-[A-Z0-9]{4}){3})|(?:purl|licence):pkg:[\x21-\x7e]{1,900}|rule:[\x21-\x7e]{1,300}|path:(?![*/?.]+$)[\x21-\x7e]{1,900})$/;
