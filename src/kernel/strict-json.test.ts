import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasDuplicateKeys } from './strict-json.ts';

test('a member named twice is found, however deep and however it is written', () => {
  for (const text of ['{"a":1,"a":2}', '{"x":{"b":[{"a":1,"a":1}]}}', String.raw`{"a":1,"\u0061":2}`, '{"a" :1, "a"\n:2}', '{"":1,"":2}'])
    expect(hasDuplicateKeys(text), text).toBe(true);
  for (const text of ['{"a":1,"b":{"a":2}}', '[{"a":1},{"a":2}]', String.raw`{"a":"\"a\":","b":"{"}`, '{"a":["a","a"]}', '1', '"a"'])
    expect(hasDuplicateKeys(text), text).toBe(false);
});

test('what JSON.stringify writes has none', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => !hasDuplicateKeys(JSON.stringify(value))),
    { numRuns: 500 },
  );
});
