import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plainText, stretches } from './ansi.ts';
import { foldsOf, hiddenBy, inSight, lineAt, rowOf } from './folds.ts';
import { boxesOf, columns, stateOf, tally } from './groups.ts';
import { barsOf, criticalPath, type Timed } from './timing.ts';

const ESC = '\u001b';

test('colours become classes of ours, and nothing else of a terminal is left', () => {
  expect(stretches(`a ${ESC}[1;31mred${ESC}[0m b`)).toEqual([
    { text: 'a ', classes: '' },
    { text: 'red', classes: 'text-deny font-semibold' },
    { text: ' b', classes: '' },
  ]);
  expect(stretches(`${ESC}[38;5;196mx${ESC}[38;2;0;200;0my${ESC}[48;5;21mz`).map(({ classes }) => classes)).toEqual([
    'text-deny',
    'text-allow',
    'text-allow bg-accent-soft',
  ]);
  expect(plainText(`${ESC}]0;title\u0007a${ESC}[2Kb${ESC}]8;;javascript:alert(1)${ESC}\\c\u0000\u0008${ESC}(Bd`)).toBe('abcd');
  expect(plainText('10%\r50%\r100%\r')).toBe('100%');
  expect(plainText('a\tb')).toBe('a\tb');
});

test('whatever a line holds, its text has no control character, and its classes are ours alone', () => {
  const odd = fc.array(fc.constantFrom(ESC, '[', ']', 'm', ';', '31', '<b>', 'x', '\u0007', '\\', '\r', '\u009b', '38;5;', '"'), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(odd, (parts) => {
      const line = parts.join('');
      const out = stretches(line);
      expect(out.map(({ text }) => text).join('')).toBe(plainText(line));
      // eslint-disable-next-line no-control-regex -- that is what must not be there
      expect(plainText(line)).not.toMatch(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/);
      for (const { classes } of out) expect(classes).toMatch(/^(?:(?:text|bg|font)-[a-z-]+|italic|underline|line-through| )*$/);
    }),
  );
});

test('steps and groups fold, one inside the other, and what is open goes to the end', () => {
  const marks = [
    [1, '▶ build'],
    [3, '::group::install'],
    [7, '::endgroup::'],
    [9, '✗ failed with exit code 1 after 2 s'],
    [10, '▶ clean up'],
    [12, '##[group]rest'],
  ].map(([line, text]) => ({ line: Number(line), text: String(text) }));
  expect(foldsOf(marks, 20)).toEqual([
    { start: 1, end: 9, title: 'build', step: true, failed: true },
    { start: 3, end: 7, title: 'install', step: false, failed: false },
    { start: 10, end: 20, title: 'clean up', step: true, failed: false },
    { start: 12, end: 20, title: 'rest', step: false, failed: false },
  ]);
  expect(
    foldsOf(
      [
        { line: 2, text: '::endgroup::' },
        { line: 3, text: '✓ x' },
      ],
      5,
    ),
  ).toEqual([]);
});

test('rows and lines are each other’s way back, whatever is folded', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 20 })), { maxLength: 8 }), (ranges) => {
      const total = 60;
      const folds = ranges
        .map(([start, length]) => ({ start, end: Math.min(total, start + length), title: '', step: false, failed: false }))
        .filter(({ start, end }) => end > start)
        .sort((one, other) => one.start - other.start || other.end - one.end);
      const hidden = hiddenBy(folds, new Set(folds.map(({ start }) => start)));
      const gone = (line: number): boolean => folds.some(({ start, end }) => line > start && line <= end);
      const seen = Array.from({ length: total }, (_, at) => at + 1).filter((line) => !gone(line));
      expect(inSight(hidden, total)).toBe(seen.length);
      expect(seen.map((_, row) => lineAt(hidden, row))).toEqual(seen);
      expect(seen.map((line) => rowOf(hidden, line))).toEqual(seen.map((_, row) => row));
      for (let line = 1; line <= total; line += 1) expect(lineAt(hidden, rowOf(hidden, line))).toBeLessThanOrEqual(line);
    }),
  );
});

const at = (seconds: number): string => new Date(1_000_000 + seconds * 1000).toISOString();
const job = (name: string, needs: string[], queued: number | null, started: number | null, finished: number | null): Timed => ({
  id: `id ${name}`,
  name,
  needs,
  queuedAt: queued === null ? null : at(queued),
  startedAt: started === null ? null : at(started),
  finishedAt: finished === null ? null : at(finished),
});

test('the critical path goes back from what ended last through what it waited for longest', () => {
  const jobs = [
    job('lint', [], 0, 1, 5),
    job('build', [], 0, 2, 30),
    job('test', ['lint', 'build'], 30, 31, 60),
    job('docs', ['lint'], 5, 6, 50),
  ];
  expect([...criticalPath(jobs, 0)]).toEqual(['id test', 'id build']);
  const bars = barsOf(jobs, at(0), 0);
  expect(bars.map(({ queued, started, ended, critical }) => [queued, started, ended, critical])).toEqual([
    [0, 1000, 5000, false],
    [0, 2000, 30_000, true],
    [30_000, 31_000, 60_000, true],
    [5000, 6000, 50_000, false],
  ]);
  const skipped = [...jobs, job('ship', ['test'], 60, null, 61)];
  expect([...criticalPath(skipped, 0)]).toEqual(['id test', 'id build']);
  expect(barsOf(skipped, at(0), 0).length).toBe(4);
  const going = [job('a', [], 0, 1, null), job('b', ['a'], null, null, null)];
  expect(barsOf(going, at(0), Date.parse(at(9))).map(({ ended, critical }) => [ended, critical])).toEqual([[9000, true]]);
  expect(criticalPath([], 0).size).toBe(0);
});

test('cells of a matrix are one box, which says how they stand, until it is opened', () => {
  const cell = (n: number, state: string) => ({ id: `c${n}`, name: `test (${n})`, declared: 'test', needs: ['build'], state });
  const jobs = [
    { id: 'b', name: 'build', declared: 'build', needs: [], state: 'succeeded' },
    ...[1, 2, 3, 4, 5].map((n) => cell(n, n === 3 ? 'failed' : 'succeeded')),
    { id: 's', name: 'ship', declared: 'ship', needs: [1, 2, 3, 4, 5].map((n) => `test (${n})`), state: 'skipped' },
  ];
  const boxes = boxesOf(jobs, new Set());
  expect(boxes.map(({ key, needs }) => [key, needs])).toEqual([
    ['b', []],
    ['matrix test', ['b']],
    ['s', ['matrix test']],
  ]);
  expect(stateOf(boxes[1]?.jobs ?? [])).toBe('failed');
  expect(tally(boxes[1]?.jobs ?? [])).toBe('1 failed, 4 succeeded');
  expect(boxesOf(jobs, new Set(['test'])).length).toBe(7);
  const { placed } = columns(boxes);
  const xs = placed.map(({ x }) => x);
  expect(xs).toEqual([...xs].sort((one, other) => one - other));
  expect(new Set(placed.map(({ x, y }) => `${x} ${y}`)).size).toBe(placed.length);
});
