import { createHmac } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bodyFlips, CORPUS, headerFlips, payloads, SIGNERS, type SignedRequest } from '../testing/hooks/flips.ts';
import { HOOK_SCHEMES, HOOK_WINDOW_MS, verifyHook, weakSecret, WEAK_SCHEMES, type HookScheme } from './webhook.ts';

const SECRET = `whsec_${Buffer.from('k'.repeat(32)).toString('base64')}`;
const strong = HOOK_SCHEMES.filter((scheme) => !WEAK_SCHEMES.has(scheme) && scheme !== 'hmac');
type More = { secret?: string; nowMs?: number; schemes?: readonly HookScheme[]; encrypted?: boolean; signatureHeader?: string };
const verify = ({ headers, body }: { headers: Record<string, string>; body: Uint8Array | string }, more: More = {}) =>
  verifyHook({
    header: (name) => headers[name] ?? null,
    body: Buffer.from(body),
    secret: more.secret ?? SECRET,
    schemes: more.schemes ?? strong,
    signatureHeader: more.signatureHeader ?? null,
    nowMs: more.nowMs ?? 0,
    encrypted: more.encrypted ?? false,
  });
const signed = (signer: string, body: Buffer, at = 0, secret = SECRET): SignedRequest => ({
  headers: SIGNERS[signer]?.(secret, body, 'msg_1', at) ?? {},
  body,
});

const vectorFile = join(CORPUS, 'expected/webhook-signature-vectors.json');
type Vector = {
  scheme: string;
  secret: string;
  payload?: string;
  payload_file?: string;
  signature: string;
  msg_id?: string;
  timestamp?: number;
};

test.skipIf(!existsSync(vectorFile))('the public vectors verify, and no flipped bit of them does (corpus)', () => {
  const { vectors } = JSON.parse(readFileSync(vectorFile, 'utf8')) as { vectors: Vector[] };
  expect(vectors.length).toBeGreaterThan(0);
  for (const { scheme, secret, payload, payload_file: file, signature, msg_id: id, timestamp } of vectors) {
    const body = file === undefined ? Buffer.from(payload ?? '') : readFileSync(join(CORPUS, file));
    const name = scheme.includes('256') ? 'x-hub-signature-256' : 'x-hub-signature';
    const headers: Record<string, string> =
      id === undefined
        ? { [name]: signature }
        : { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signature };
    const more = { secret, nowMs: (timestamp ?? 0) * 1000 };
    expect(verify({ headers, body }, more).ok, scheme).toBe(true);
    for (const flip of headerFlips({ headers, body })) expect(verify(flip, more).ok, JSON.stringify(flip.headers)).toBe(false);
    for (const flip of bodyFlips({ headers, body }, body.length > 500 ? 31 : 1)) expect(verify(flip, more).ok).toBe(false);
  }
});

test('each way of signing is taken, and no flipped bit of its headers or its body', () => {
  const body = Buffer.from('{"ref":"refs/heads/main"}');
  for (const signer of Object.keys(SIGNERS)) {
    const request = signed(signer, body);
    expect(verify(request), signer).toMatchObject({ ok: true });
    let flips = 0;
    for (const flip of headerFlips(request)) {
      flips += 1;
      // Two headers say the same here: with one of them gone the other still vouches for every byte.
      const other = signer === 'gitea' && Object.keys(request.headers).filter((name) => name in flip.headers).length === 1;
      expect(verify(flip).ok, `${signer} ${JSON.stringify(flip.headers)}`).toBe(other);
    }
    for (const flip of bodyFlips(request)) expect(verify(flip).ok).toBe(false);
    expect(flips).toBeGreaterThan(500);
  }
});

