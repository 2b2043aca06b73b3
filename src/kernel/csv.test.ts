import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvLine, type Cell } from './csv.ts';

/** Reads RFC 4180 back: an author's own reader, so that the writer is held to the format and not to itself. */
function read(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    let cell = '';
    if (text[at] === '"') {
      for (at += 1; ; at += 1) {
        if (text[at] === '"' && text[at + 1] === '"') at += 1;
        else if (text[at] === '"') break;
        cell += text[at] ?? '';
      }
      at += 1;
    } else while (at < text.length && text[at] !== ',' && text[at] !== '\r') cell += text[at++];
    row.push(cell);
    if (text[at] === ',') at += 1;
    else {
      expect(text.slice(at, at + 2)).toBe('\r\n');
      rows.push(row);
      row = [];
      at += 2;
    }
  }
  return rows;
}

test.each<[Cell, string]>([
  ['plain', 'plain'],
  ['a,b', '"a,b"'],
  ['say "no"', '"say ""no"""'],
  ['two\nlines', '"two\nlines"'],
  [' edge', '" edge"'],
  [null, ''],
  [undefined, ''],
  [-3, '-3'],
  [0.25, '0.25'],
  [true, 'true'],
  ['=1+1', "'=1+1"],
  ['+1', "'+1"],
  ['-1', "'-1"],
  ['@sum', "'@sum"],
  ['\t=1', '"\'\t\'=1"'],
  ['\r=1', '"\'\r\'=1"'],
  ['  =cmd', "'  =cmd"],
  ['＝1', "'＝1"],
  ['x;=1+1', '"x;\'=1+1"'],
  ['x;y', '"x;y"'],
])('%j is written %j', (cell, text) => {
  expect(csvLine([cell])).toBe(`${text}\r\n`);
});

test('whatever is written reads back as the same cells, but for the guard', () => {
  const text = fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', ' ', '=', '-', ';', '\t', 'é', '😀') });
  fc.assert(
    fc.property(fc.array(fc.array(text, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 4 }), (rows) => {
      const back = read(rows.map(csvLine).join(''));
      expect(back.map((row) => row.map((cell) => cell.replaceAll("'", '')))).toEqual(rows);
    }),
  );
});

test('no cell begins with what a spreadsheet runs, nor hides it behind another separator', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', ';', ' ', 'a', '"') }), (text) => {
      const [cell = ''] = read(csvLine([text, 'x']))[0] ?? [];
      for (const part of cell.split(/[;\t\r\n]/)) expect(/^\s*[=+\-@]/.test(part)).toBe(false);
    }),
  );
});
