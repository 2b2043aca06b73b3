import type { Missing, Reason, RuleAnswer } from '../../kernel/decision.ts';
import { answer } from '../../kernel/decision.ts';
import type { Instant } from '../../kernel/time.ts';
import { inScope, levelOf, type CalendarSubject, type Freeze } from './freeze.ts';
import { spansBetween, type Span } from './recurrence.ts';

/** A freeze that a waiver suspends for this subject, until then. */
export type FreezeOverride = { readonly waiver: string; readonly freeze: string; readonly until: Instant };

export type CalendarInput = {
  readonly subject: CalendarSubject;
  readonly freezes: readonly Freeze[];
  readonly overrides: readonly FreezeOverride[];
};

const RULE = 'calendar';
/** How far ahead an end is looked for. */
const HORIZON = 400 * 86_400_000;
const FIRST_LOOK = 15 * 86_400_000;

/**
 * Rule 5: freezes and windows at this instant. Any active deny makes it wait; where allow windows exist at a level of
 * scope, one of that level must be open, at every level. `earliest` is the first instant at which the calendar is open
 * again, `notAfter` the next edge of anything that concerns this subject. Going back always passes.
 */
export function calendarAnswer(input: CalendarInput, now: Instant): RuleAnswer {
  const { subject } = input;
  const concerned = input.freezes.filter((freeze) => inScope(freeze.scope, subject) && (freeze.endedAt === null || freeze.endedAt > now));
  const read = concerned.map((freeze) => ({ kind: 'freeze', id: freeze.id, digest: null }));
  if (subject.purpose === 'rollback') {
    return answer(RULE, 'allow', [{ code: 'calendar.rollback-passes', text: 'Going back passes every freeze and window.' }], { read });
  }
  const at = Date.parse(now);
  const exempt = concerned.filter((freeze) => freeze.exempt.includes(subject.releaseType));
  const binding = concerned.filter((freeze) => !exempt.includes(freeze));
  const notes: Reason[] = exempt.map((freeze) => ({
    code: 'calendar.exempt',
    text: `${wordsOf(freeze)} lets a release of type ${subject.releaseType} pass.`,
  }));
  try {
    const calendar = new Calendar(binding, input.overrides, at);
    const closed = calendar.closedBy(at);
    const edge = calendar.edgeAfter(at);
    const notAfter = edge === null ? null : new Date(edge).toISOString();
    if (closed.length === 0) {
      return answer(
        RULE,
        'allow',
        [{ code: 'calendar.open', text: 'No freeze stands and every window asked for is open.' }, ...notes, ...calendar.notes(at)],
        { read, notAfter },
      );
    }
    const opens = calendar.opensAfter(at);
    const earliest = opens === null ? null : new Date(opens).toISOString();
    const missing: Missing[] =
      earliest === null ? [{ what: 'an end of the freeze, or an override that another person approves', who: ['release-manager'] }] : [];
    return answer(RULE, 'wait', [...closed, ...notes], { read, earliest, missing });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return answer(RULE, 'unknown', [{ code: 'calendar.unreadable', text: `The calendar can't be read: ${why}` }], {
      read,
      missing: [{ what: 'a calendar that can be read', who: ['release-manager'] }],
    });
  }
}

/** `freeze frz_...: year-end closing`. */
function wordsOf(freeze: Freeze): string {
  return `The ${freeze.kind === 'deny' ? 'freeze' : 'window'} ${freeze.id} (${freeze.ticket}: ${freeze.reason})`;
}

/** The windows of some freezes, expanded as far as is looked at. */
class Calendar {
  readonly #freezes: readonly Freeze[];
  readonly #overrides: readonly FreezeOverride[];
  #spans: ReadonlyMap<string, readonly Span[]> = new Map();
  #to = 0;

  constructor(freezes: readonly Freeze[], overrides: readonly FreezeOverride[], now: number) {
    this.#freezes = freezes;
    this.#overrides = overrides;
    this.#expand(now, now + FIRST_LOOK);
  }

