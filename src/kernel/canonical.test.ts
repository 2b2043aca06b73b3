import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalBytes, canonicalJson } from './canonical.ts';

const corpus = join(process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus', 'jcs/cyberphone+json-canonicalization/testdata');

test('RFC 8785: the cases of its author, byte for byte', ({ skip }) => {
  if (!existsSync(corpus)) skip(`no corpus at ${corpus}`);
  const names = readdirSync(join(corpus, 'input'));
  const right = names.filter((name) => {
    const bytes = canonicalBytes(JSON.parse(readFileSync(join(corpus, 'input', name), 'utf8')));
    return Buffer.from(bytes).equals(readFileSync(join(corpus, 'output', name)));
  });
  process.stdout.write(`canonical JSON: ${right.length} of ${names.length}\n`);
  expect(right).toEqual(names);
});

test('names stand by their UTF-16 units, numbers as ECMAScript writes them, and reading changes nothing', () => {
  expect(canonicalJson({ '\ufb33': 1, '\u{1f600}': 2, b: 1e21, a: -0, '': 1e-7 })).toBe(
    '{"":1e-7,"a":0,"b":1e+21,"\u{1f600}":2,"\ufb33":1}',
  );
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(canonicalJson(JSON.parse(text))).toBe(text);
    }),
  );
});
