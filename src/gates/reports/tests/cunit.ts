import type { ByteStream } from '../model.ts';
import { readRecords, textOf } from '../xml-records.ts';
import type { TestTally } from './tally.ts';

const DOCTYPES = [/^CUNIT_TEST_RUN_REPORT\s+SYSTEM\s+(["'])(?:https?:\/\/cunit\.sourceforge\.net\/)?CUnit-Run\.dtd\1$/];

/**
 * CUnit's automated interface (`CUNIT_TEST_RUN_REPORT`). A test is recorded once for each assertion of it that failed:
 * records of one name that follow one another in a suite are one test. A suite whose start failed is an error.
 */
export async function readCunit(bytes: ByteStream, tally: TestTally): Promise<void> {
  let suite = '';
  let failed = '';
  await readRecords(
    bytes,
    {
      isRecord: (name) => ['SUITE_NAME', 'CUNIT_RUN_TEST_SUCCESS', 'CUNIT_RUN_TEST_FAILURE', 'CUNIT_RUN_SUITE_FAILURE'].includes(name),
      open(name) {
        if (name === 'CUNIT_RUN_SUITE') {
          tally.suite();
          failed = '';
        }
      },
      record(node) {
        if (node.name === 'SUITE_NAME') suite = node.text.trim();
        else if (node.name === 'CUNIT_RUN_SUITE_FAILURE') {
          suite = textOf(node, 'SUITE_NAME') ?? '';
          tally.case({ outcome: 'errored', name: suite, suite, message: textOf(node, 'FAILURE_REASON'), ms: null });
        } else {
          const name = textOf(node, 'TEST_NAME') ?? '';
          const bad = node.name === 'CUNIT_RUN_TEST_FAILURE';
          if (bad && name === failed && name !== '') return;
          failed = bad ? name : '';
          const message = textOf(node, 'CONDITION');
          tally.case({ outcome: bad ? 'failed' : 'passed', name, suite, file: textOf(node, 'FILE_NAME'), message, ms: null });
        }
      },
    },
    DOCTYPES,
  );
}
