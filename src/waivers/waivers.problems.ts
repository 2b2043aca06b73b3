import type { Problem } from '../kernel/problem.ts';
import { defineProblem } from '../kernel/problem.ts';
import { formatDuration } from '../kernel/time.ts';
import type { Refusal } from './decide.ts';
import { LONGEST, TEAM_CAP } from './waiver.ts';

export const noSuchWaiver = defineProblem<{ waiver: string }>('waivers.no-such-waiver', {
  status: 404,
  sentence: ({ waiver }) => `There is no waiver ${waiver}.`,
  remedy: 'List them with GET /v1/waivers.',
});
export const ownWaiver = defineProblem<{ waiver: string }>('waivers.own-waiver', {
  status: 403,
  sentence: ({ waiver }) => `You asked for ${waiver} or own it, so you can't decide it.`,
  remedy: 'Ask another person who may decide waivers. Your other accounts, tokens and bots are you.',
});
export const notAPerson = defineProblem<{ actor: string }>('waivers.not-a-person', {
  status: 403,
  sentence: ({ actor }) => `A waiver is decided by a person, and this is a ${actor}.`,
  remedy: 'Let a person sign in and decide it.',
});
export const alreadyDecided = defineProblem<{ waiver: string; state: string }>('waivers.already-decided', {
  status: 409,
  sentence: ({ waiver, state }) => `The waiver ${waiver} is ${state}: this step is not possible any more.`,
  remedy: 'Read it again; ask for a new waiver where one is still needed.',
});
export const stale = defineProblem<{ waiver: string; version: number }>('waivers.changed-meanwhile', {
  status: 409,
  sentence: ({ waiver, version }) => `The waiver ${waiver} changed while you looked at it: it is at version ${version} now.`,
  remedy: 'Read it again, then decide on what it says now.',
});
export const expiryOutOfRange = defineProblem<{ kind: string; longest: string }>('waivers.expiry-out-of-range', {
  status: 422,
  sentence: ({ kind, longest }) => `A waiver of the kind ${kind} ends in the future, and within ${longest}.`,
  remedy: ({ longest }) => `Give an "expiresAt" within ${longest}; ask again when it ends, if it is still needed.`,
});
export const subjectUnknown = defineProblem<{ subject: string }>('waivers.subject-unknown', {
  status: 422,
  sentence: 'A finding is named by its fingerprint, a vulnerability, a package, a rule or a path.',
  remedy:
    'Write "fingerprint:sha256:...", "cve:CVE-2026-1234", "purl:pkg:npm/name@1.2.3", "licence:pkg:npm/name", "rule:js/xss" or "path:vendor/**" as the subject.',
});
export const capReached = defineProblem<{ cap: number }>('waivers.cap-reached', {
  status: 409,
  sentence: ({ cap }) => `The team has ${cap} open waivers, and that is the limit.`,
  remedy: 'Repair what one of them covers and revoke it, or let one expire.',
});

export const debtStays = defineProblem<{ waiver: string }>('waivers.debt-stays', {
  status: 409,
  sentence: ({ waiver }) => `${waiver} is a debt: it suspends nothing, so there is nothing to go on.`,
  remedy: 'Do what it owes, and let another person say that it is paid.',
});
export const notADebt = defineProblem<{ waiver: string }>('waivers.not-a-debt', {
  status: 409,
  sentence: ({ waiver }) => `${waiver} owes nothing: only debts are paid, such as what a break-glass leaves.`,
  remedy: 'A waiver ends by itself. Revoke it to end it early, or extend it for more time.',
});
export const extendedAlready = defineProblem<{ waiver: string }>('waivers.extended-already', {
  status: 409,
  sentence: ({ waiver }) => `More time for ${waiver} was asked for already.`,
  remedy: 'Let another person decide that request; see it with GET /v1/debts.',
});
export const noLonger = defineProblem<{ waiver: string; until: string }>('waivers.no-longer', {
  status: 422,
  sentence: ({ waiver, until }) => `${waiver} holds until ${until}, and what you ask for ends before that.`,
  remedy: 'Ask for a later end, or revoke the waiver.',
});

/** The problem that a refusal is told as. */
export function problemOf(refusal: Refusal): Problem {
  switch (refusal.why) {
    case 'expiry-out-of-range':
      return expiryOutOfRange({ kind: refusal.kind, longest: formatDuration(LONGEST[refusal.kind]) }, 'body.expiresAt');
    case 'subject-unknown':
      return subjectUnknown({ subject: refusal.subject }, 'body.subject');
    case 'cap-reached':
      return capReached({ cap: TEAM_CAP });
    case 'not-a-person':
      return notAPerson({ actor: refusal.actor });
    case 'own-waiver':
      return ownWaiver({ waiver: refusal.waiver });
    case 'debt':
      return debtStays({ waiver: refusal.waiver });
    case 'not-a-debt':
      return notADebt({ waiver: refusal.waiver });
    case 'extended-already':
      return extendedAlready({ waiver: refusal.waiver });
    case 'no-longer':
      return noLonger({ waiver: refusal.waiver, until: refusal.until }, 'body.expiresAt');
    case 'already-decided':
      return alreadyDecided({ waiver: refusal.waiver, state: refusal.state });
  }
}
