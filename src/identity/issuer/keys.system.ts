import type { JWK } from 'jose';
import type { Egress } from '../../host/egress.http.ts';
import { Problem } from '../../kernel/problem.ts';
import type { Millis } from '../../kernel/time.ts';
import { issuerUnreachable, issuerWrong } from './issuer.problems.ts';

/** Keys are asked for again after this. */
const FRESH_MS: Millis = 600_000;
/** A key that we don't know makes us ask again, at most this often: strangers choose the names of keys. */
const AGAIN_MS: Millis = 30_000;
/** How long keys still serve that could not be asked for again. */
const STALE_MS: Millis = 24 * 3_600_000;
const LIMIT = 256 * 1024;
const TIMEOUT_MS: Millis = 5000;
const KEYS = 100;
const ISSUERS = 1000;

type Kept = { keys: readonly JWK[]; fetchedAt: Millis; triedAt: Millis; asking: Promise<void> | null; failed: Problem | null };

/** The published keys of issuers, by way of OpenID Connect Discovery 1.0 and the one way out. One of these for an egress. */
export type IssuerKeys = {
  /**
   * Keys of an issuer. `isKnown` looks whether they do; where not, the issuer is asked again, at most every 30 s. Throws
   * `identity.issuer-unreachable` or `-wrong` where there are none to answer with.
   */
  of(issuer: string, isKnown: (keys: readonly JWK[]) => boolean): Promise<readonly JWK[]>;
  /** Asks now, whatever is kept: to look at an issuer when it is set. */
  look(issuer: string): Promise<{ readonly keys: number }>;
};

const all = new WeakMap<Egress, IssuerKeys>();

/** The one of this egress. `clock` is monotonic milliseconds. */
export function issuerKeys(egress: Egress, clock: () => Millis = () => performance.now()): IssuerKeys {
  const there = all.get(egress);
  if (there !== undefined) return there;
  const made = makeIssuerKeys(egress, clock);
  all.set(egress, made);
  return made;
}

/** A cache of its own; `issuerKeys` shares one. */
export function makeIssuerKeys(egress: Egress, clock: () => Millis): IssuerKeys {
  const kept = new Map<string, Kept>();
  const ask = async (issuer: string, one: Kept): Promise<void> => {
    one.triedAt = clock();
    one.asking ??= fetchKeys(egress, issuer)
      .then((keys) => {
        Object.assign(one, { keys, fetchedAt: clock(), failed: null });
      })
      .catch((error: unknown) => {
        if (!(error instanceof Problem)) throw error;
        one.failed = error;
      })
      .finally(() => {
        one.asking = null;
      });
    await one.asking;
  };
  const entry = (issuer: string): Kept => {
    const found = kept.get(issuer);
    if (found !== undefined) return found;
    if (kept.size >= ISSUERS) kept.clear();
    const fresh: Kept = { keys: [], fetchedAt: -Infinity, triedAt: -Infinity, asking: null, failed: null };
    kept.set(issuer, fresh);
    return fresh;
  };
  return {
    async of(issuer, isKnown) {
      const one = entry(issuer);
      const mayAsk = one.asking !== null || clock() - one.triedAt >= AGAIN_MS;
      if (mayAsk && (clock() - one.fetchedAt >= FRESH_MS || !isKnown(one.keys))) await ask(issuer, one);
      if (clock() - one.fetchedAt >= STALE_MS) throw one.failed ?? issuerUnreachable({ issuer, why: 'it was not asked yet.' });
      return one.keys;
    },
    async look(issuer) {
      const one = entry(issuer);
      await ask(issuer, one);
      if (one.failed !== null) throw one.failed;
      return { keys: one.keys.length };
    },
  };
}

async function fetchKeys(egress: Egress, issuer: string): Promise<readonly JWK[]> {
  const about = await json(egress, issuer, `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
  if (about['issuer'] !== issuer) throw issuerWrong({ issuer, why: 'its configuration names another issuer' });
  const address = about['jwks_uri'];
  if (typeof address !== 'string') throw issuerWrong({ issuer, why: 'its configuration names no keys (jwks_uri)' });
  const { keys } = await json(egress, issuer, address);
  if (!Array.isArray(keys) || keys.length > KEYS) throw issuerWrong({ issuer, why: `its keys are no list of at most ${KEYS}` });
  return keys.filter((key): key is JWK => typeof key === 'object' && key !== null && typeof (key as JWK).kty === 'string');
}

async function json(egress: Egress, issuer: string, url: string): Promise<Readonly<Record<string, unknown>>> {
  const answer = await egress
    .call({ url, headers: { accept: 'application/json' }, timeoutMs: TIMEOUT_MS, limit: LIMIT })
    .catch(told(issuer));
  if (answer.status !== 200) throw issuerUnreachable({ issuer, why: `it answered ${answer.status}.` });
  try {
    const value: unknown = JSON.parse(Buffer.from(answer.body).toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>;
  } catch {
    // Told below, like every other answer that is none.
  }
  throw issuerWrong({ issuer, why: 'its answer is no JSON object' });
}

/** What of the way out the one who asks can mend (a forbidden place) stays what it is; the rest is an issuer that is not there. */
function told(issuer: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof Problem) || error.status < 500) throw error;
    throw issuerUnreachable({ issuer, why: error.sentence });
  };
}
