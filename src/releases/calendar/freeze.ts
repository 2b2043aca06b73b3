import type { EnvironmentKind, Tier } from '../../gates/policy/policy.ts';
import type { Instant } from '../../kernel/time.ts';
import type { ReleaseType } from '../plan.ts';

/** What a freeze is about. All parts given must fit; none given is the whole organisation. Names, as people wrote them. */
export type Scope = {
  readonly tier?: Tier | undefined;
  readonly team?: string | undefined;
  readonly service?: string | undefined;
  readonly environment?: string | undefined;
  readonly kind?: EnvironmentKind | undefined;
};

export type When =
  | { readonly kind: 'once'; readonly from: Instant; readonly until: Instant | null }
  | {
      readonly kind: 'recurring';
      /** `2026-12-24T18:00` in the local time of `zone`. */
      readonly start: string;
      /** Wall-clock minutes: a window from Friday 16:00 to Monday 08:00 ends at 08:00 in the week of a clock change too. */
      readonly minutes: number;
      readonly zone: string;
      readonly rule: string;
    };

/** A deny window (freeze) or an allow window (maintenance window). */
export type Freeze = {
  readonly id: string;
  readonly kind: 'deny' | 'allow';
  readonly scope: Scope;
  readonly when: When;
  readonly reason: string;
  readonly ticket: string;
  readonly exempt: readonly ReleaseType[];
  readonly onRunning: 'finish' | 'finish-wave' | 'pause';
  /** Ended by a person before its time. */
  readonly endedAt: Instant | null;
};

/** What wants to act. */
export type CalendarSubject = {
  readonly tier: Tier;
  readonly team: string;
  readonly service: string;
  readonly environment: string;
  readonly kind: EnvironmentKind;
  readonly releaseType: ReleaseType;
  readonly purpose: 'deploy' | 'rollback';
};

/** Whether every part that the scope names fits the subject. */
export function inScope(scope: Scope, subject: CalendarSubject): boolean {
  const parts = ['tier', 'team', 'service', 'environment', 'kind'] as const;
  return parts.every((part) => scope[part] === undefined || scope[part] === subject[part]);
}

/** The level of a scope: allow windows of one level are alternatives, those of different levels must all be open. */
export function levelOf(scope: Scope): string {
  const parts = ['tier', 'team', 'service', 'environment', 'kind'] as const;
  return parts.filter((part) => scope[part] !== undefined).join('+') || 'organisation';
}
