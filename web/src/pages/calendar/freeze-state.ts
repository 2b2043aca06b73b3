import type { changeFreeze, getFreeze, previewFreeze } from '../../../../src/contract/freezes.ts';
import type { AnswerOf, CallOf } from '../../../../src/contract/route.ts';
import { instantOf, localOf } from './days.ts';

export type Freeze = AnswerOf<typeof getFreeze>;
type Body = NonNullable<CallOf<typeof previewFreeze>['body']>;
export type Change = NonNullable<CallOf<typeof changeFreeze>['body']>;
type Type = NonNullable<Body['exempt']>[number];

/** What the form of a freeze holds, as it is typed. */
export type Draft = {
  readonly kind: 'deny' | 'allow';
  readonly service: string;
  readonly team: string;
  readonly tier: string;
  readonly environment: string;
  readonly environmentKind: string;
  readonly repeats: boolean;
  readonly from: string;
  /** Empty: no known end. */
  readonly until: string;
  readonly hours: string;
  readonly zone: string;
  readonly rule: string;
  readonly reason: string;
  readonly ticket: string;
  readonly exempt: readonly Type[];
  readonly onRunning: 'finish' | 'finish-wave' | 'pause';
  /** Of a change: the beginning as it was, which a form of minutes would round. */
  readonly was: { readonly from: string; readonly until: string | null } | null;
};

const here = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** A form for a new freeze that begins at an instant. */
export function emptyDraft(from: string, until: string | null): Draft {
  return {
    kind: 'deny',
    service: '',
    team: '',
    tier: '',
    environment: '',
    environmentKind: '',
    repeats: false,
    from: localOf(from),
    until: localOf(until),
    hours: '16',
    zone: here,
    rule: 'FREQ=WEEKLY;BYDAY=FR',
    reason: '',
    ticket: '',
    exempt: [],
    onRunning: 'finish-wave',
    was: null,
  };
}

/** The form of a freeze that there is; with `moved` its span is that. */
export function draftOf(freeze: Freeze, moved: { readonly from: string; readonly until: string | null } | null = null): Draft {
  const { scope, when } = freeze;
  const once = when.kind === 'once' ? { from: when.from, until: when.until } : null;
  const span = moved ?? once;
  return {
    ...emptyDraft(span?.from ?? freeze.createdAt, span?.until ?? null),
    kind: freeze.kind,
    service: scope.service ?? '',
    team: scope.team ?? '',
    tier: scope.tier === undefined ? '' : String(scope.tier),
    environment: scope.environment ?? '',
    environmentKind: scope.kind ?? '',
    ...(when.kind === 'recurring'
      ? { repeats: true, from: when.start, hours: String(when.minutes / 60), zone: when.zone, rule: when.rule, until: '' }
      : {}),
    reason: freeze.reason,
    ticket: freeze.ticket,
    exempt: freeze.exempt,
    onRunning: freeze.onRunning,
    was: span,
  };
}

/** What the form says, as the wire takes it; null where something is missing. */
export function bodyOf(draft: Draft): Body | null {
  const when = whenOf(draft);
  if (when === null || draft.reason.trim() === '' || draft.ticket.trim() === '') return null;
  return {
    kind: draft.kind,
    scope: scopeOf(draft),
    when,
    reason: draft.reason.trim(),
    ticket: draft.ticket.trim(),
    exempt: [...draft.exempt],
    onRunning: draft.onRunning,
  };
}

/** The same for a question about what it would hold: what only people read may still be missing. */
export function previewBody(draft: Draft, freeze: string | null): Body | null {
  const when = whenOf(draft);
  if (when === null) return null;
  const { kind, onRunning } = draft;
  return {
    kind,
    scope: scopeOf(draft),
    when,
    reason: '-',
    ticket: '-',
    exempt: [...draft.exempt],
    onRunning,
    ...(freeze === null ? {} : { freeze: freeze as never }),
  };
}

function scopeOf({ service, team, tier, environment, environmentKind }: Draft): Body['scope'] {
  return {
    ...(service === '' ? {} : { service }),
    ...(team === '' ? {} : { team }),
    ...(tier === '' ? {} : { tier: Number(tier) as 1 | 2 | 3 }),
    ...(environment === '' ? {} : { environment }),
    ...(environmentKind === '' ? {} : { kind: environmentKind as 'production' }),
  };
}

function whenOf(draft: Draft): Body['when'] | null {
  if (draft.repeats) {
    const minutes = Math.round(Number(draft.hours) * 60);
    if (draft.from === '' || !(minutes >= 1)) return null;
    return { kind: 'recurring', start: draft.from.slice(0, 16), minutes, zone: draft.zone, rule: draft.rule };
  }
  const from = exact(draft.from, draft.was?.from ?? null);
  const until = draft.until === '' ? null : exact(draft.until, draft.was?.until ?? null);
  return from === null || (draft.until !== '' && until === null) ? null : { kind: 'once', from, until };
}

/** What was not touched stays to the millisecond. */
function exact(local: string, was: string | null): string | null {
  return was !== null && localOf(was) === local.slice(0, 16) ? was : instantOf(local);
}
