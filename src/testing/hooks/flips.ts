import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { signStandard } from '../../kernel/webhook.ts';

/** The corpus of real inputs, where it lies beside the repository. */
export const CORPUS = process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus';

/** Payloads of vendors in the corpus, spread over all of its folders; in a fixed order. */
export function payloads(count: number): string[] {
  const files: string[] = [];
  const walk = (folder: string): void => {
    for (const name of readdirSync(folder).sort()) {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) walk(path);
      else if (/\.json$/.test(name) && !name.includes('golden')) files.push(path);
    }
  };
  walk(join(CORPUS, 'webhooks'));
  const step = Math.max(1, files.length / count);
  return Array.from({ length: Math.min(count, files.length) }, (_, at) => files[Math.floor(at * step)] ?? '').filter(Boolean);
}

export type SignedRequest = { readonly headers: Readonly<Record<string, string>>; readonly body: Buffer };
/** Ways of signing that cover the body, by the name of their scheme: the headers as vendors send them. */
export const SIGNERS: Readonly<Record<string, (secret: string, body: Uint8Array, id: string, seconds: number) => Record<string, string>>> =
  {
    github: (secret, body) => ({ 'x-hub-signature-256': `sha256=${hex(secret, '', body)}` }),
    bitbucket: (secret, body) => ({ 'x-hub-signature': `sha256=${hex(secret, '', body)}` }),
    gitea: (secret, body) => ({ 'x-gitea-signature': hex(secret, '', body), 'x-hub-signature-256': `sha256=${hex(secret, '', body)}` }),
    gogs: (secret, body) => ({ 'x-gogs-signature': hex(secret, '', body) }),
    standard: (secret, body, id, seconds) => ({
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': signStandard(secret, id, seconds, body),
    }),
    slack: (secret, body, _, seconds) => ({
      'x-slack-request-timestamp': String(seconds),
      'x-slack-signature': `v0=${hex(secret, `v0:${seconds}:`, body)}`,
    }),
    yardmaster: (secret, body, id, seconds) => ({
      'x-yardmaster-timestamp': String(seconds),
      'x-yardmaster-delivery': id,
      'x-yardmaster-signature-256': `sha256=${hex(secret, `${seconds}.${id}.`, body)}`,
    }),
  };

/** The request with one bit of a header's value or name turned, for each bit of each. */
export function* headerFlips({ headers, body }: SignedRequest): Generator<SignedRequest> {
  for (const [name, value] of Object.entries(headers)) {
    const { [name]: _gone, ...rest } = headers;
    for (const changed of flipsOf(value)) yield { headers: { ...rest, [name]: changed }, body };
    // A name in another case is the same name, and no flip.
    for (const changed of flipsOf(name))
      if (changed.toLowerCase() !== name) yield { headers: { ...rest, [changed.toLowerCase()]: value }, body };
    yield { headers: rest, body };
  }
}

/** The request with one bit of its body turned, for every bit, or for one in `step` beginning with `from`. */
export function* bodyFlips({ headers, body }: SignedRequest, step = 1, from = 0): Generator<SignedRequest> {
  const changed = Buffer.from(body);
  for (let bit = from; bit < body.length * 8; bit += step) {
    const at = bit >> 3;
    changed[at] = (body[at] ?? 0) ^ (1 << (bit & 7));
    yield { headers, body: changed };
    changed[at] = body[at] ?? 0;
  }
}

/** Headers are Latin-1 on the wire: every bit of every byte. */
function* flipsOf(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += 1) {
    for (let bit = 0; bit < 8; bit += 1) {
      yield text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << bit)) + text.slice(at + 1);
    }
  }
}

function hex(secret: string, head: string, body: Uint8Array): string {
  return createHmac('sha256', secret).update(head).update(body).digest('hex');
}

export function readPayload(path: string): Buffer {
  return readFileSync(path);
}
