import { createHash, timingSafeEqual } from 'node:crypto';
import { hmacSha256 } from './hmac.ts';
import { strictBase64 } from './dsse.ts';

/**
 * Whether a webhook comes from who holds its secret: the one place for every vendor's scheme. All are decided over the raw
 * bytes, before anything of them is read, and compared in constant time.
 *
 * - `hub`: HMAC-SHA256 of the body, hex, in `X-Hub-Signature-256` or `X-Hub-Signature` as `sha256=HEX` (GitHub, Bitbucket
 *   Cloud and Server, Gitea, Forgejo), or bare in `X-Gitea-Signature`, `X-Forgejo-Signature`, `X-Gogs-Signature`.
 * - `standard`: Standard Webhooks v1 (https://www.standardwebhooks.com), also GitLab's signing tokens: id and time are signed.
 * - `slack`: `v0:TIMESTAMP:BODY` (https://docs.slack.dev/authentication/verifying-requests-from-slack): the time is signed.
 * - `yardmaster`: `TIMESTAMP.DELIVERY.BODY`: id and time are signed.
 * - `hmac`: HMAC-SHA256 of the body, hex (`sha256=` in front or not) or base64, in a header that the hook names (Jenkins and others).
 * - `gitlab-token`, `basic`, `bearer`: the secret itself is sent (GitLab's secret token, Azure DevOps service hooks, and
 *   whatever can do no better). They say nothing about the body, and anybody who reads one request can send others: weak.
 */
export const HOOK_SCHEMES = ['hub', 'standard', 'slack', 'yardmaster', 'hmac', 'gitlab-token', 'basic', 'bearer'] as const;
export type HookScheme = (typeof HOOK_SCHEMES)[number];

/** Schemes that send the secret itself: taken only where a hook chose one, and over TLS. */
export const WEAK_SCHEMES: ReadonlySet<HookScheme> = new Set(['gitlab-token', 'basic', 'bearer']);
/** Schemes that sign the time: outside the window a delivery is refused. */
export const TIMED_SCHEMES: ReadonlySet<HookScheme> = new Set(['standard', 'slack', 'yardmaster']);

/** A signed time further from ours than this is refused. */
export const HOOK_WINDOW_MS = 5 * 60_000;
/** Most characters of a delivery's own id; a longer one is named by its digest. */
const ID_MOST = 200;

export type SignedHook = {
  /** Header by lower-case name; null where it is missing. */
  readonly header: (name: string) => string | null;
  readonly body: Uint8Array;
  readonly secret: string;
  /** Which schemes this hook takes. */
  readonly schemes: readonly HookScheme[];
  /** For `hmac`: the lower-case name of the header that carries the signature. */
  readonly signatureHeader?: string | null;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  /** Whether it came over TLS: nothing else may carry a secret itself. */
  readonly encrypted: boolean;
};

export type HookVerdict =
  { readonly ok: true; readonly delivery: string; readonly scheme: HookScheme } | { readonly ok: false; readonly why: HookRefusal };
/** Why it was refused: for the hook's owner, never for who asked. */
export type HookRefusal = 'no-signature' | 'wrong-signature' | 'outside-window' | 'not-encrypted';

/**
 * Headers in which vendors name a delivery, in the order in which they are asked. Those that name the *hook* or the
 * subscription (Bitbucket Cloud's `X-Hook-UUID`, `X-Gitlab-Webhook-UUID`, Azure's `X-VSS-SubscriptionId`) are the same
 * for everything that it ever sends, and so are not here: taken for a name they would make every later event a duplicate.
 * GitLab gives the events of one chain one `X-Gitlab-Event-UUID`; its `Idempotency-Key` is of one delivery and its retries.
 */
export const DELIVERY_HEADERS = [
  'x-github-delivery',
  'x-gitea-delivery',
  'x-forgejo-delivery',
  'x-gogs-delivery',
  'idempotency-key',
  'x-request-uuid',
  'x-request-id',
  'ce-id',
] as const;

/**
 * Verifies a delivery by the first scheme of the hook whose headers it carries, and answers its id: the sender's, or where
 * there is none a digest of what was signed, so that the same bytes are the same delivery.
 */
