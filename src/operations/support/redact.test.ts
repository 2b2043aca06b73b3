import fc from 'fast-check';
import { expect, test } from 'vitest';
import { redacted } from './redact.ts';
import { TOO_LONG_MS } from '../../testing/patience.ts';

const SECRETS: readonly string[] = [
  'ym_tok_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
  'ym_link_00aa11bb22cc33dd44ee55ff',
  'whsec_3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
  'ghp_16C7e42F292c6912E7710c838347Ae178B4a',
  'glpat-9zXyq8_abCDefGHijKL',
  'AKIAIOSFODNN7EXAMPLE',
  'hvs.CAESIJ1234567890abcdefgh',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U',
  'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  'dGhpcyBpcyBhIHNlY3JldCBpbiBiYXNlNjQgZm9ybQ==',
];
const AROUND: readonly ((secret: string) => string)[] = [
  (s) => s,
  (s) => `{"msg":"it says ${s} here"}`,
  (s) => `Authorization: Bearer ${s}`,
  (s) => `https://x.example.org/?q=${s}&z=1`,
  (s) => `at file (${s}):3:4`,
  (s) => `line one\n${s}\nline three`,
];

test.each(SECRETS)('%s is gone, whatever stands around it', (secret) => {
  for (const around of AROUND) expect(redacted(around(secret))).not.toContain(secret);
});

test.each([
  ['postgres://app:hunter2@db.example.org:5432/x', 'hunter2'],
  ['{"password":"correct horse battery"}', 'horse'],
  ['{"client_secret" : "a\\"b"}', 'a\\"b'],
  ['PGPASSWORD=hunter2 psql', 'hunter2'],
  ['api_key: abc123', 'abc123'],
  ['{"x-auth-token":"short"}', 'short'],
  ['Basic dXNlcjpwdw==', 'dXNlcjpwdw'],
  ['-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIB\n-----END EC PRIVATE KEY-----', 'MHcCAQEEIB'],
  ['-----BEGIN PRIVATE KEY-----\nMHcCAQEEIB', 'MHcCAQEEIB'],
  ['DETAIL:  Key (email)=(ada.lovelace@example.org) already exists.', 'ada'],
  ['zoë@büro.example', 'zoë'],
])('%s', (text, secret) => expect(redacted(text)).not.toContain(secret));

test('what is needed to find one’s way stays', () => {
  const line = `{"level":30,"requestId":"req_0123456789abcdef","route":"GET /v1/services/{service}/secrets","run":"run_0123456789abcdef0123456789abcdef","digest":"sha256:${'a1'.repeat(32)}","file":"/var/lib/yardmaster/blobs/incoming/pipelines/definition","msg":"a sweep failed and will be repeated"}`;
  expect(redacted(line)).toBe(line);
});

test('random secrets of 40 letters and more in base64 are gone, in nearly every line', () => {
  let kept = 0;
  const runs = 2000;
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 30, maxLength: 64 }), (bytes) => {
      const secret = Buffer.from(bytes).toString('base64');
      if (redacted(`value ${secret} end`).includes(secret)) kept += 1;
    }),
    { numRuns: runs, seed: 7 },
  );
  // Bytes that are all alike look like words; random ones don't.
  expect(kept / runs).toBeLessThan(0.05);
});

test('a hostile line of a megabyte takes no time', () => {
  for (const piece of ['a@', '"token', 'ey', '-----BEGIN ', 'a.b@c.', 'https://', 'password=', '\\"']) {
    const text = piece.repeat(1_000_000 / piece.length);
    const began = performance.now();
    redacted(text);
    expect(performance.now() - began, piece).toBeLessThan(TOO_LONG_MS);
  }
});
