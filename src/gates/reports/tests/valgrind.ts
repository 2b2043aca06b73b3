import type { ByteStream } from '../model.ts';
import { readRecords, textOf } from '../xml-records.ts';
import type { TestTally } from './tally.ts';

/**
 * Valgrind's XML (protocol 4): the program that ran is one test, and it failed where one error was found. Without the
 * state FINISHED it did not come to its end, and the report is not complete.
 */
export async function readValgrind(bytes: ByteStream, tally: TestTally): Promise<void> {
  const errors: string[] = [];
  let found = 0;
  let program = '';
  let tool = '';
  const times: number[] = [];
  let finished = false;
  await readRecords(bytes, {
    isRecord: (name, path) => path.length > 0 && ['error', 'status', 'args', 'tool'].includes(name),
    record(node) {
      if (node.name === 'tool') tool = node.text.trim();
      else if (node.name === 'args') program = textOf(node, 'argv', 'exe') ?? '';
      else if (node.name === 'status') {
        finished ||= textOf(node, 'state') === 'FINISHED';
        times.push(clock(textOf(node, 'time') ?? ''));
      } else {
        found++;
        if (errors.length < 20) errors.push(textOf(node, 'what') ?? textOf(node, 'xwhat', 'text') ?? textOf(node, 'kind') ?? '');
      }
    },
  });
  tally.suite();
  const text = errors.join('\n');
  tally.case({
    outcome: found > 0 ? 'failed' : 'passed',
    name: program,
    suite: tool === '' ? 'valgrind' : `valgrind ${tool}`,
    message: `${found} errors`,
    text,
    ms: Math.max(0, (times.at(-1) ?? 0) - (times[0] ?? 0)),
  });
  if (!finished) tally.lacks('the program did not come to its end under valgrind');
}

/** `dd:hh:mm:ss.mmm` since the start. */
function clock(text: string): number {
  const [, d, h, m, s] = /^(\d{1,5}):(\d\d):(\d\d):(\d\d(?:\.\d{1,6})?)$/.exec(text.trim()) ?? [];
  return s === undefined ? 0 : Math.round((((Number(d) * 24 + Number(h)) * 60 + Number(m)) * 60 + Number(s)) * 1000);
}
