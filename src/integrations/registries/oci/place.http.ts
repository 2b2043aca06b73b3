import { setTimeout as sleep } from 'node:timers/promises';
import type { Egress, EgressCall, EgressStream } from '../../../host/egress.http.ts';
import { Problem } from '../../../kernel/problem.ts';
import type { Millis } from '../../../kernel/time.ts';
import { at, text } from '../../forges/loose.ts';
import { answered, refused } from '../registries.problems.ts';
import { signIn, type SignInAt } from './sign-in.ts';

/** One registry as one credential sees it. */
export type OciAt = SignInAt & { readonly egress: Egress };

export type OciAsk = {
  readonly method?: EgressCall['method'];
  /** Below the registry's address, or a whole address of the same origin. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Bytes that come in parts; asked for anew at each try. */
  readonly parts?: { readonly length: number; readonly open: () => AsyncIterable<Uint8Array> };
  /** Statuses of 400 and more that are answers and no failures. */
  readonly expect?: readonly number[];
  readonly limit?: number;
  readonly timeoutMs?: Millis;
  /** Sent once: what went wrong is for the caller to look at. */
  readonly once?: true;
  /** In words, for who reads what went wrong. */
  readonly what: string;
};

export type OciPlace = {
  readonly host: string;
  readonly base: URL;
  /** The body is still to come; whoever does not read it drops it. Throws `registries.*` and `egress.*` problems. */
  open(ask: OciAsk): Promise<EgressStream>;
  /** The whole answer, 4 MiB by default. */
  call(ask: OciAsk): Promise<{ readonly status: number; readonly headers: EgressStream['headers']; readonly body: Uint8Array }>;
};

const TRIES = 3;
const PAUSE_MS: Millis = 300;
const PATIENCE_MS: Millis = 2000;
const LIMIT = 4 * 1024 ** 2 + 1024;
const SHORT_MS: Millis = 30_000;

/**
 * A registry that is asked with the repositories' `scopes` (`repository:acme/shop:pull,push`): without a credential
 * first, then as its challenge asks, basic or bearer (https://distribution.github.io/distribution/spec/auth/token/).
 * Tokens live as long as this value. Tries are bounded, and go to the registry's own origin only; what it sends on to
 * another (storage of blobs) is asked without any header of ours.
 */
export function ociPlace(registry: OciAt, scopes: readonly string[]): OciPlace {
  const base = new URL(registry.url.endsWith('/') ? registry.url : `${registry.url}/`);
  const host = base.host;
  let kept: { readonly header: string; readonly until: Millis } | null = null;
  const once = (ask: OciAsk): Promise<EgressStream> =>
    registry.egress.open({
      method: ask.method ?? 'GET',
      url: new URL(ask.path, base).href,
      headers: { ...ask.headers, ...(kept !== null && kept.until > performance.now() ? { authorization: kept.header } : {}) },
      ...(ask.parts === undefined ? {} : { body: ask.parts.open(), length: ask.parts.length }),
      ...(ask.body === undefined ? {} : { body: ask.body }),
      limit: ask.limit ?? LIMIT,
      timeoutMs: ask.timeoutMs ?? SHORT_MS,
      redirects: ask.method === undefined || ask.method === 'GET' || ask.method === 'HEAD' ? 3 : 0,
    });
  const signedIn = async (ask: OciAsk): Promise<EgressStream> => {
    const first = await once(ask);
    if (first.status !== 401) return first;
    first.drop();
    const signed = await signIn(registry, scopes, first.headers['www-authenticate'] ?? '', (call) => registry.egress.call(call));
    if (signed === null) throw refused({ host, status: 401, what: ask.what });
    kept = { header: signed.header, until: signed.lastsMs === null ? Number.POSITIVE_INFINITY : performance.now() + signed.lastsMs };
    return once(ask);
  };
  const open = async (ask: OciAsk): Promise<EgressStream> => {
    const tries = ask.once === true ? 1 : TRIES;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await signedIn(ask).catch((error: unknown) => ({ failed: error }));
      if ('failed' in answer) {
        if (attempt < tries && answer.failed instanceof Problem && answer.failed.code === 'egress.failed') await pause(attempt, null);
        else throw answer.failed;
      } else if (answer.status < 400 || ask.expect?.includes(answer.status) === true) return answer;
      else if ((answer.status >= 500 || answer.status === 429) && attempt < tries) {
        answer.drop();
        await pause(attempt, answer.headers['retry-after'] ?? null);
      } else throw await failure(answer, host, ask.what);
    }
  };
  return {
    host,
    base,
    open,
    async call(ask) {
      const { status, headers, stream } = await open(ask);
      const parts: Uint8Array[] = [];
      for await (const part of stream) parts.push(part);
      return { status, headers, body: Buffer.concat(parts) };
    },
  };
}

async function failure(answer: EgressStream, host: string, what: string): Promise<Problem> {
  const { status } = answer;
  const said = await saidIn(answer);
  return status === 401 || status === 403 ? refused({ host, status, what }) : answered({ host, status, what, said });
}

/** The first error of an answer in the distribution specification's form, as one line. */
async function saidIn(answer: EgressStream): Promise<string> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of answer.stream) parts.push(part);
  } catch {
    return '';
  }
  const errors = at(parse(Buffer.concat(parts)), 'errors');
  const first: unknown = Array.isArray(errors) ? errors[0] : null;
  return [text(at(first, 'code'), 100), text(at(first, 'message'), 300)]
    .filter((one) => one !== null)
    .join(' ')
    .replaceAll(/[^\x20-\x7e]/g, ' ');
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return null;
  }
}

function pause(attempt: number, retryAfter: string | null): Promise<void> {
  const asked = retryAfter !== null && /^\d{1,4}$/.test(retryAfter) ? Number(retryAfter) * 1000 : 0;
  const whole = PAUSE_MS * 2 ** (attempt - 1);
  return sleep(Math.min(asked, PATIENCE_MS) + whole / 2 + (Math.random() * whole) / 2);
}
