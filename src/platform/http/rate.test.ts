import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Problem } from '../../kernel/problem.ts';
import { makeLimiter, rateHeaders } from './limiter.system.ts';
import { RATES, readRates, take, type Bucket, type Rates } from './rate.ts';

test('no pattern of asking gets more than the burst and what flows in since', () => {
  fc.assert(
    fc.property(
      fc.record({ perMinute: fc.integer({ min: 1, max: 10_000 }), burst: fc.integer({ min: 1, max: 500 }) }),
      fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 400 }),
      (rate, gaps) => {
        let bucket: Bucket | undefined;
        let now = 0;
        let given = 0;
        for (const gap of gaps) {
          now += gap;
          const taken = take(rate, bucket, now);
          bucket = taken.bucket;
          if (taken.ok) given += 1;
          else {
            expect(taken.waitS).toBeGreaterThan(0);
            expect(take(rate, bucket, now + taken.waitS * 1000).ok).toBe(true);
          }
          expect(given).toBeLessThanOrEqual(rate.burst + (now * rate.perMinute) / 60_000 + 1e-6);
        }
      },
    ),
  );
});

test('a clock that stands still gives nothing back; who waits gets his burst again', () => {
  const rate = { perMinute: 60, burst: 2 };
  let bucket = take(rate, undefined, 0).bucket;
  bucket = take(rate, bucket, 0).bucket;
  expect(take(rate, bucket, 0)).toMatchObject({ ok: false, waitS: 1 });
  expect(take(rate, bucket, 10_000)).toMatchObject({ ok: true, left: 1 });
});

const few: Rates = { ...RATES, person: { perMinute: 60, burst: 3 }, refused: { perMinute: 6, burst: 2 } };

test('one noisy caller takes nothing from another; the refusal names the limit and when to come again', () => {
  let now = 0;
  const limiter = makeLimiter(few, () => now);
  const ask = (key: string): Problem | null => {
    try {
      limiter.spend('person', key);
      return null;
    } catch (error) {
      return error as Problem;
    }
  };
  const noisy = Array.from({ length: 60 }, () => ask('a'));
  expect(noisy.filter((one) => one === null)).toHaveLength(3);
  expect(noisy.at(-1)).toMatchObject({ code: 'platform.too-many-requests', status: 429, data: { limit: 'person', retryAfter: 1 } });
  expect(ask('b')).toBeNull();
  now += 1000;
  expect(ask('a')).toBeNull();
});

test('looking takes nothing; many callers are forgotten before memory grows', () => {
  let now = 0;
  const limiter = makeLimiter(few, () => now);
  for (let at = 0; at < 10; at += 1) limiter.look('refused', 'a');
  limiter.spend('refused', 'a');
  limiter.spend('refused', 'a');
  expect(() => limiter.look('refused', 'a')).toThrow('refused');
  for (let at = 0; at < 60_000; at += 1) limiter.spend('address', `${at}`);
  expect(limiter.size()).toBeLessThanOrEqual(50_000);
});

test('the headers are those of the draft', () => {
  expect(rateHeaders({ name: 'person', left: 40, quota: 100, windowS: 10 })).toEqual({
    'ratelimit-policy': '"person";q=100;w=10',
    ratelimit: '"person";r=40;t=6',
  });
});

test.each([['persons=1'], ['person'], ['person=0'], ['person=10/0'], ['person=-1'], ['__proto__=5'], ['person=1/2/3']])(
  '%s is no limit',
  (entry) => {
    expect(readRates(`hook=5, ${entry}`)).toEqual({ wrong: entry });
  },
);
test('rates are read over the defaults', () => {
  expect(readRates('person=60/10,hook=5')).toEqual({
    rates: { ...RATES, person: { perMinute: 60, burst: 10 }, hook: { perMinute: 5, burst: 5 } },
  });
});
