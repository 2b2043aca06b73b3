import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hmacSha256 } from './hmac.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

// RFC 4231, the vectors of HMAC-SHA-256 (number 5 is of a truncated output, which nobody here makes).
test.each([
  ['1', '0b'.repeat(20), '4869205468657265', 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'],
  [
    '2',
    '4a656665',
    '7768617420646f2079612077616e7420666f72206e6f7468696e673f',
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
  ['3', 'aa'.repeat(20), 'dd'.repeat(50), '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe'],
  [
    '4',
    '0102030405060708090a0b0c0d0e0f10111213141516171819',
    'cd'.repeat(50),
    '82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b',
  ],
  [
    '6',
    'aa'.repeat(131),
    Buffer.from('Test Using Larger Than Block-Size Key - Hash Key First').toString('hex'),
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
  [
    '7',
    'aa'.repeat(131),
    Buffer.from(
      'This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.',
    ).toString('hex'),
    '9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2',
  ],
])('RFC 4231, test case %s', (_, key, data, wanted) => {
  expect(hmacSha256(hex(key), '', hex(data)).toString('hex')).toBe(wanted);
});

test('it is what Node makes of it, of every length of key and body, in any order', () => {
  const bytes = fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: 'binary', maxLength: 100 }));
  fc.assert(
    fc.property(bytes, fc.string({ maxLength: 60 }), bytes, (key, head, body) => {
      expect(hmacSha256(key, head, body).equals(createHmac('sha256', key).update(head).update(body).digest())).toBe(true);
    }),
    { numRuns: 500 },
  );
  for (const size of [65_400, 65_471, 65_472, 65_473, 65_536, 1_000_000]) {
    const body = Buffer.alloc(size, 'ab');
    expect(hmacSha256('key', '', body).equals(createHmac('sha256', 'key').update(body).digest()), `${size}`).toBe(true);
  }
});
