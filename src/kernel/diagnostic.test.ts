import fc from 'fast-check';
import { expect, test } from 'vitest';
import { inOrder, locate, renderDiagnostics, type Diagnostic } from './diagnostic.ts';
import { nearest, suggest } from './suggest.ts';

const source = 'jobs:\n  build:\n    steps: 1\r\n';
const at = (start: number, end: number, code = 'a.b'): Diagnostic => ({
  code,
  severity: 'error',
  message: 'a list is expected',
  remedy: 'Write a list.',
  file: 'p.yaml',
  range: locate(source).range(start, end),
});

test('the words are underlined in their line', () => {
  expect(renderDiagnostics(source, [at(19, 24)])).toBe(
    ['p.yaml:3:5: error: a list is expected [a.b]', '  |', '3 |     steps: 1', '  |     ^^^^^', '  = Write a list.'].join('\n'),
  );
});

test('positions agree with counting lines, everywhere in any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '\n', '\r\n', ' ') }), fc.nat(80), (text, wanted) => {
      const offset = Math.min(wanted, text.length);
      const before = text.slice(0, offset).split('\n');
      expect(locate(text).position(offset)).toEqual({ line: before.length, column: (before.at(-1) ?? '').length + 1, offset });
    }),
  );
});

test('in reading order, each once', () => {
  expect(inOrder([at(19, 24), at(0, 4), at(19, 24), at(0, 4, 'a.a')]).map((one) => [one.range.start.offset, one.code])).toEqual([
    [0, 'a.a'],
    [0, 'a.b'],
    [19, 'a.b'],
  ]);
});

test('a hostile file can not steer the terminal, and a very long line is cut around the words', () => {
  const hostile = `a: \u001b[31mred\u202e${'x'.repeat(5000)}here`;
  const fault = { ...at(0, 1), file: 'f\u001b.yaml', message: 'm\u0007', range: locate(hostile).range(hostile.length - 4, hostile.length) };
  const text = renderDiagnostics(hostile, [fault, { ...fault, range: locate(hostile).range(3, 8), code: 'c' }]);
  // eslint-disable-next-line no-control-regex
  expect(text).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  const lines = text.split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(200);
  const cut = lines.findIndex((line) => line.endsWith('here'));
  expect(lines[cut + 1]?.length).toBe(lines[cut]?.length);
  expect(lines[cut + 1]).toMatch(/ \^\^\^\^$/);
});

test('a near word is suggested, a far one is not', () => {
  const words = ['steps', 'needs', 'matrix', 'runs-on'];
  expect(nearest('stpes', words)).toBe('steps');
  expect(nearest('need', words)).toBe('needs');
  expect(nearest('Matrix', words)).toBe('matrix');
  expect(nearest('environment', words)).toBeNull();
  expect(suggest('zzz', words)).toBe('Possible here: steps, needs, matrix, runs-on.');
  expect(suggest('zzz', [])).toBe('Remove it.');
});
