import type { DebtView } from '../../contract/debts.ts';
import type { Actor } from '../../kernel/actor.ts';
import type { Instant } from '../../kernel/time.ts';
import { refuseApproval, refuseEnd, refuseExtension, refusePayment, type Refusal } from '../../waivers/decide.ts';
import { isActive, TEAM_CAP, type Waiver } from '../../waivers/waiver.ts';

const TITLES: Readonly<Record<DebtView['kind'], string>> = {
  finding: 'Finding accepted',
  check: 'Check skipped',
  freeze: 'Freeze overridden',
  quarantine: 'Test in quarantine',
  approval: 'Approval suspended',
  debt: 'Debt of a break-glass',
  'break-glass': 'Break-glass',
};

/** What a kind of exception is, for people. */
export function titleOf(kind: DebtView['kind']): string {
  return TITLES[kind];
}

/** What happens when it ends, for people. */
export function thenWords(kind: DebtView['kind'], state: DebtView['state'], subject: string, where: string): string {
  if (state === 'rejected' || state === 'revoked' || state === 'expired') return 'It is over: its rule holds.';
  if (state === 'paid') return 'It is paid, and blocks nothing.';
  switch (kind) {
    case 'finding':
      return `Then ${subject} counts again, and a check that allows no such finding denies releases of ${where}.`;
    case 'check':
      return `Then the check ${subject} holds again for ${where}: what does not pass it is denied.`;
    case 'freeze':
      return `Then the freeze ${subject} holds again for ${where}, for as long as it stands.`;
    case 'quarantine':
      return `Then a failure of ${subject} fails the run of ${where} again.`;
    case 'approval':
      return `Then releases of ${where} need their approvals again.`;
    case 'debt':
      return 'It does not end by itself: until another person says that it is paid, it blocks the next standard release of the team.';
    case 'break-glass':
      return state === 'pending'
        ? 'It opens nothing until another person joins it.'
        : state === 'active'
          ? 'Then every rule holds again; what it owes stays until it is paid.'
          : 'It is over; what it owes stays until it is paid.';
  }
}

/** May-do answers of the person who looks: null is yes, else the sentence that says why not. */
export function actsOf(
  waiver: Waiver,
  actor: Actor,
  held: { readonly decide: boolean; readonly request: boolean },
  extended: boolean,
  now: Instant,
  words: (refusal: Refusal) => string,
): DebtView['acts'] {
  const say = (refusal: Refusal | null): string | null => (refusal === null ? null : words(refusal));
  const decide = (refusal: Refusal | null): string | null => (held.decide ? say(refusal) : 'You may not decide waivers here.');
  const later = new Date(Date.parse(waiver.expiresAt) + 1).toISOString();
  return {
    approve: decide(refuseApproval(waiver, actor, now)),
    reject: decide(waiver.state === 'requested' ? refuseEnd(waiver, actor, 'rejected') : over(waiver)),
    revoke: decide(isActive(waiver, now) || waiver.state === 'requested' ? refuseEnd(waiver, actor, 'revoked') : over(waiver)),
    extend: held.request ? say(refuseExtension(waiver, later, extended, now)) : 'You may not ask for waivers here.',
    pay: decide(refusePayment(waiver, actor)),
  };
}

function over(waiver: Waiver): Refusal {
  return { why: 'already-decided', waiver: waiver.id, state: waiver.state };
}

/** How many waivers a team may have open. */
export const CAP = TEAM_CAP;
