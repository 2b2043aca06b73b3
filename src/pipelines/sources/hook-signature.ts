import { createHmac, timingSafeEqual } from 'node:crypto';
import { strictBase64 } from '../../kernel/dsse.ts';

/**
 * Whether a webhook's raw bytes are signed with its secret. Two schemes are known: `X-Hub-Signature-256: sha256=HEX` over
 * the body (GitHub, Gitea, Forgejo; Bitbucket as `X-Hub-Signature`), and Standard Webhooks v1 over `id.timestamp.body`
 * (https://www.standardwebhooks.com, GitLab's signing tokens). Schemes that send the secret itself are not taken.
 */
export type SignedHook = {
  /** Header by lower-case name; null where it is missing. */
  readonly header: (name: string) => string | null;
  readonly body: Uint8Array;
  readonly secret: string;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
};

export type HookVerdict = { readonly ok: true; readonly delivery: string } | { readonly ok: false };

/** A signed time further from ours than this is refused. */
export const HOOK_WINDOW_MS = 5 * 60_000;

const DELIVERY_HEADERS = ['x-github-delivery', 'x-gitea-delivery', 'x-forgejo-delivery', 'x-gogs-delivery', 'x-request-id', 'x-hook-uuid'];

/** Verifies a delivery and answers its id; a delivery without a known id is named by its signature. */
export function verifyHook(hook: SignedHook): HookVerdict {
  const id = hook.header('webhook-id');
  if (id !== null) return verifyStandard(hook, id);
  const signature = hook.header('x-hub-signature-256') ?? hook.header('x-hub-signature');
  const hex = /^sha256=([0-9a-f]{64})$/.exec(signature ?? '')?.[1];
  if (hex === undefined) return { ok: false };
  if (!same(createHmac('sha256', hook.secret).update(hook.body).digest(), Buffer.from(hex, 'hex'))) return { ok: false };
  const delivery = DELIVERY_HEADERS.map((name) => hook.header(name)).find((value) => value !== null && value !== '');
  return { ok: true, delivery: (delivery ?? hex).slice(0, 200) };
}

function verifyStandard(hook: SignedHook, id: string): HookVerdict {
  const timestamp = hook.header('webhook-timestamp') ?? '';
  if (id === '' || id.length > 200 || !/^\d{1,12}$/.test(timestamp)) return { ok: false };
  if (Math.abs(Number(timestamp) * 1000 - hook.nowMs) > HOOK_WINDOW_MS) return { ok: false };
  const wanted = createHmac('sha256', standardKey(hook.secret)).update(`${id}.${timestamp}.`).update(hook.body).digest();
  const given = (hook.header('webhook-signature') ?? '').slice(0, 2000).split(' ');
  const fits = given.some((text) => {
    const bytes = text.startsWith('v1,') ? strictBase64(text.slice(3)) : null;
    return bytes !== null && same(wanted, bytes);
  });
  return fits ? { ok: true, delivery: id } : { ok: false };
}

function standardKey(secret: string): Uint8Array {
  return Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
