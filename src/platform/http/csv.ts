import { CSV_ROWS, type CsvRoute } from '../../contract/csv.ts';
import type { Export } from '../../contract/exports.ts';
import type { ByteAnswer } from '../../contract/route.ts';
import { csvHead, csvLine, csvRow, type Column } from '../../kernel/csv.ts';
import { mount, type Call, type Mounted } from './handler.ts';

const PAGE = 1000;

/** `note`: what was left out, where something was; it becomes the last line. */
type Page<Row> = { readonly items: readonly Row[]; readonly next?: string | null; readonly note?: string | null };
/** The call of a list as its own route gets it, for one page. */
export type PageCall = Omit<Call<never>, 'query'> & { readonly query: Record<string, unknown> };

/**
 * Answers a route made by `csvOf` from the pages of the list it belongs to: what is exported is what the list shows.
 * All pages are read in the one transaction of the request, and encoded as they come.
 */
export function mountCsv<Row>(route: CsvRoute, columns: readonly Column<Row>[], page: (call: PageCall) => Promise<Page<Row>>): Mounted {
  return mount(route, async (call): Promise<ByteAnswer> => {
    const parts = [csvHead(columns)];
    let cursor = (call.query as { cursor?: string }).cursor;
    let rows = 0;
    let more = false;
    do {
      const query = { ...(call.query as Record<string, unknown>), cursor, limit: PAGE };
      const { items, next, note = null } = await page({ ...call, query } as unknown as PageCall);
      parts.push(items.map((item) => csvRow(columns, item)).join(''));
      if (note !== null) parts.push(csvLine([note]));
      rows += items.length;
      cursor = next ?? undefined;
      more = cursor !== undefined && rows >= CSV_ROWS;
    } while (cursor !== undefined && !more);
    // A file that was cut says so in its last line too: who reads it may never see a header.
    if (more) parts.push(csvLine([`There is more. Ask again with ?cursor=${cursor ?? ''}`]));
    const headers: Record<string, string> = more ? { 'x-next-cursor': cursor ?? '' } : {};
    return { stream: streamOf(parts), fileName: fileName(route.path), headers };
  });
}

/** The routes, and for each list that has an export the route of that, answered from the list's own pages. */
export function withExports(mounted: readonly Mounted[], exports: readonly Export[]): readonly Mounted[] {
  return [
    ...mounted,
    ...exports.map(({ list, route, columns }) => {
      const found = mounted.find((one) => one.route.method === 'GET' && one.route.path === list.path);
      if (found === undefined) throw new Error(`no list ${list.path} is mounted, and it has an export`);
      return mountCsv(route, columns, found.handle as unknown as (call: PageCall) => Promise<Page<never>>);
    }),
  ];
}

function streamOf(parts: readonly string[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const part = parts[at++];
      if (part === undefined) controller.close();
      else if (part !== '') controller.enqueue(encoder.encode(part));
    },
  });
}

function fileName(path: string): string {
  return path
    .replace(/^\/v1\//, '')
    .replaceAll(/[{}]/g, '')
    .replaceAll('/', '-');
}
