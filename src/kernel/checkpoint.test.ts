import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkpointBody, peekCheckpoint, readCheckpoint, signCheckpoint, type Checkpoint } from './checkpoint.ts';
import type { Signer, TrustedKey } from './dsse.ts';

function makeKey(): Signer & TrustedKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return {
    keyId: createHash('sha256').update(der).digest('hex'),
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    sign: (bytes) => sign(null, bytes, privateKey),
  };
}

const key = makeKey();
const other = makeKey();
const checkpoint: Checkpoint = {
  origin: 'yardmaster.ledger/ab12/1',
  size: 42,
  root: createHash('sha256').update('root').digest(),
  extensions: [],
};
const text = signCheckpoint(checkpoint, key, key.publicKeyPem);

test('a signed checkpoint is read back as it was', () => {
  expect(readCheckpoint(text, [other, key])).toEqual({ ok: true, checkpoint, keyId: key.keyId });
  expect(peekCheckpoint(text)).toEqual(checkpoint);
});

test('the key hash is the one that the signed-note format defines', () => {
  // The Go module mirror's public verifier key, a vector that others made: sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8
  const raw = Buffer.from('Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8', 'base64');
  expect(createHash('sha256').update('sum.golang.org\n').update(raw).digest('hex').slice(0, 8)).toBe('033de0ae');
  // And ours, computed apart from the code under test.
  const ours = Buffer.from(text.trimEnd().split(' ').at(-1) as string, 'base64')
    .subarray(0, 4)
    .toString('hex');
  const der = Buffer.from(key.publicKeyPem.replace(/-----.*?-----|\n/g, ''), 'base64');
  expect(ours).toBe(createHash('sha256').update(`${checkpoint.origin}\n\u0001`).update(der.subarray(-32)).digest('hex').slice(0, 8));
});

test('a key that is not trusted, or trusted under another name, signs nothing', () => {
  expect(readCheckpoint(text, [other])).toMatchObject({ ok: false });
  expect(readCheckpoint(text, [])).toMatchObject({ ok: false });
  const renamed = text.replaceAll('ab12', 'ab13');
  expect(readCheckpoint(renamed, [key])).toMatchObject({ ok: false });
});

test("a trusted key's signature under another name than the origin's is none of this log", () => {
  const body = checkpointBody(checkpoint);
  const der = Buffer.from(key.publicKeyPem.replace(/-----.*?-----|\n/g, ''), 'base64');
  const hash = createHash('sha256').update(`another.log\n\u0001`).update(der.subarray(-32)).digest().subarray(0, 4);
  const line = Buffer.concat([hash, key.sign(Buffer.from(body))]).toString('base64');
  expect(readCheckpoint(`${body}\n\u2014 another.log ${line}\n`, [key])).toMatchObject({ ok: false });
});

test('signatures by strangers are passed over', () => {
  const twice = `${text}\u2014 witness.example AAAAAAAAAAAA\n`;
  expect(readCheckpoint(twice, [key])).toMatchObject({ ok: true, keyId: key.keyId });
});

test('no single changed character of a checkpoint is accepted', () => {
  fc.assert(
    fc.property(fc.nat({ max: text.length - 1 }), fc.constantFrom('0', 'A', 'z', '\n', ' ', '='), (at, character) => {
      const changed = text.slice(0, at) + character + text.slice(at + 1);
      fc.pre(changed !== text);
      expect(readCheckpoint(changed, [key]).ok).toBe(false);
    }),
    { numRuns: 500 },
  );
});

test('texts that are no checkpoints are refused with a reason', () => {
  const body = checkpointBody(checkpoint);
  const bad = [
    '',
    'hello',
    body,
    `${body}\n`,
    `${body}\n\u2014 a b\n`,
    body.replace('42', '042'),
    text.replace('42', '-42'),
    text.replace('\n42\n', '\n9007199254740993\n'),
    'x'.repeat(20_000),
  ];
  for (const note of bad) expect(readCheckpoint(note, [key])).toMatchObject({ ok: false, why: expect.any(String) });
});
