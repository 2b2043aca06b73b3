import type { z } from 'zod';
import type { collisionSchema, createFreeze } from '../../contract/freezes.ts';
import { parseDuration, plus } from '../../kernel/time.ts';
import { usage } from '../cli.problems.ts';
import { oneOf, wholeNumber } from '../refs.ts';
import { line, table, when } from '../terminal.ts';

export type FreezeOptions = {
  env?: string;
  service?: string;
  team?: string;
  tier?: string;
  kind?: string;
  from?: string;
  until?: string;
  for?: string;
  reason: string;
  ticket: string;
  exempt?: string[];
  preview?: boolean;
  allow?: boolean;
  onRunning: string;
  rule?: string;
  zone?: string;
  start?: string;
  minutes?: string;
};

const KINDS = ['development', 'test', 'staging', 'production'] as const;

type Body = z.input<(typeof createFreeze)['body']>;

/** What the options of a freeze say, as the wire takes it. */
export function freezeBody(options: FreezeOptions): Body {
  return {
    kind: options.allow === true ? 'allow' : 'deny',
    scope: scopeOf(options),
    when: whenOf(options),
    reason: options.reason,
    ticket: options.ticket,
    exempt: exemptOf(options),
    onRunning: oneOf('--on-running', options.onRunning, ['finish', 'finish-wave', 'pause']),
  };
}

/** The scope that the options name. */
export function scopeOf(options: Pick<FreezeOptions, 'tier' | 'team' | 'service' | 'env' | 'kind'>): Body['scope'] {
  return {
    tier: options.tier === undefined ? undefined : (wholeNumber('--tier', options.tier, 1, 3) as 1 | 2 | 3),
    team: options.team,
    service: options.service,
    environment: options.env,
    kind: options.kind === undefined ? undefined : oneOf('--kind', options.kind, KINDS),
  };
}

/** The release types that pass. */
export function exemptOf(options: Pick<FreezeOptions, 'exempt'>): ('standard' | 'hotfix' | 'emergency')[] {
  return (options.exempt ?? []).map((one) => oneOf('--exempt', one, ['standard', 'hotfix', 'emergency']));
}

/** What a freeze would hold, for people. */
export function collisionWords(answer: z.infer<typeof collisionSchema>): string {
  const rows = answer.releases.map((one) => [
    `  ${one.state}`,
    `${one.service}@${line(one.version)}`,
    one.environment,
    one.until === null ? '' : `until ${when(one.until)}`,
  ]);
  const windows = answer.windows
    .slice(0, 3)
    .map((one) => `  ${when(one.from)} to ${one.until === null ? 'no known end' : when(one.until)}`);
  const overlaps = answer.overlaps.map((one) => `  meets ${one.freeze} (${line(one.reason)}), from ${when(one.from)}`);
  return [...answer.words, ...windows, ...(rows.length === 0 ? [] : [table(rows)]), ...overlaps].join('\n');
}

/** When: one span, or a rule. */
export function whenOf(
  options: Pick<FreezeOptions, 'rule' | 'start' | 'minutes' | 'zone' | 'from' | 'until' | 'for'>,
):
  { kind: 'once'; from: string; until: string | null } | { kind: 'recurring'; start: string; minutes: number; zone: string; rule: string } {
  if (options.rule !== undefined) {
    if (options.start === undefined || options.minutes === undefined || options.zone === undefined)
      throw usage({
        what: 'A recurring freeze needs --start, --minutes and --zone.',
        try: 'For example: --rule FREQ=WEEKLY;BYDAY=FR --start 2026-12-04T15:00 --minutes 3900 --zone Europe/Berlin',
      });
    return {
      kind: 'recurring',
      start: options.start,
      minutes: wholeNumber('--minutes', options.minutes, 1, 527_040),
      zone: options.zone,
      rule: options.rule,
    };
  }
  const from = instantOf('--from', options.from) ?? new Date().toISOString();
  if (options.for === undefined) return { kind: 'once', from, until: instantOf('--until', options.until) ?? null };
  const ms = parseDuration(options.for);
  if (ms === null) throw usage({ what: `"${options.for}" is no duration.`, try: 'Write it like 90m, 2h or 3d.' });
  return { kind: 'once', from, until: plus(from, ms) };
}

/** An instant as it was written, checked. */
export function instantOf(option: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(ms))
    throw usage({ what: `${option} is "${text}".`, try: 'Write an instant with its offset: 2026-12-24T18:00:00+01:00' });
  return text;
}