test.skipIf(!existsSync(join(CORPUS, 'webhooks')))(
  'a hundred payloads: every bit of their headers, and bits of their bodies (corpus)',
  () => {
    const files = payloads(100);
    expect(files).toHaveLength(100);
    const signers = Object.keys(SIGNERS).filter((one) => one !== 'gitea');
    for (const [at, file] of files.entries()) {
      // Every bit of every body: npm run campaign -- signatures
      const request = signed(signers[at % signers.length] ?? '', readFileSync(file));
      expect(verify(request).ok, file).toBe(true);
      for (const flip of headerFlips(request)) expect(verify(flip).ok, `${file} ${JSON.stringify(flip.headers)}`).toBe(false);
      for (const flip of bodyFlips(request, Math.ceil(request.body.length / 12), at)) expect(verify(flip).ok, file).toBe(false);
    }
  },
);

test('a signed time outside the window is refused, and a delivery is named by its id', () => {
  const body = Buffer.from('body');
  for (const signer of ['standard', 'slack', 'yardmaster']) {
    const request = signed(signer, body, 1000);
    expect(verify(request, { nowMs: 1000_000 + HOOK_WINDOW_MS })).toMatchObject({ ok: true });
    expect(verify(request, { nowMs: 1000_001 + HOOK_WINDOW_MS })).toEqual({ ok: false, why: 'outside-window' });
    expect(verify(request, { nowMs: 999_999 - HOOK_WINDOW_MS })).toEqual({ ok: false, why: 'outside-window' });
  }
  expect(verify(signed('standard', body))).toEqual({ ok: true, delivery: 'msg_1', scheme: 'standard' });
  const github = signed('github', body);
  expect(verify({ body, headers: { ...github.headers, 'x-github-delivery': 'd-1' } })).toMatchObject({ delivery: 'd-1' });
  // Without an id, and with one that is none, the same bytes are the same delivery.
  const nameless = verify(github);
  expect(verify({ body, headers: { ...github.headers, 'x-request-id': 'x'.repeat(201) } })).toEqual(nameless);
  expect(verify({ body, headers: { ...github.headers, 'x-request-id': 'a\u0000b' } })).toEqual(nameless);
});

test('what names the hook does not name a delivery: two events of one hook are two', () => {
  // As Bitbucket Cloud, GitLab and Azure DevOps send them: these values never change for a hook.
  const ofTheHook = { 'x-hook-uuid': '{1}', 'x-gitlab-webhook-uuid': 'w', 'x-gitlab-event-uuid': 'chain', 'x-vss-subscriptionid': 's' };
  const named = (text: string, more: Record<string, string> = {}) => {
    const { headers, body } = signed('github', Buffer.from(text));
    const verdict = verify({ body, headers: { ...headers, ...ofTheHook, ...more } });
    return verdict.ok ? verdict.delivery : 'refused';
  };
  expect(named('{"n":1}')).not.toBe(named('{"n":2}'));
  expect(named('{"n":1}')).toBe(named('{"n":1}'));
  // And these are of one delivery and its retries.
  for (const name of ['x-request-uuid', 'idempotency-key', 'x-github-delivery']) expect(named('{}', { [name]: 'd-1' }), name).toBe('d-1');
});

test('several signatures while secrets change: one that is right is enough; of several headers all must be right', () => {
  const body = Buffer.from('{}');
  const { headers } = signed('standard', body);
  expect(verify({ body, headers: { ...headers, 'webhook-signature': `v1,AAAA ${headers['webhook-signature']}` } })).toMatchObject({
    ok: true,
  });
  expect(verify({ body, headers: { ...headers, 'webhook-signature': `v2,${headers['webhook-signature']?.slice(3)}` } }).ok).toBe(false);
  const gitea = signed('gitea', body);
  expect(verify({ body, headers: { ...gitea.headers, 'x-gitea-signature': 'f'.repeat(64) } }).ok).toBe(false);
  // GitHub's old SHA-1 beside the real one is not looked at, and alone it is nothing.
  const github = signed('github', body);
  const sha1 = { 'x-hub-signature': `sha1=${createHmac('sha1', SECRET).update(body).digest('hex')}` };
  expect(verify({ body, headers: { ...github.headers, ...sha1 } }).ok).toBe(true);
  expect(verify({ body, headers: sha1 }).ok).toBe(false);
});