  /** Why it is closed at `at`; empty where it is open. */
  closedBy(at: number): Reason[] {
    const denies = this.#freezes.filter((freeze) => freeze.kind === 'deny' && this.#stands(freeze, at) && !this.#overridden(freeze, at));
    const reasons = denies.map((freeze) => {
      const until = this.#spans.get(freeze.id)?.find((span) => holds(span, at))?.until ?? null;
      return {
        code: 'calendar.frozen',
        text: `${wordsOf(freeze)} stands${until === null ? ', with no known end' : ` until ${new Date(until).toISOString()}`}.`,
      };
    });
    const windows = this.#freezes.filter((freeze) => freeze.kind === 'allow' && !this.#overridden(freeze, at));
    for (const level of new Set(windows.map((freeze) => levelOf(freeze.scope)))) {
      const same = windows.filter((freeze) => levelOf(freeze.scope) === level);
      if (!same.some((freeze) => this.#stands(freeze, at)))
        reasons.push({ code: 'calendar.no-window', text: `No window of level ${level} is open: ${same.map(wordsOf).join('; ')}.` });
    }
    return reasons;
  }

  /** Overrides that are used at `at`: an allow says so. */
  notes(at: number): Reason[] {
    return this.#overrides
      .filter((override) => this.#freezes.some((freeze) => freeze.id === override.freeze && this.#overridden(freeze, at)))
      .map((override) => ({
        code: 'calendar.overridden',
        text: `The freeze ${override.freeze} is overridden by the waiver ${override.waiver} until ${override.until}.`,
      }));
  }

  /** The next instant after `at` at which anything begins or ends; null where nothing does within the horizon. */
  edgeAfter(at: number): number | null {
    const next = this.#edgesWithin(at);
    if (next !== null || this.#to >= at + HORIZON) return next;
    this.#expand(at, at + HORIZON);
    return this.#edgesWithin(at);
  }

  /** The first instant after `at` at which it is open; null where none is known. */
  opensAfter(at: number): number | null {
    this.#expand(at, at + FIRST_LOOK);
    const soon = this.#firstOpen(at);
    if (soon !== null) return soon;
    this.#expand(at, at + HORIZON);
    return this.#firstOpen(at);
  }

  #firstOpen(at: number): number | null {
    const edges = [...new Set(this.#edges())].filter((edge) => edge > at && edge <= this.#to).sort((a, b) => a - b);
    return edges.find((edge) => this.closedBy(edge).length === 0) ?? null;
  }

  #edgesWithin(at: number): number | null {
    const after = this.#edges().filter((edge) => edge > at && edge <= this.#to);
    return after.length === 0 ? null : Math.min(...after);
  }

  #edges(): number[] {
    const spans = [...this.#spans.values()].flat().flatMap((span) => (span.until === null ? [span.from] : [span.from, span.until]));
    const ends = this.#freezes.flatMap((freeze) => (freeze.endedAt === null ? [] : [Date.parse(freeze.endedAt)]));
    return [...spans, ...ends, ...this.#overrides.map((override) => Date.parse(override.until))];
  }

  #expand(from: number, to: number): void {
    this.#spans = new Map(this.#freezes.map((freeze) => [freeze.id, spansBetween(freeze.when, from, to)]));
    this.#to = to;
  }

  #stands(freeze: Freeze, at: number): boolean {
    if (freeze.endedAt !== null && Date.parse(freeze.endedAt) <= at) return false;
    return (this.#spans.get(freeze.id) ?? []).some((span) => holds(span, at));
  }

  #overridden(freeze: Freeze, at: number): boolean {
    return this.#overrides.some((override) => override.freeze === freeze.id && at < Date.parse(override.until));
  }
}

function holds(span: Span, at: number): boolean {
  return span.from <= at && (span.until === null || at < span.until);
}
