import type { Instant } from '../../kernel/time.ts';
import { badWindow, windowOver } from '../releases.problems.ts';
import { edgesOf } from './edges.ts';
import type { Freeze, When } from './freeze.ts';
import { whyNot } from './recurrence.ts';

export type NewFreeze = Omit<Freeze, 'id' | 'endedAt'>;
/** What may be changed of a freeze; what is left out stays. */
export type FreezeChange = { readonly [Key in Exclude<keyof NewFreeze, 'kind'>]?: NewFreeze[Key] | undefined };

/** A freeze as it would be saved, with whether it stands at `now` and its next edge. */
export type Drafted = NewFreeze & { readonly nextEdge: Instant | null; readonly toldActive: boolean };

/** A new freeze as it would be saved at `now`: refused where it can't be, and never beginning in the past. */
export function draftNew(asked: NewFreeze, now: Instant): Drafted {
  return drafted(asked, null, now);
}

/**
 * A freeze as it would be after a change at `now`. A beginning that is left alone stays where it was, also in the past; a
 * new one is never before `now`: what has happened under the calendar as it stood is not told otherwise.
 */
export function draftChange(current: NewFreeze, change: FreezeChange, now: Instant): Drafted {
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as Partial<NewFreeze>;
  return drafted({ ...pick(current), ...given, kind: current.kind }, current.when.kind === 'once' ? current.when.from : null, now);
}

function drafted(asked: NewFreeze, keep: Instant | null, now: Instant): Drafted {
  const why = whyNot(asked.when);
  if (why !== null) throw badWindow({ why }, 'body.when');
  const when = notBefore(asked.when, keep, now);
  if (when.kind === 'once' && when.until !== null && when.until <= now) throw windowOver({}, 'body.when.until');
  const { active, next } = edgesOf(when, now);
  const scope = Object.fromEntries(Object.entries(asked.scope).filter(([, value]) => value !== undefined));
  return { ...pick(asked), scope, when, nextEdge: next, toldActive: active };
}

function pick({ kind, scope, when, reason, ticket, exempt, onRunning }: NewFreeze): NewFreeze {
  return { kind, scope, when, reason, ticket, exempt, onRunning };
}

function notBefore(when: When, keep: Instant | null, now: Instant): When {
  if (when.kind !== 'once') return when;
  const utc = (text: string): string => new Date(text).toISOString();
  const from = utc(when.from);
  return { kind: 'once', from: from < now && from !== keep ? now : from, until: when.until === null ? null : utc(when.until) };
}
