import type { ByteStream } from '../model.ts';
import { ReportFault } from '../model.ts';
import type { Attributes } from '../xml.ts';
import { child, readRecords, textOf } from '../xml-records.ts';
import type { XmlNode } from '../xml-records.ts';
import type { Outcome, TestTally } from './tally.ts';

type Item = { readonly name: string; readonly parent: string | null; readonly from: number; holds: boolean };
const MOST = 2_000_000;
const OUTCOMES: Readonly<Record<string, Outcome>> = {
  SUCCESSFUL: 'passed',
  FAILED: 'failed',
  ABORTED: 'skipped',
  SKIPPED: 'skipped',
  ERRORED: 'errored',
};

/**
 * Open Test Reporting's events (opentest4j.org; JUnit 5 writes them). What holds nothing is a test; what holds others is
 * a container, and an error where it failed and none of its tests did. What began and did not end was cut short.
 */
export async function readOpenTestEvents(bytes: ByteStream, tally: TestTally): Promise<void> {
  const items = new Map<string, Item>();
  const suites = new Set<string | null>();
  let taken = 0;
  const start = (attributes: Attributes): void => {
    if (++taken > MOST) throw new ReportFault(`the report has more than ${MOST} tests`);
    const parent = attributes['parentId'] ?? null;
    const holder = items.get(parent ?? '');
    if (holder !== undefined) holder.holds = true;
    items.set(attributes['id'] ?? '', { name: attributes['name'] ?? '', parent, from: Date.parse(attributes['time'] ?? ''), holds: false });
  };
  let worst = 0;
  await readRecords(bytes, {
    isRecord: (name, path) => path.length === 1 && (name === 'started' || name === 'finished'),
    record(node) {
      if (node.name === 'started') return start(node.attributes);
      const id = node.attributes['id'] ?? '';
      const item = items.get(id);
      if (item === undefined) throw new ReportFault('something ended that did not begin');
      items.delete(id);
      const result = child(node, 'result');
      if (!item.holds) {
        if (!suites.has(item.parent)) tally.suite();
        suites.add(item.parent);
        const took = Date.parse(node.attributes['time'] ?? '') - item.from;
        add(tally, result, { name: item.name, suite: items.get(item.parent ?? '')?.name ?? '', ms: took >= 0 ? took : null });
      } else if (['FAILED', 'ERRORED'].includes(result?.attributes['status'] ?? '')) worst = Math.max(worst, 1);
    },
  });
  if (items.size > 0) tally.lacks(`${items.size} tests or containers began and did not end: it is not complete`);
  tally.mustBeBad('a container', worst);
}

/** The same as a tree (`<execution>`): `root` and `child`, each with its result before what it holds. */
export async function readOpenTestTree(bytes: ByteStream, tally: TestTally): Promise<void> {
  const open: { name: string; holds: boolean; tests: boolean; result: XmlNode | null; ms: number | null }[] = [];
  let worst = 0;
  await readRecords(bytes, {
    isRecord: (name, path) => name === 'result' && ['root', 'child'].includes(path.at(-1) ?? ''),
    open(name, attributes) {
      if (name !== 'root' && name !== 'child') return;
      const holder = open.at(-1);
      if (holder !== undefined) holder.holds = true;
      open.push({ name: attributes['name'] ?? '', holds: false, tests: false, result: null, ms: spanToMs(attributes['duration']) });
    },
    record(node) {
      const item = open.at(-1);
      if (item !== undefined) item.result = node;
    },
    close(name) {
      const item = name === 'root' || name === 'child' ? open.pop() : undefined;
      if (item === undefined) return;
      const holder = open.at(-1);
      if (item.tests) tally.suite();
      if (item.holds) worst = item.result?.attributes['status'] === 'FAILED' ? 1 : worst;
      // A root that holds nothing is a container without tests, but where it did not succeed.
      else if (holder !== undefined || item.result?.attributes['status'] !== 'SUCCESSFUL') {
        add(tally, item.result, { name: item.name, suite: holder?.name ?? '', ms: item.ms });
        if (holder === undefined) tally.suite();
        else holder.tests = true;
      }
    },
  });
  tally.mustBeBad('a container', worst);
}

function add(tally: TestTally, result: XmlNode | null, test: { name: string; suite: string; ms: number | null }): void {
  tally.case({ outcome: OUTCOMES[result?.attributes['status'] ?? ''] ?? 'errored', message: textOf(result, 'reason'), ...test });
}

/** `PT1.234S` (ISO 8601, as Java writes it) in milliseconds, or null. */
function spanToMs(text: string | undefined): number | null {
  const [, hours = '0', minutes = '0', seconds = '0'] =
    /^PT(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{1,9})?)S)?$/.exec(text ?? '') ?? [];
  return text === undefined || !text.startsWith('PT')
    ? null
    : Math.round((Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000);
}
