import type { ByteStream } from '../model.ts';
import { childrenOf, child, readRecords, textOf } from '../xml-records.ts';
import type { TestTally } from './tally.ts';

const BAD = new Set(['fail', 'xpass', 'bfail', 'bxpass']);

/**
 * Qt Test (`<TestCase>`): a test function is one test, whatever rows of data it ran; one bad incident fails it, a message
 * of the type `skip` without one skips it. Benchmarks and functions without an incident say nothing bad.
 */
export async function readQtest(bytes: ByteStream, tally: TestTally): Promise<void> {
  let suite = '';
  let ms: number | null = null;
  await readRecords(bytes, {
    isRecord: (name, path) => name === 'TestFunction' || (name === 'Duration' && path.length > 0),
    open(name, attributes) {
      if (name !== 'TestCase') return;
      tally.suite();
      suite = attributes['name'] ?? '';
    },
    record(node) {
      if (node.name === 'Duration') {
        ms = millis(node.attributes['msecs']);
        return;
      }
      const incidents = childrenOf(node, 'Incident');
      const bad = incidents.find((one) => BAD.has(one.attributes['type'] ?? ''));
      const messages = childrenOf(node, 'Message');
      const died = messages.find((one) => one.attributes['type'] === 'qfatal');
      const skipped =
        incidents.some((one) => one.attributes['type'] === 'skip') || messages.some((one) => one.attributes['type'] === 'skip');
      const passed = incidents.some((one) => one.attributes['type'] === 'pass');
      tally.case({
        outcome: bad !== undefined ? 'failed' : died !== undefined ? 'errored' : skipped && !passed ? 'skipped' : 'passed',
        name: node.attributes['name'] ?? '',
        suite,
        file: bad?.attributes['file'] ?? null,
        message: textOf(bad ?? died, 'Description'),
        ms: millis(child(node, 'Duration')?.attributes['msecs']),
      });
    },
  });
  tally.duration(ms);
}

function millis(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,12}(?:\.\d{1,9})?$/.test(text) ? Number(text) : null;
}
