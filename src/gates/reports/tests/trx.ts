import type { ByteStream } from '../model.ts';
import { clip } from '../model.ts';
import { wholeNumber } from '../text.ts';
import { below, child, readRecords, textOf, type XmlNode } from '../xml-records.ts';
import type { Outcome, TestTally } from './tally.ts';

const RESULTS = new Set([
  'UnitTestResult',
  'TestResult',
  'GenericTestResult',
  'WebTestResult',
  'ManualTestResult',
  'TestResultAggregation',
]);

/**
 * TRX, the results of Visual Studio and `dotnet test` (namespaces TeamTest/2006 and 2010). Each result counts; what
 * stands inside another (data-driven, ordered tests) is a part of it. What was aborted, or could not be run, counts as
 * skipped and makes the report no pass, for nobody knows how it would have ended. `Counters` that announce more than is shown make the report incomplete.
 */
export async function readTrx(bytes: ByteStream, tally: TestTally): Promise<void> {
  const definitions = new Map<string, string>();
  const pending: XmlNode[] = [];
  let announced: number | null = null;
  let ending = '';
  await readRecords(bytes, {
    isRecord: (name, path) =>
      RESULTS.has(name) || name === 'UnitTest' || (path.at(-1) === 'ResultSummary' && name === 'Counters') || name === 'RunInfo',
    open(name, attributes, path) {
      if (name === 'Results') tally.suite();
      else if (name === 'ResultSummary' && path.length === 1) ending = attributes['outcome'] ?? '';
    },
    record(node) {
      if (node.name === 'Counters') announced = wholeNumber(node.attributes['total']);
      else if (node.name === 'RunInfo') {
        const words = textOf(node, 'Text') ?? '';
        if (/\b(?:test run was aborted|test host process (?:crashed|exited))/i.test(words.slice(0, 4000)))
          tally.lacks(`the run was aborted: ${clip(words, 200)}`);
      } else if (node.name === 'UnitTest') {
        const id = node.attributes['id'];
        if (id !== undefined) definitions.set(id, child(node, 'TestMethod')?.attributes['className'] ?? '');
      } else pending.push({ ...node, children: ['Passed', 'NotExecuted'].includes(node.attributes['outcome'] ?? '') ? [] : node.children });
    },
  });
  // The names of classes come after the results.
  for (const node of pending) {
    const { attributes } = node;
    const [error] = below(node, new Set(['ErrorInfo']));
    const outcome = (attributes['outcome'] ?? '').toLowerCase();
    if (UNKNOWN.has(outcome))
      tally.lacks(`the test ${JSON.stringify((attributes['testName'] ?? '').slice(0, 100))} is told as ${attributes['outcome']}`);
    tally.case({
      outcome: UNKNOWN.has(outcome) ? 'skipped' : (OUTCOMES[outcome] ?? 'errored'),
      name: attributes['testName'] ?? '',
      suite: (definitions.get(attributes['testId'] ?? '') ?? '').split(',', 1)[0] ?? '',
      message: textOf(error, 'Message'),
      text: textOf(error, 'StackTrace'),
      ms: spanToMs(attributes['duration']),
    });
  }
  tally.announced('the summary', announced);
  // A host that died between two tests leaves every test passed that it still wrote.
  if (BROKEN.has(ending.toLowerCase())) tally.lacks(`the run is told as ${ending}`);
  else if (ending.toLowerCase() === 'failed') tally.mustBeBad('the summary');
}

const BROKEN = new Set(['aborted', 'error', 'timeout', 'disconnected', 'inprogress', 'notrunnable']);

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  passed: 'passed', passedbutrunaborted: 'passed', warning: 'passed', completed: 'passed',
  failed: 'failed',
  error: 'errored', timeout: 'errored',
  notexecuted: 'skipped', inconclusive: 'skipped', pending: 'skipped',
}; // prettier-ignore

const UNKNOWN = new Set(['aborted', 'disconnected', 'notrunnable', 'inprogress']);

/** A .NET time span (`[d.]hh:mm:ss[.fffffff]`) in milliseconds, or null. */
export function spanToMs(text: string | undefined): number | null {
  const [, days, hours, minutes, seconds] = /^(?:(\d{1,6})\.)?(\d{1,4}):(\d{1,2}):(\d{1,2}(?:\.\d{1,9})?)$/.exec((text ?? '').trim()) ?? [];
  if (seconds === undefined) return null;
  return Math.round(((Number(days ?? 0) * 24 + Number(hours)) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000);
}