export function verifyHook(hook: SignedHook): HookVerdict {
  const scheme = hook.schemes.find((one) => carries(hook, one));
  if (scheme === undefined) return refuse('no-signature');
  if (WEAK_SCHEMES.has(scheme) && !hook.encrypted) return refuse('not-encrypted');
  return VERIFY[scheme](hook);
}

/** The signature that `standard` sends: `v1,` and base64 of the HMAC-SHA256 over `id.seconds.body`. */
export function signStandard(secret: string, id: string, seconds: number, body: string | Uint8Array): string {
  return `v1,${hmac(standardKey(secret), `${id}.${seconds}.`, body).toString('base64')}`;
}

/** The signature that `yardmaster` takes: `sha256=` and the hex HMAC-SHA256 over `timestamp.delivery.body`. */
export function signDelivery(secret: string, timestamp: string, delivery: string, body: Uint8Array): string {
  return `sha256=${hmac(secret, `${timestamp}.${delivery}.`, body).toString('hex')}`;
}

/** Why a secret that somebody brings is too weak to sign with; null where it is not. */
export function weakSecret(secret: string): string | null {
  if (secret.length > 1000) return 'it is longer than 1,000 characters';
  const key = secret.startsWith('whsec_') ? strictBase64(secret.slice(6)) : Buffer.from(secret);
  if (key === null) return 'what follows whsec_ is no base64';
  if (key.length < 20) return 'it has less than 20 bytes';
  return new Set(secret).size < 10 ? 'it has less than 10 different characters' : null;
}

const HUB = ['x-hub-signature-256', 'x-hub-signature'] as const;
const BARE = ['x-gitea-signature', 'x-forgejo-signature', 'x-gogs-signature'] as const;

const CARRIED: Readonly<Record<HookScheme, readonly string[]>> = {
  hub: [...HUB, ...BARE],
  standard: ['webhook-signature', 'webhook-id'],
  slack: ['x-slack-signature'],
  yardmaster: ['x-yardmaster-signature-256'],
  hmac: [],
  'gitlab-token': ['x-gitlab-token'],
  basic: ['authorization'],
  bearer: ['authorization'],
};

function carries({ header, signatureHeader }: SignedHook, scheme: HookScheme): boolean {
  if (scheme === 'hmac') return signatureHeader != null && header(signatureHeader) !== null;
  if (scheme === 'basic' || scheme === 'bearer') return header('authorization')?.toLowerCase().startsWith(`${scheme} `) === true;
  return CARRIED[scheme].some((name) => header(name) !== null);
}

const VERIFY: Readonly<Record<HookScheme, (hook: SignedHook) => HookVerdict>> = {
  hub: verifyHub,
  standard: verifyStandard,
  slack: verifySlack,
  yardmaster: verifyOwn,
  hmac: (hook) => {
    const given = hook.header(hook.signatureHeader ?? '') ?? '';
    const wanted = hmac(hook.secret, '', hook.body);
    const hex = /^(?:sha256=)?([0-9a-f]{64})$/.exec(given)?.[1];
    const bytes = hex === undefined ? strictBase64(given.slice(0, 200)) : Buffer.from(hex, 'hex');
    return bytes !== null && same(wanted, bytes) ? taken(hook, 'hmac', wanted) : refuse('wrong-signature');
  },
  'gitlab-token': (hook) => verifySent(hook, 'gitlab-token', hook.header('x-gitlab-token') ?? ''),
  basic: (hook) => {
    const bytes = strictBase64((hook.header('authorization') ?? '').slice(6));
    const pair = bytes === null ? '' : Buffer.from(bytes).toString('utf8');
    // A secret of ours is the password, whatever name stands before it (RFC 7617); one that somebody brought may be the pair.
    const [whole, password] = [pair, pair.slice(pair.indexOf(':') + 1)].map((given) => verifySent(hook, 'basic', given));
    return whole?.ok === true || password === undefined ? (whole ?? refuse('wrong-signature')) : password;
  },
  bearer: (hook) => verifySent(hook, 'bearer', (hook.header('authorization') ?? '').slice(7)),
};

