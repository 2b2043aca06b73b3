import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../kernel/problem.ts';
import { blobStoreFailed } from '../platform.problems.ts';
import { authorizationOf, awsEncode, type S3Keys } from './sigv4.ts';

export type S3Place = {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** Before every key; empty, or ending in a slash. */
  readonly prefix: string;
  /** A file in the form of AWS's shared credentials; null: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of the environment. */
  readonly credentials: string | null;
};

export type S3Request = {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Statuses beside 2xx that are answers and no failures. */
  readonly allow?: readonly number[];
};
export type S3Call = (request: S3Request) => Promise<Response>;

const TRIES = 5;
/** Until the headers of the answer; a part of 16 MiB may go over a slow line. */
const PATIENCE_MS = 120_000;
const KEYS_MS = 30_000;
const MOST_WORDS = 64 * 1024;

/**
 * Calls of one bucket, path-style, signed with Signature Version 4 over every header and the body. Connection errors, 429 and
 * 5xx are tried again with growing pauses. Throws `platform.blob-store`; no credential is in a problem, a log or an address.
 */
export function s3Caller(place: S3Place): S3Call {
  const { host, pathname } = new URL(place.endpoint);
  const base = `${pathname.replace(/\/+$/, '')}/${awsEncode(place.bucket)}`;
  const keys = keyReader(place.credentials);
  return async ({ method, key, query = {}, headers = {}, body, allow = [] }) => {
    const path = `${base}/${key.split('/').map(awsEncode).join('/')}`;
    const pairs = Object.entries(query);
    const payload = createHash('sha256')
      .update(body ?? '')
      .digest('hex');
    const search = pairs.map(([name, value]) => `${awsEncode(name)}=${awsEncode(value)}`).join('&');
    const url = `${new URL(place.endpoint).origin}${path}${search === '' ? '' : `?${search}`}`;
    const attempt = async (): Promise<Response> => {
      const credentials = await keys();
      const at = new Date().toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
      const token: Record<string, string> = credentials.sessionToken === null ? {} : { 'x-amz-security-token': credentials.sessionToken };
      const signed = { ...headers, host, 'x-amz-content-sha256': payload, 'x-amz-date': at, ...token };
      const authorization = authorizationOf({ method, path, query: pairs, headers: signed, payload }, credentials, place.region, at);
      const { host: _, ...sent } = signed;
      return fetch(url, {
        method,
        headers: { ...sent, authorization, 'accept-encoding': 'identity' },
        redirect: 'manual',
        signal: AbortSignal.timeout(PATIENCE_MS),
        ...(body === undefined ? {} : { body: body as Uint8Array<ArrayBuffer> }),
      });
    };
    for (let tried = 1; ; tried += 1) {
      const outcome = await attempt().catch((error: unknown) => whyOf(error));
      if (typeof outcome !== 'string' && (outcome.ok || allow.includes(outcome.status))) return outcome;
      const again = typeof outcome === 'string' || outcome.status === 429 || outcome.status >= 500;
      const why = typeof outcome === 'string' ? outcome : `${method} was answered ${outcome.status}${await codeOf(outcome)}`;
      if (!again || tried === TRIES) throw blobStoreFailed({ why });
      await sleep(100 * 2 ** tried * (0.5 + Math.random()));
    }
  };
}

/** The text of a small answer; a larger one is none of S3. */
export async function wordsOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MOST_WORDS) throw blobStoreFailed({ why: 'an answer is larger than any answer of S3' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The text of an element of an answer. S3's answers that are read here are flat, and are looked at for one name at a time. */
export function elementOf(words: string, name: 'Code' | 'UploadId' | 'ETag'): string | null {
  const start = words.indexOf(`<${name}>`);
  const end = words.indexOf(`</${name}>`, start);
  if (start < 0 || end < 0) return null;
  const text = words.slice(start + name.length + 2, end);
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}

async function codeOf(response: Response): Promise<string> {
  const words = await wordsOf(response).catch(() => '');
  const code = elementOf(words, 'Code');
  return code === null || !/^[A-Za-z0-9.]{1,80}$/.test(code) ? '' : ` (${code})`;
}

function whyOf(error: unknown): string {
  const cause = (error as { cause?: { code?: unknown } }).cause;
  if (error instanceof Problem) throw error;
  return typeof cause?.code === 'string' ? `no connection (${cause.code})` : `no answer (${(error as Error).name})`;
}

/** Credentials that are renewed in their file are noticed within half a minute. */
function keyReader(file: string | null): () => Promise<S3Keys> {
  let [kept, until] = [null as S3Keys | null, 0];
  return async () => {
    if (kept !== null && Date.now() < until) return kept;
    kept = file === null ? fromEnvironment() : fromText(await readFile(file, 'utf8').catch(() => ''));
    until = Date.now() + KEYS_MS;
    return kept;
  };
}

function fromEnvironment(): S3Keys {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token } = process.env;
  return complete(id, secret, token);
}

/** The `[default]` profile of AWS's shared credentials file, or the only one. */
function fromText(text: string): S3Keys {
  const values = new Map<string, string>();
  let profile = 'default';
  for (const line of text.split(/\r?\n/)) {
    const head = /^\s*\[([^\]]+)\]/.exec(line);
    if (head !== null) profile = head[1]?.trim() ?? '';
    const pair = /^\s*([a-z_]+)\s*=\s*(\S+)\s*$/.exec(line);
    if (pair !== null && profile === 'default') values.set(pair[1] ?? '', pair[2] ?? '');
  }
  return complete(values.get('aws_access_key_id'), values.get('aws_secret_access_key'), values.get('aws_session_token'));
}

function complete(id: string | undefined, secret: string | undefined, token: string | undefined): S3Keys {
  if (!id || !secret) throw blobStoreFailed({ why: 'there are no credentials for it' });
  return { accessKeyId: id, secretAccessKey: secret, sessionToken: token || null };
}
