import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readReport } from '../read.ts';

async function* bytes(content: string | Uint8Array): AsyncGenerator<Uint8Array> {
  yield Buffer.from(content);
}

/** Two lines of which one ran; where the format knows branches, one of two. */
const CASES: readonly (readonly [format: string, text: string, branches: boolean])[] = [
  ['lcov', 'SF:a\nDA:1,1\nDA:2,0\nBRDA:1,0,0,1\nBRDA:1,0,1,-\nend_of_record\n', true],
  ['cobertura', '<coverage><class filename="a"><lines><line number="1" hits="1" branch="true" condition-coverage="50% (1/2)"/><line number="2" hits="0"/></lines></class></coverage>', true],
  ['jacoco', '<report name="r"><package name="p"><sourcefile name="a"><line nr="1" mi="0" ci="2" mb="1" cb="1"/><line nr="2" mi="3" ci="0" mb="0" cb="0"/></sourcefile></package></report>', true],
  ['jacoco', '<report name="r"><package name="p"><sourcefile name="a"><line nr="1" mb="1" cb="1"/><line nr="2"/><line nr="2"/><counter type="LINE" missed="2" covered="1"/></sourcefile></package></report>', true],
  ['clover', '<coverage clover="1"><project><package><file name="a"><line num="1" type="cond" count="1" truecount="1" falsecount="0"/><line num="2" type="stmt" count="0"/></file></package></project></coverage>', true],
  ['opencover', '<CoverageSession><Modules><Module><Files><File uid="1" fullPath="a"/></Files><Method><SequencePoint vc="1" sl="1" fileid="1"/><SequencePoint vc="0" sl="2" fileid="1"/><BranchPoint vc="1" sl="1" path="0" offset="1" fileid="1"/><BranchPoint vc="0" sl="1" path="1" offset="1" fileid="1"/></Method></Module></Modules></CoverageSession>', true],
  ['go-cover', 'mode: set\np/a.go:1.1,1.9 1 1\np/a.go:2.1,2.9 1 0\n', false],
  ['sonar-coverage', '<coverage version="1"><file path="a"><lineToCover lineNumber="1" covered="true" branchesToCover="2" coveredBranches="1"/><lineToCover lineNumber="2" covered="false"/></file></coverage>', true],
  ['gcovr', '{"gcovr/format_version":"0.15","files":[{"file":"a","lines":[{"line_number":1,"count":1,"branches":[{"count":1},{"count":0}]},{"line_number":2,"count":0,"branches":[]},{"line_number":3,"count":0,"branches":[],"gcovr/noncode":true}]}]}', true],
  ['coveralls', '{"source_files":[{"name":"a","coverage":[1,0,null],"branches":[1,0,0,1,1,0,1,0]}]}', true],
  ['coverage.py', '{"meta":{"version":"7"},"totals":{},"files":{"a":{"executed_lines":[1],"missing_lines":[2],"executed_branches":[[1,2]],"missing_branches":[[1,-1]]}}}', true],
  ['istanbul', '{"a":{"path":"a","statementMap":{"0":{"start":{"line":1}},"1":{"start":{"line":2}}},"s":{"0":1,"1":0},"branchMap":{"0":{"loc":{"start":{"line":1}}}},"b":{"0":[1,0]}}}', true],
]; // prettier-ignore

test.each(CASES)('%s: the same program gives the same totals', async (format, text, branches) => {
  const reading = await readReport('auto', bytes(text));
  expect(reading).toMatchObject({ state: 'ok', format });
  expect(reading.contents?.coverage).toEqual({
    lines: { covered: 1, total: 2 },
    branches: branches ? { covered: 1, total: 2 } : null,
    files: 1,
  });
  expect(await readReport('coverage', bytes(gzipSync(text)))).toEqual(reading);
});

test('what unpacks to far more than it is, or not to its end, is refused', async () => {
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, 'TN:\n'));
  expect(await readReport('auto', bytes(bomb))).toMatchObject({ state: 'unreadable', reason: expect.stringMatching(/unpacks to more/) });
  const cut = gzipSync(CASES[0]?.[1] ?? '').subarray(0, 30);
  expect(await readReport('auto', bytes(cut))).toMatchObject({ state: 'unreadable', reason: expect.stringMatching(/gzip/) });
});