/** Where a sender gives several of these headers, every one must be right: none may hide behind another. */
function verifyHub(hook: SignedHook): HookVerdict {
  const wanted = hmac(hook.secret, '', hook.body);
  const signatures: string[] = [];
  // GitHub still sends the SHA-1 of old in X-Hub-Signature beside the real one.
  const hub = hook.header('x-hub-signature-256') ?? hook.header('x-hub-signature');
  if (hub !== null) signatures.push(/^sha256=([0-9a-f]{64})$/.exec(hub)?.[1] ?? '');
  for (const name of BARE) {
    const bare = hook.header(name);
    if (bare !== null) signatures.push(/^[0-9a-f]{64}$/.exec(bare)?.[0] ?? '');
  }
  const right = signatures.map((hex) => same(wanted, Buffer.from(hex, 'hex')));
  return right.length > 0 && right.every(Boolean) ? taken(hook, 'hub', wanted) : refuse('wrong-signature');
}

function verifyStandard(hook: SignedHook): HookVerdict {
  const id = hook.header('webhook-id') ?? '';
  const timestamp = hook.header('webhook-timestamp') ?? '';
  if (id === '' || id.length > ID_MOST || !/^\d{1,12}$/.test(timestamp)) return refuse('wrong-signature');
  const wanted = hmac(standardKey(hook.secret), `${id}.${timestamp}.`, hook.body);
  // During a change of secrets there are several, separated by spaces; one that is right is enough.
  const fits = (hook.header('webhook-signature') ?? '')
    .slice(0, 2000)
    .split(' ')
    .filter((text) => {
      const bytes = text.startsWith('v1,') ? strictBase64(text.slice(3)) : null;
      return bytes !== null && same(wanted, bytes);
    });
  if (fits.length === 0) return refuse('wrong-signature');
  return isNear(timestamp, hook.nowMs) ? { ok: true, delivery: id, scheme: 'standard' } : refuse('outside-window');
}

function verifySlack(hook: SignedHook): HookVerdict {
  const timestamp = hook.header('x-slack-request-timestamp') ?? '';
  const hex = /^v0=([0-9a-f]{64})$/.exec(hook.header('x-slack-signature') ?? '')?.[1];
  if (hex === undefined || !/^\d{1,12}$/.test(timestamp)) return refuse('wrong-signature');
  const wanted = hmac(hook.secret, `v0:${timestamp}:`, hook.body);
  if (!same(wanted, Buffer.from(hex, 'hex'))) return refuse('wrong-signature');
  return isNear(timestamp, hook.nowMs) ? { ok: true, delivery: hex, scheme: 'slack' } : refuse('outside-window');
}

function verifyOwn(hook: SignedHook): HookVerdict {
  const timestamp = hook.header('x-yardmaster-timestamp') ?? '';
  const delivery = hook.header('x-yardmaster-delivery') ?? '';
  if (!/^\d{1,12}$/.test(timestamp) || !/^[A-Za-z0-9_-]{1,100}$/.test(delivery)) return refuse('wrong-signature');
  const wanted = Buffer.from(signDelivery(hook.secret, timestamp, delivery, hook.body));
  if (!same(wanted, Buffer.from(hook.header('x-yardmaster-signature-256') ?? ''))) return refuse('wrong-signature');
  return isNear(timestamp, hook.nowMs) ? { ok: true, delivery, scheme: 'yardmaster' } : refuse('outside-window');
}

/** The secret itself: digests of equal length are compared, so that not even its length shows. */
function verifySent(hook: SignedHook, scheme: HookScheme, given: string): HookVerdict {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  if (given === '' || !same(digest(hook.secret), digest(given))) return refuse('wrong-signature');
  return taken(hook, scheme, createHash('sha256').update(hook.body).digest());
}

function taken(hook: SignedHook, scheme: HookScheme, mark: Uint8Array): HookVerdict {
  let id: string | null = null;
  for (const name of DELIVERY_HEADERS) {
    id = hook.header(name);
    if (id !== null && id !== '') break;
  }
  const plain = id !== null && id !== '' && id.length <= ID_MOST && /^[\x20-\x7e]+$/.test(id);
  return { ok: true, delivery: plain && id !== null ? id : Buffer.from(mark).toString('hex'), scheme };
}

function refuse(why: HookRefusal): HookVerdict {
  return { ok: false, why };
}

function isNear(timestamp: string, nowMs: number): boolean {
  return Math.abs(Number(timestamp) * 1000 - nowMs) <= HOOK_WINDOW_MS;
}

function hmac(key: string | Uint8Array, head: string, body: string | Uint8Array): Buffer {
  return hmacSha256(key, head, body);
}

function standardKey(secret: string): Uint8Array {
  return Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
