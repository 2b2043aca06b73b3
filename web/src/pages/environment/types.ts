import type { AnswerOf } from '../../../../src/contract/route.ts';
import type { environmentOverview } from '../../../../src/contract/yard.ts';

export type Overview = AnswerOf<typeof environmentOverview>;
export type Row = Overview['rows'][number];
export type Cell = NonNullable<Row['cell']>;

export const LIVE = ['environment', 'service', 'deployment', 'release', 'incident', 'agent', 'catalog'];

/** The release at a position of a row's versions. */
export function versionOf(row: Row, at: number | undefined): Row['versions'][number] | null {
  return at === undefined ? null : (row.versions[at] ?? null);
}
