import type { Bump } from './account.ts';
import { PRERELEASES, TRUNK } from './lane.ts';
import type { LaneRules } from './lane.ts';

/** How a repository wants its versions; all have defaults. */
export type VersionRules = LaneRules & {
  /** The version of what was never released. */
  readonly initial: string;
  /** What a breaking change raises before 1.0.0. */
  readonly zero: 'minor' | 'major';
  /** What types ask for, beside or instead of the usual ones; `none` asks for nothing. */
  readonly types: Readonly<Record<string, Bump | 'none'>>;
  /** A calendar scheme (`YYYY.0M.MICRO`), for the strategy `calendar`. */
  readonly calendar: string | null;
  /** How tags are written (`v{version}`); null: as they were until now. */
  readonly tag: string | null;
};

export const FIRST_VERSION = '0.1.0';

export const DEFAULT_RULES: VersionRules = {
  strategy: 'trunk',
  trunk: TRUNK,
  prereleases: PRERELEASES,
  initial: FIRST_VERSION,
  zero: 'minor',
  types: {},
  calendar: null,
  tag: null,
};