test('a signature in a header that the hook names: hex or base64', () => {
  const body = Buffer.from('{}');
  const mac = createHmac('sha256', SECRET).update(body);
  const bytes = mac.digest();
  const hmac = { schemes: ['hmac'], signatureHeader: 'x-signature' } as const;
  for (const value of [bytes.toString('hex'), `sha256=${bytes.toString('hex')}`, bytes.toString('base64')]) {
    expect(verify({ body, headers: { 'x-signature': value } }, hmac).ok).toBe(true);
    for (const flip of headerFlips({ body, headers: { 'x-signature': value } })) expect(verify(flip, hmac).ok).toBe(false);
  }
  expect(verify({ body, headers: { 'x-signature': '' } }, hmac).ok).toBe(false);
});

test('schemes that send the secret itself are taken over TLS, and only where the hook chose them', () => {
  const secret = 'user:a-password-of-some-length';
  const sent: [HookScheme, Record<string, string>][] = [
    ['gitlab-token', { 'x-gitlab-token': secret }],
    ['basic', { authorization: `Basic ${Buffer.from(secret).toString('base64')}` }],
    ['bearer', { authorization: `Bearer ${secret}` }],
  ];
  for (const [scheme, headers] of sent) {
    expect(verify({ headers, body: '{}' }, { secret, schemes: [scheme], encrypted: true })).toMatchObject({ ok: true, scheme });
    expect(verify({ headers, body: '{}' }, { secret, schemes: [scheme] })).toEqual({ ok: false, why: 'not-encrypted' });
    expect(verify({ headers, body: '{}' }, { secret, encrypted: true })).toEqual({ ok: false, why: 'no-signature' });
    for (const flip of headerFlips({ headers, body: Buffer.from('{}') })) {
      const kept = verify(flip, { secret, schemes: [scheme], encrypted: true }).ok;
      // The word before the credential is compared without case (RFC 9110).
      expect(kept && flip.headers['authorization']?.toLowerCase().startsWith(`${scheme} `) !== true, JSON.stringify(flip.headers)).toBe(
        false,
      );
    }
  }
});

test('a password of Basic is the secret, whatever name stands before it, as service hooks of Azure DevOps send it', () => {
  const secret = 'a-password-of-some-length';
  const sent = (pair: string) =>
    verify(
      { body: '{}', headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } },
      { secret, schemes: ['basic'], encrypted: true },
    ).ok;
  expect(['yardmaster:', ':', ''].map((name) => sent(`${name}${secret}`))).toEqual([true, true, true]);
  for (const wrong of [`${secret}:`, `${secret}x`, `a:b:${secret}`, 'yardmaster:', '']) expect(sent(wrong), wrong).toBe(false);
});

test('an empty or missing signature, and one of another scheme, are refused', () => {
  for (const headers of [
    {},
    { 'x-hub-signature-256': '' },
    { 'x-hub-signature-256': 'sha256=' },
    { 'webhook-id': '' },
    { 'x-gogs-signature': '' },
  ]) {
    expect(verify({ headers: headers as Record<string, string>, body: 'body' }).ok).toBe(false);
  }
  expect(verify(signed('slack', Buffer.from('x')), { schemes: ['hub'] })).toEqual({ ok: false, why: 'no-signature' });
});

test('a secret that somebody brings has a minimum of strength', () => {
  for (const weak of ['', 'secret', 'a'.repeat(64), 'abcabcabcabcabcabcabcabc', 'whsec_MfKQ', 'whsec_!!', 'x'.repeat(1001)])
    expect(weakSecret(weak), weak).not.toBeNull();
  for (const good of [SECRET.replace('a2tr', 'bXlz'), 'd41d8cd98f00b204e9800998ecf8427e', 'correct horse battery staple'])
    expect(weakSecret(good), good).toBeNull();
});
