import { z } from 'zod';
import type { Access, Bytes } from './route.ts';

/** How many rows one answer of CSV holds at most; where there are more, it says how to ask for the rest. */
export const CSV_ROWS = 50_000;

const csv = { bytes: true, mediaType: 'text/csv; charset=utf-8', limit: 256 * 1024 * 1024 } as const satisfies Bytes;

type ListShape = {
  readonly method: 'GET';
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
};

export type CsvRoute = {
  readonly method: 'GET';
  readonly path: string;
  readonly summary: string;
  readonly access: Access;
  readonly params?: z.ZodObject;
  readonly query: z.ZodObject;
  readonly answer: typeof csv;
};

/**
 * The same list as CSV (RFC 4180, cells guarded against formulas) under `<path>.csv`, with the same filters and for the
 * same people. `cursor` goes on where an answer that was cut ended.
 */
export function csvOf(list: ListShape): CsvRoute {
  const { cursor: _cursor, limit: _limit, ...filters } = list.query?.shape ?? {};
  return {
    method: 'GET',
    path: `${list.path}.csv`,
    summary: `${list.summary}; as CSV, ${CSV_ROWS.toLocaleString('en')} rows at most`,
    access: list.access,
    ...(list.params === undefined ? {} : { params: list.params }),
    query: z.strictObject({ ...filters, cursor: z.string().max(200).optional() }),
    answer: csv,
  };
}
