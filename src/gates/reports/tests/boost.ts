import type { ByteStream } from '../model.ts';
import { wholeNumber } from '../text.ts';
import { child, childrenOf, readRecords, textOf, type XmlNode } from '../xml-records.ts';
import type { TestTally } from './tally.ts';

/**
 * Boost.Test's log (`<TestLog>`): in each `<TestCase>` an `Exception` or `FatalError` is an error, an `Error` a failure;
 * `skipped="yes"` or a skip reason is a skipped one. Times are microseconds.
 */
export async function readBoost(bytes: ByteStream, tally: TestTally): Promise<void> {
  const suites: { name: string; holds: boolean }[] = [];
  await readRecords(bytes, {
    isRecord: (name) => name === 'TestCase',
    open(name, attributes) {
      if (name === 'TestSuite') suites.push({ name: attributes['name'] ?? '', holds: false });
    },
    close(name) {
      if (name === 'TestSuite' && suites.pop()?.holds === true) tally.suite();
    },
    record(node) {
      const suite = suites.at(-1);
      if (suite !== undefined) suite.holds = true;
      for (const one of [node, ...inner(node, tally)]) add(one, suites.map((one) => one.name).join('/'), tally);
    },
  });
}

/** Cases of suites that were run from inside a case; each suite among them counts as one. */
function inner(node: XmlNode, tally: TestTally): XmlNode[] {
  return childrenOf(node, 'TestSuite').flatMap((suite) => {
    const cases = childrenOf(suite, 'TestCase');
    if (cases.length > 0) tally.suite();
    return [...cases.flatMap((one) => [one, ...inner(one, tally)]), ...inner(suite, tally)];
  });
}

function add(node: XmlNode, suite: string, tally: TestTally): void {
  const died = child(node, 'Exception') ?? child(node, 'FatalError') ?? child(node, 'SystemError');
  const failed = child(node, 'Error');
  const skipped = node.attributes['skipped'] === 'yes' || node.attributes['reason'] !== undefined;
  const micros = wholeNumber(textOf(node, 'TestingTime') ?? undefined);
  tally.case({
    outcome: died !== null ? 'errored' : failed !== null ? 'failed' : skipped ? 'skipped' : 'passed',
    name: node.attributes['name'] ?? '',
    suite,
    file: (died ?? failed)?.attributes['file'] ?? node.attributes['file'] ?? null,
    message: (died ?? failed)?.text.trim() ?? null,
    text: [...childrenOf(node, 'Error'), ...childrenOf(node, 'Exception')].map((one) => one.text.trim()).join('\n'),
    ms: micros === null ? null : micros / 1000,
  });
}
