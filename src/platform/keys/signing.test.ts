import { writeFileSync, mkdtempSync, rmSync, readdirSync, statSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { system } from '../../kernel/actor.ts';
import { keysAt, openEnvelope, verifies, type Envelope } from '../../kernel/dsse.ts';
import { testFloor } from '../../testing/database.ts';
import type { Floor } from '../floor.ts';
import { openFileSigner } from './signer-file.system.ts';
import { openVaultSigner } from './signer-vault.system.ts';
import type { EvidenceSigner } from './signer.port.ts';
import { evidenceKeys, revokeSigning, rotateSigning, sealEvidence } from './signing.commands.ts';
import { openSigningKeys } from './signing.system.ts';
import { transitDummy } from './vault.fixture.ts';

const folder = mkdtempSync(join(tmpdir(), 'ym-signing-'));
const secret = join(folder, 'secret');
writeFileSync(secret, 'hvs.a-token\n', { mode: 0o600 });
const [edwards, curve] = await Promise.all([transitDummy('hvs.a-token', 'ym', 'ed25519'), transitDummy('hvs.a-token', 'ym', 'ecdsa-p256')]);
const own = await openSigningKeys(join(folder, 'keys'));
const floor = await testFloor();
const admin = system(floor.org, 'test');
afterAll(async () => {
  await Promise.all([edwards.stop(), curve.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

const vault = (url: string, kind: 'token' | 'approle' | 'kubernetes' = 'token') =>
  openVaultSigner({ url, key: 'ym', auth: { kind, role: kind === 'approle' ? 'role-id' : 'yardmaster', file: secret } });
const kinds: readonly (readonly [string, () => EvidenceSigner])[] = [
  ['files', () => openFileSigner(join(folder, 'keys'), own)],
  ['a transit engine with Ed25519', () => vault(edwards.url)],
  ['a transit engine with ECDSA P-256, signed in by approle', () => vault(curve.url, 'approle')],
];

describe.each(kinds)('evidence is signed by %s', (_, open) => {
  test('the newest key signs, verifies here, and is followed by another process; an older one still signs by name', async () => {
    const [one, other] = [open(), open()];
    const bytes = Buffer.from('what is signed');
    const first = await one.current();
    expect(verifies(first.publicKeyPem, bytes, await one.sign(first, bytes))).toBe(true);
    const second = await one.rotate();
    expect(second.keyId).not.toBe(first.keyId);
    expect(await one.current()).toEqual(second);
    expect(await open().current()).toEqual(second);
    const signature = await other.sign(second, bytes);
    expect(verifies(second.publicKeyPem, bytes, signature)).toBe(true);
    expect(verifies(first.publicKeyPem, bytes, signature)).toBe(false);
    expect(verifies(first.publicKeyPem, bytes, await other.sign(first, bytes))).toBe(true);
  });
});

test('keys in files are of this user alone, and one that others may open is not used', async () => {
  const signer = openFileSigner(join(folder, 'keys'), own);
  const { name } = await signer.rotate();
  const file = join(folder, 'keys', name);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(folder, 'keys')).every((one) => /^(?:signing|evidence)-\d{4}\.pem$/.test(one))).toBe(true);
  chmodSync(file, 0o644);
  await expect(signer.current()).rejects.toMatchObject({ code: 'platform.key-file-open' });
  rmSync(file);
});

test('a key service that lies, is sealed, refuses or ends a lease: nothing unsigned, nothing wrong, no secret in words', async () => {
  const signer = vault(edwards.url, 'kubernetes');
  const key = await signer.current();
  edwards.endLeases();
  // The lease ended early: it signs in again by itself.
  expect(await signer.sign(key, Buffer.from('x'))).toHaveLength(64);
  edwards.lies = true;
  await expect(signer.sign(key, Buffer.from('x'))).rejects.toMatchObject({ code: 'platform.key-service', message: /not one of ym/ });
  edwards.lies = false;
  edwards.down = true;
  await expect(signer.sign(key, Buffer.from('x'))).rejects.toMatchObject({ code: 'platform.key-service', message: /503/ });
  edwards.down = false;
  const wrong = join(folder, 'wrong');
  writeFileSync(wrong, 'hvs.wrong-secret', { mode: 0o600 });
  for (const kind of ['token', 'approle', 'kubernetes'] as const) {
    const refused = openVaultSigner({ url: edwards.url, key: 'ym', auth: { kind, role: 'role-id', file: wrong } });
    const error = (await refused.current().catch((one: unknown) => one)) as Error;
    expect(error).toMatchObject({ code: 'platform.key-service' });
    expect(JSON.stringify(error) + error.message).not.toContain('wrong-secret');
  }
  expect(edwards.asked.join('\n')).not.toContain('hvs.');
  const absent = openVaultSigner({ url: 'http://127.0.0.1:1', key: 'ym', auth: { kind: 'token', role: null, file: secret } });
  await expect(absent.current()).rejects.toMatchObject({ code: 'platform.key-service' });
  const other = openVaultSigner({ url: edwards.url, key: 'no-such', auth: { kind: 'token', role: null, file: secret } });
  await expect(other.current()).rejects.toMatchObject({ code: 'platform.key-service' });
});

describe('evidence over the life of keys', () => {
  const at = (signer: EvidenceSigner): Floor => ({ ...floor, signer });
  const open = async (envelope: Envelope, when: string | null) => {
    const keys = await floor.db.read('*', evidenceKeys);
    return openEnvelope(envelope, 'text/plain', keysAt(keys, when));
  };

  test('rotated without a stop: old evidence stays good, by file and by service, and each key is a fact before its first use', async () => {
    const file = at(floor.signer);
    const sealed: Envelope[] = [await sealEvidence(file, 'text/plain', Buffer.from('1'))];
    await rotateSigning(file, admin);
    sealed.push(await sealEvidence(file, 'text/plain', Buffer.from('2')));
    // From files to the key service, and on there.
    const service = at(vault(edwards.url));
    sealed.push(await sealEvidence(service, 'text/plain', Buffer.from('3')));
    await rotateSigning(service, admin);
    sealed.push(await sealEvidence(service, 'text/plain', Buffer.from('4')));
    const ids = sealed.map((one) => one.signatures[0]?.keyid);
    expect(new Set(ids).size).toBe(4);
    for (const [index, one] of sealed.entries()) {
      const opened = await open(one, null);
      expect(opened.ok && Buffer.from(opened.payload).toString()).toBe(String(index + 1));
    }
    const facts = await floor.db.read('*', (tx) =>
      tx.query<{ body: { key: string } }>(`select body from fact where type = 'signing-key.added' order by id`),
    );
    expect(facts.map(({ body }) => body.key)).toEqual(ids);
  });

  test('revoked from an instant on: what is dated before stays good, what is later or dated by nobody counts for nothing', async () => {
    const file = at(floor.signer);
    const { keyId } = await rotateSigning(file, admin);
    const sealed = await sealEvidence(file, 'text/plain', Buffer.from('x'));
    const revoke = (from: string | null) => revokeSigning(file, admin, { key: keyId, from, reason: 'a copy was found' });
    await expect(revoke(null)).rejects.toMatchObject({ code: 'platform.signing-key-current' });
    await rotateSigning(file, admin);
    await expect(revoke('2099-01-01T00:00:00.000Z')).rejects.toMatchObject({ code: 'platform.signing-key-future' });
    await expect(revokeSigning(file, admin, { key: floor.keys.keyId, from: null, reason: 'x y z' })).rejects.toMatchObject({
      code: 'platform.signing-key-of-instance',
    });
    const from = '2026-06-01T00:00:00.000Z';
    expect((await revoke(from)).revokedFrom).toBe(from);
    // A later end does not give back what an earlier one took.
    expect((await revoke(null)).revokedFrom).toBe(from);
    expect((await open(sealed, '2026-05-31T23:59:59.999Z')).ok).toBe(true);
    expect((await open(sealed, from)).ok).toBe(false);
    expect((await open(sealed, null)).ok).toBe(false);
    const facts = await floor.db.read('*', (tx) => tx.query<{ body: object }>(`select body from fact where type = 'signing-key.revoked'`));
    expect(facts).toEqual([{ body: { key: keyId, from, reason: 'a copy was found' } }]);
  });

  test('a revoked key that is still the newest signs nothing', async () => {
    const file = at(floor.signer);
    const { keyId } = await rotateSigning(file, admin);
    await floor.db.tx('*', (tx) =>
      tx.write(`update signing_key set revoked_from = $2 where key_id = $1`, [keyId, '2026-06-01T00:00:00.000Z']),
    );
    await expect(sealEvidence(file, 'text/plain', Buffer.from('x'))).rejects.toMatchObject({ code: 'platform.signing-key-ended' });
    await rotateSigning(file, admin);
    expect((await sealEvidence(file, 'text/plain', Buffer.from('x'))).keyId).not.toBe(keyId);
  });
});
