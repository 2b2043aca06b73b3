/** Rate limits: named token buckets. Pure; `limiter.system.ts` keeps the buckets. */

/** `perMinute` tokens flow in, `burst` is the most that a bucket holds. */
export type Rate = { readonly perMinute: number; readonly burst: number };

/** Every rate limit there is: by whom it counts, and what it is where nobody says otherwise. docs/guide/limits.md lists them. */
export const RATES = {
  person: { perMinute: 6000, burst: 1000, by: 'credential of a person or a bot' },
  machine: { perMinute: 30_000, burst: 5000, by: 'key of a runner or an agent' },
  address: { perMinute: 600, burst: 300, by: 'address, for requests without a credential' },
  refused: { perMinute: 60, burst: 60, by: 'address, for credentials that are not valid' },
  hook: { perMinute: 6000, burst: 3000, by: 'address, for signed webhooks' },
  organisation: { perMinute: 120_000, burst: 20_000, by: 'organisation, all of its credentials together' },
} as const satisfies Record<string, Rate & { readonly by: string }>;
export type RateName = keyof typeof RATES;
export type Rates = Readonly<Record<RateName, Rate>>;

export type Bucket = { readonly tokens: number; readonly at: number };
export type Taken = {
  readonly ok: boolean;
  readonly bucket: Bucket;
  readonly left: number;
  /** Seconds until one token is there again; 0 where one is. */
  readonly waitS: number;
};

/** Takes `cost` tokens at `nowMs` (a clock that never goes back). With cost 0 it only looks whether one could be taken. */
export function take(rate: Rate, bucket: Bucket | undefined, nowMs: number, cost = 1): Taken {
  const perMs = rate.perMinute / 60_000;
  const before = bucket ?? { tokens: rate.burst, at: nowMs };
  const filled = Math.min(rate.burst, before.tokens + Math.max(0, nowMs - before.at) * perMs);
  const ok = filled >= Math.max(1, cost);
  const tokens = ok ? filled - cost : filled;
  return {
    ok,
    bucket: { tokens, at: nowMs },
    left: Math.floor(tokens),
    waitS: ok ? 0 : Math.max(1, Math.ceil((1 - filled) / perMs / 1000)),
  };
}

/** A bucket that says no more than a fresh one would. */
export function isFull(rate: Rate, bucket: Bucket, nowMs: number): boolean {
  return bucket.tokens + ((nowMs - bucket.at) * rate.perMinute) / 60_000 >= rate.burst;
}

/** Reads `person=6000/1000, hook=600`: a rate a minute, and a burst where it differs. Answers the first entry that is none. */
export function readRates(text: string): { readonly rates: Rates } | { readonly wrong: string } {
  const rates: Record<RateName, Rate> = { ...RATES };
  for (const entry of text.split(',').map((one) => one.trim())) {
    if (entry === '') continue;
    const found = /^([a-z]+)=(\d{1,9})(?:\/(\d{1,9}))?$/.exec(entry);
    const name = found?.[1] ?? '';
    const perMinute = Number(found?.[2]);
    const burst = Number(found?.[3] ?? found?.[2]);
    if (!Object.hasOwn(RATES, name) || !(perMinute > 0) || !(burst > 0)) return { wrong: entry };
    rates[name as RateName] = { perMinute, burst };
  }
  return { rates };
}
