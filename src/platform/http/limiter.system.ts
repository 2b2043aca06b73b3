import type { Actor } from '../../kernel/actor.ts';
import { tooManyRequests } from '../platform.problems.ts';
import { isFull, take, type Bucket, type RateName, type Rates, type Taken } from './rate.ts';

/** Buckets of this many callers are remembered; who has not asked for longest is forgotten, and begins with a full one. */
const MOST = 50_000;

export type Limiter = {
  /** Takes one; throws `platform.too-many-requests` where there is none. Answers what is left, for the headers. */
  spend(name: RateName, key: string): Spent;
  /** Throws as `spend` does, and takes nothing. */
  look(name: RateName, key: string): void;
  readonly size: () => number;
};
export type Spent = { readonly name: RateName; readonly left: number; readonly quota: number; readonly windowS: number };

/** Rate limits of this process: in memory, so that counting costs nothing. With several servers each counts for itself. */
export function makeLimiter(rates: Rates, clock: () => number = () => performance.now()): Limiter {
  const buckets = new Map<string, Bucket>();
  const draw = (name: RateName, key: string, cost: number): Taken => {
    const id = `${name} ${key}`;
    const now = clock();
    const taken = take(rates[name], buckets.get(id), now, cost);
    // Last asked stands last: the first of the map is who is forgotten.
    buckets.delete(id);
    if (!isFull(rates[name], taken.bucket, now)) buckets.set(id, taken.bucket);
    if (buckets.size > MOST) buckets.delete(buckets.keys().next().value ?? '');
    if (!taken.ok) throw tooManyRequests({ limit: name, perMinute: rates[name].perMinute, retryAfter: taken.waitS });
    return taken;
  };
  return {
    spend(name, key) {
      const { left } = draw(name, key, 1);
      const { burst, perMinute } = rates[name];
      return { name, left, quota: burst, windowS: Math.max(1, Math.ceil((burst * 60) / perMinute)) };
    },
    look: (name, key) => void draw(name, key, 0),
    size: () => buckets.size,
  };
}

/** Counts an actor's request: by its credential, and with all others of its organisation. */
export function spendFor(limiter: Limiter, actor: Actor): Spent {
  limiter.spend('organisation', actor.org);
  if (actor.kind === 'person' || actor.kind === 'bot') return limiter.spend('person', actor.credential.id);
  return limiter.spend('machine', actor.id);
}

/** The fields of draft-ietf-httpapi-ratelimit-headers-10. */
export function rateHeaders({ name, left, quota, windowS }: Spent): Readonly<Record<string, string>> {
  return {
    'ratelimit-policy': `"${name}";q=${quota};w=${windowS}`,
    ratelimit: `"${name}";r=${left};t=${Math.max(1, Math.ceil(((quota - left) * windowS) / quota))}`,
  };
}
