import type { ByteStream } from '../model.ts';
import { secondsToMs } from '../text.ts';
import { readRecords } from '../xml-records.ts';
import type { TestTally } from './tally.ts';

/** Robot Framework's `output.xml`: each `<test>` by its own `<status>`. Without the statistics at its end it was cut short. */
export async function readRobot(bytes: ByteStream, tally: TestTally): Promise<void> {
  const suites: { name: string; source: string | null; holds: boolean }[] = [];
  let name = '';
  let whole = false;
  await readRecords(bytes, {
    // A keyword has a status too; the test's own is its child.
    isRecord: (element, path) => element === 'status' && path.at(-1) === 'test',
    open(element, attributes, path) {
      if (element === 'test') name = attributes['name'] ?? '';
      else if (element === 'statistics' && path.length === 1) whole = true;
      else if (element === 'suite' && path[1] !== 'statistics')
        suites.push({ name: attributes['name'] ?? '', source: attributes['source'] ?? null, holds: false });
    },
    close(element) {
      if (element === 'suite' && suites.pop()?.holds === true) tally.suite();
    },
    record(node) {
      const suite = suites.at(-1);
      if (suite !== undefined) suite.holds = true;
      const word = (node.attributes['status'] ?? '').toUpperCase();
      const skipped = word === 'SKIP' || word === 'NOT_RUN' || word === 'NOT RUN';
      tally.case({
        outcome: word === 'PASS' ? 'passed' : word === 'FAIL' ? 'failed' : skipped ? 'skipped' : 'errored',
        name,
        suite: suites.map((one) => one.name).join('.'),
        file: suite?.source ?? null,
        message: node.text.trim(),
        ms: secondsToMs(node.attributes['elapsed']),
      });
    },
  });
  if (!whole) tally.lacks('it has no statistics: it is not complete');
}
