import fc from 'fast-check';
import { expect, test } from 'vitest';
import { line, painter, plain, plainJson, table, toTerminal, when, wrap } from './terminal.ts';

// Everything that could move a cursor, colour, hide or reorder what a person reads.
// eslint-disable-next-line no-control-regex
const STEERS = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/u;
const nasty = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\u001b',
      '[',
      '3',
      '1',
      'm',
      '\u0001',
      '\u0002',
      '\u202e',
      '\u2066',
      '\u0007',
      '\r',
      '\n',
      '\u009b',
      '\u{e0041}',
      'a',
      '0',
    ),
    fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }),
  ),
});

test('no text keeps what steers a terminal, and clean text stays as it is', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      expect(plain(text)).not.toMatch(STEERS);
      expect(plain(plain(text))).toBe(plain(text));
      expect(line(text)).not.toMatch(/[\n\t]/);
    }),
  );
  for (const text of ['feat: grüße 🚆 日本', 'a\n\tb']) expect(plain(text)).toBe(text);
  expect(plain('shop\u202egnp.exe')).toBe('shop\ufffdgnp.exe');
});

test('only our own marks become colours: text from outside can neither forge nor end one', () => {
  const paint = painter('secret');
  expect(toTerminal(`${paint('red', 'no')} x`, 'secret', true)).toBe('\u001b[31mno\u001b[0m x');
  expect(toTerminal(`${paint('red', 'no')} x`, 'secret', false)).toBe('no x');
  fc.assert(
    fc.property(nasty, (text) => {
      expect(toTerminal(text, 'secret', true)).not.toMatch(STEERS);
      expect(toTerminal(`\u0001other32\u0002${text}`, 'secret', true)).not.toMatch(STEERS);
      const painted = toTerminal(paint('green', text), 'secret', true);
      expect(painted.slice(5, -4)).toBe(plain(text));
    }),
  );
});

test('JSON for programs says exactly the same and can not steer a terminal', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'binary' }), nasty, (value, text) => {
      const all = { value, text };
      expect(JSON.parse(plainJson(all))).toEqual(JSON.parse(JSON.stringify(all)));
      expect(plainJson(all)).not.toMatch(STEERS);
      expect(plainJson(all)).not.toContain('\n');
    }),
  );
});

test('tables align by what is seen, leave out empty columns, and do not pad the end', () => {
  const paint = painter('s');
  const rows = [
    [paint('green', 'ok'), '', 'left', 'end'],
    ['longer', '', 'x', ''],
  ];
  expect(toTerminal(table(rows, ['A', 'B', 'C', 'D']), 's', false)).toBe('A       C     D\nok      left  end\nlonger  x');
  expect(table([], ['A'])).toBe('');
});

test('instants to the second in UTC, words wrapped to the width', () => {
  expect(when('2026-11-23T17:03:21.964Z')).toBe('2026-11-23 17:03:21Z');
  expect(when(null)).toBe('');
  expect(wrap('aa bb cc', ' ', 6)).toBe(' aa bb\n cc');
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom('a', 'b') }), { maxLength: 30 }), (words) => {
      const lines = wrap(words.join(' '), '  ', 40).split('\n');
      expect(lines.every((one) => one.length <= 40 && one.startsWith('  '))).toBe(true);
      expect(lines.map((one) => one.trim()).join(' ')).toBe(words.join(' '));
    }),
  );
});
