import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal } from './journal.ts';

export type Json = Record<string, unknown>;
export type Answer = { readonly status: number; readonly body: Json };

/** A client as a stranger would write it: it repeats what got no answer under the same Idempotency-Key. */
export type Api = {
  readonly as: (token: string) => Api;
  readonly get: (path: string) => Promise<Json>;
  /** Repeats until it is acknowledged, and notes that in the journal. A refusal (4xx) throws `Refusal`. */
  readonly send: (method: 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) => Promise<Json>;
};

export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  constructor(what: string, { status, body }: Answer) {
    super(`${what}: ${status} ${String(body['code'])}: ${String(body['title'])} ${String(body['detail'] ?? '')}`);
    this.status = status;
    this.code = String(body['code']);
  }
}

const LIMIT_MS = 60_000;
const SECRET_KEYS = new Set(['token', 'invitation', 'registration', 'secret', 'key', 'password', 'link', 'value']);

export function apiOf(url: string, journal: Journal, token: string | null = null): Api {
  const once = async (method: string, path: string, body: unknown, key: string | null): Promise<Answer | null> => {
    try {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: {
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key === null ? {} : { 'idempotency-key': key }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        signal: AbortSignal.timeout(15_000),
      });
      const text = await response.text();
      return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Json) };
    } catch {
      // Killed before or while it answered: whether it was done is unknown, so the same key is sent again.
      return null;
    }
  };
  const until = async (method: string, path: string, body: unknown, key: string | null): Promise<Answer> => {
    const started = performance.now();
    for (let attempt = 0; ; attempt += 1) {
      const answer = await once(method, path, body, key);
      if (answer !== null && answer.status < 500 && answer.status !== 429) return answer;
      if (answer?.body['code'] === 'platform.bug') throw new Error(`${method} ${path}: a bare failure: ${JSON.stringify(answer.body)}`);
      if (performance.now() - started > LIMIT_MS)
        throw new Error(`${method} ${path}: no answer within ${LIMIT_MS / 1000} s (last: ${JSON.stringify(answer)})`);
      await sleep(Math.min(500, 50 * 2 ** attempt));
    }
  };
  return {
    as: (other) => apiOf(url, journal, other),
    async get(path) {
      const answer = await until('GET', path, undefined, null);
      if (answer.status >= 400) throw new Refusal(`GET ${path}`, answer);
      return answer.body;
    },
    async send(method, path, body) {
      const answer = await until(method, path, body, randomUUID());
      if (answer.status >= 400) throw new Refusal(`${method} ${path}`, answer);
      journal.note('acknowledged', { method, path, body: withoutSecrets(body), answer: withoutSecrets(answer.body) });
      return answer.body;
    },
  };
}

/** The journal is read by others: it never holds a credential. */
function withoutSecrets(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(withoutSecrets);
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, SECRET_KEYS.has(key) ? '(left out)' : withoutSecrets(member)]),
  );
}
