import type { ByteStream } from '../model.ts';
import type { Attributes } from '../xml.ts';
import { secondsToMs, wholeNumber } from '../text.ts';
import { child, readRecords, textOf, type XmlNode } from '../xml-records.ts';
import type { Outcome, TestTally } from './tally.ts';

/**
 * xUnit.net 1 (`<assembly><class>`) and 2 (`<assemblies><assembly><collection>`, `<class>` in some runners). Each
 * `<test>` counts. An error of an assembly, outside any test (a fixture's dispose), is an errored test of its own.
 */
export async function readXunitNet(bytes: ByteStream, tally: TestTally): Promise<void> {
  const assembly = { said: {} as Attributes, shown: { passed: 0, failed: 0, errored: 0, skipped: 0 }, name: '' };
  await readRecords(bytes, {
    isRecord: (name, path) => name === 'test' || (name === 'error' && path.at(-1) === 'errors'),
    open(name, attributes) {
      if (name === 'assembly') {
        Object.assign(assembly, {
          said: attributes,
          shown: { passed: 0, failed: 0, errored: 0, skipped: 0 },
          name: attributes['name'] ?? '',
        });
        tally.suite();
        tally.duration(secondsToMs(attributes['time']));
      }
    },
    close(name) {
      if (name !== 'assembly') return;
      const { said, shown } = assembly;
      const lacking = (wholeNumber(said['total']) ?? 0) - shown.passed - shown.failed - shown.errored - shown.skipped;
      if (lacking <= 0) {
        // Its errors stand outside of its tests, and count when they are shown.
        const [failed, errors] = [wholeNumber(said['failed']) ?? 0, wholeNumber(said['errors']) ?? 0];
        if (failed > shown.failed + shown.errored)
          tally.lacks(`an assembly tells of ${failed} failures and shows ${shown.failed + shown.errored}`);
        else tally.mustBeBad('the run', failed + errors > 0 ? 1 : 0);
        return;
      }
      tally.lacks(
        `assembly ${JSON.stringify(assembly.name.slice(-80))} announces ${said['total']} tests, ${lacking} more than it shows: it is not complete`,
      );
      for (const outcome of ['passed', 'failed', 'skipped'] as const)
        tally.unshown(outcome, (wholeNumber(said[outcome]) ?? 0) - shown[outcome]);
    },
    record(node, path) {
      if (node.name === 'error')
        return tally.case({ outcome: 'errored', name: node.attributes['name'] ?? 'error', suite: assembly.name, ms: null });
      const { attributes } = node;
      const outcome = outcomeOf(node);
      assembly.shown[outcome]++;
      const failure = child(node, 'failure');
      tally.case({
        outcome,
        name: attributes['name'] ?? attributes['method'] ?? '',
        suite: attributes['type'] ?? path.at(-1) ?? '',
        message: textOf(failure, 'message') ?? textOf(node, 'reason', 'message') ?? textOf(node, 'reason'),
        text: textOf(failure, 'stack-trace'),
        ms: secondsToMs(attributes['time']),
      });
    },
  });
}

function outcomeOf({ attributes, children }: XmlNode): Outcome {
  const result = (attributes['result'] ?? '').toLowerCase();
  if (result === 'pass') return children.some((one) => one.name === 'failure') ? 'failed' : 'passed';
  if (result === 'skip' || result === 'notrun') return 'skipped';
  return result === 'fail' ? 'failed' : 'errored';
}
