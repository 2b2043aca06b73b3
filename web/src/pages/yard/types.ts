import type { AnswerOf } from '../../../../src/contract/route.ts';
import type { yardBoard } from '../../../../src/contract/yard.ts';

export type Board = AnswerOf<typeof yardBoard>;
export type Row = Board['rows'][number];
export type Cell = NonNullable<Row['cells'][number]>;
export type Environment = Board['environments'][number];
export type Freeze = Board['freezes'][number];
export type State = keyof Board['counts'];

/** First words of the facts after which the board is another. */
export const LIVE = [
  'service',
  'team',
  'catalog',
  'environment',
  'release',
  'approval',
  'deployment',
  'pipelinerun',
  'incident',
  'freeze',
  'waiver',
  'agent',
  'runner',
  'change',
];

/** The filters by state: word, and how loud it is. */
export const STATES: readonly (readonly [state: State, label: string, tone: 'plain' | 'accent' | 'wait' | 'deny' | 'unknown'])[] = [
  ['waiting', 'waiting', 'wait'],
  ['moving', 'deploying', 'accent'],
  ['failed', 'deployment failed', 'deny'],
  ['incident', 'incident open', 'deny'],
  ['build-failed', 'run failed', 'deny'],
  ['building', 'running', 'accent'],
  ['unverified', 'not verified', 'unknown'],
  ['drift', 'drift', 'unknown'],
  ['debt', 'debt soon due', 'wait'],
  ['pending', 'newer release pending', 'plain'],
];

/** Where a freeze holds, in words. */
export function scopeWords({ tier, team, service, environment, kind }: Freeze['scope']): string {
  const parts = [
    tier === undefined ? '' : `tier ${tier}`,
    team === undefined ? '' : `team ${team}`,
    service ?? '',
    environment === undefined ? '' : `in ${environment}`,
    kind === undefined ? '' : `in all of kind ${kind}`,
  ].filter((part) => part !== '');
  return parts.length === 0 ? 'everything' : parts.join(', ');
}
