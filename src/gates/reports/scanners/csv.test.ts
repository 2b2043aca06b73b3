import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReportFault } from '../model.ts';
import { parseCsv } from './csv.ts';

const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;

test('what is written by RFC 4180 is read again, whatever the cells hold', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', 'é', '"', ',', '\n', '\r', ' '), maxLength: 8 });
  fc.assert(
    fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 5 }), (rows) => {
      const text = ['a,b', ...rows.map((row) => row.map(quoted).join(','))].join('\r\n');
      expect(parseCsv(text)).toEqual(rows.map(([a, b]) => ({ a, b })));
    }),
  );
});

test('a quote without an end is told with the line where it began', () => {
  try {
    parseCsv('a,b\n"1\n2","3\n4');
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ReportFault);
    expect((error as ReportFault).place).toEqual({ line: 3, column: 1 });
  }
});
