import fc from 'fast-check';
import { expect, test } from 'vitest';
import { placeOfFault } from './json-place.ts';
import { readReport } from './read.ts';

test.each([
  ['{"a":', 1, 6],
  ['{\n"a": tru}', 2, 6],
  ['[1,2', 1, 5],
  ['[1,]', 1, 4],
  ['{"a" 1}', 1, 6],
  ['{"a":1}}', 1, 8],
  ['["abc', 1, 6],
  ['["a\nb"]', 1, 4],
  ['["a\\x"]', 1, 4],
  ['[01]', 1, 3],
  ['{"a":[}', 1, 7],
  ['{,}', 1, 2],
  ['', 1, 1],
])('%j stops to be JSON in line %i, column %i', (text, line, column) => {
  expect(() => JSON.parse(text) as unknown).toThrow();
  expect(placeOfFault(text)).toEqual({ line, column });
});

test('where the platform tells a place, it is the same; a text that is JSON has none before its end', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(), fc.constantFrom('', ',', ':', '}', ']', '"', '\\', '1', 'x'), (json, seed, put) => {
      const cut = seed % (json.length + 1);
      const text = json.slice(0, cut) + put + json.slice(cut + 1);
      const { line, column } = placeOfFault(text);
      const at = text.split('\n', line - 1).reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
      try {
        JSON.parse(text);
      } catch (error) {
        const told = /at position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
        // V8 gives the beginning of a bad escape or of a number's end; never more than a token away.
        if (told !== undefined) expect(Math.abs(Number(told) - at)).toBeLessThanOrEqual(6);
        return;
      }
      expect(at).toBe(text.length);
    }),
    { numRuns: 2000 },
  );
});

test('a report that is cut short says where', async () => {
  const bytes = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('{\n  "bomFormat": "CycloneDX",\n  "components": [');
  };
  expect(await readReport('auto', bytes())).toMatchObject({ state: 'unreadable', place: { line: 3, column: 18 } });
});

test('UTF-16 without a mark is told by its first characters', async () => {
  for (const swap of [false, true]) {
    const data = Buffer.from('<?xml version="1.0" encoding="UTF-16"?><testsuite><testcase name="é"/></testsuite>', 'utf16le');
    const bytes = async function* (): AsyncGenerator<Uint8Array> {
      yield swap ? data.swap16() : data;
    };
    expect(await readReport('auto', bytes())).toMatchObject({ state: 'ok', contents: { tests: { total: 1 } } });
  }
});
