import { expect, test } from 'vitest';
import { codeAt, keyUri, matchingStep, stepAt, toBase32 } from './totp.ts';

const secret = Buffer.from('12345678901234567890');

// RFC 6238, appendix B, the column of SHA-1.
test.each([
  [59, '94287082'],
  [1111111109, '07081804'],
  [1111111111, '14050471'],
  [1234567890, '89005924'],
  [2000000000, '69279037'],
  [20000000000, '65353130'],
])('at second %d the code is %s', (second, code) => {
  expect(codeAt(secret, stepAt(second * 1000), 8)).toBe(code);
});

// RFC 4226, appendix D.
test.each([
  [0, '755224'],
  [1, '287082'],
  [9, '520489'],
])('counter %d gives %s', (counter, code) => {
  expect(codeAt(secret, counter)).toBe(code);
});

test('a code counts in its own step and the neighbours, once', () => {
  const at = 1_700_000_000_000;
  const now = stepAt(at);
  expect(matchingStep(secret, codeAt(secret, now), at, 0)).toBe(now);
  expect(matchingStep(secret, codeAt(secret, now - 1), at, 0)).toBe(now - 1);
  expect(matchingStep(secret, codeAt(secret, now + 1), at, 0)).toBe(now + 1);
  expect(matchingStep(secret, codeAt(secret, now - 2), at, 0)).toBeNull();
  expect(matchingStep(secret, codeAt(secret, now + 2), at, 0)).toBeNull();
  expect(matchingStep(secret, codeAt(secret, now), at, now)).toBeNull();
  expect(matchingStep(secret, '', at, 0)).toBeNull();
});

// RFC 4648, section 10, without padding.
test.each([
  ['', ''],
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foobar', 'MZXW6YTBOI'],
])('%j in base 32 is %s', (text, encoded) => {
  expect(toBase32(Buffer.from(text))).toBe(encoded);
});

test('the address for authenticators holds nothing unescaped', () => {
  expect(keyUri('ABC', 'a&b@x', 'Yard master')).toBe(
    'otpauth://totp/Yard%20master:a%26b%40x?secret=ABC&issuer=Yard%20master&algorithm=SHA1&digits=6&period=30',
  );
});
