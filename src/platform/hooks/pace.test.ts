import { expect, test } from 'vitest';
import { makePace } from './pace.ts';

test('the first word is heard at once, and what goes on is heard once a second in the end', () => {
  const pace = makePace();
  const heard: number[] = [];
  for (let now = 0; now < 10_000; now += 1) {
    if (pace.held(now).includes('a')) continue;
    heard.push(now);
    pace.told(['a'], now);
  }
  expect(heard[0]).toBe(0);
  expect(heard.length).toBeGreaterThan(10);
  expect(heard.length).toBeLessThan(16);
  expect((heard.at(-1) ?? 0) - (heard.at(-2) ?? 0)).toBe(1000);
});

test('who was quiet is heard at once again, and one that brings much holds up no other', () => {
  const pace = makePace();
  for (let now = 0; now < 3000; now += 1) if (!pace.held(now).includes('a')) pace.told(['a'], now);
  expect(pace.held(3000)).toEqual(['a']);
  expect(pace.next(3000)).toBeGreaterThan(0);
  pace.told(['b'], 3000);
  expect(pace.held(3020)).toEqual(['a']);
  expect(pace.held(6000)).toEqual([]);
  expect(pace.next(6000)).toBeNull();
  pace.told(['a'], 6000);
  expect(pace.held(6019)).toEqual(['a']);
  expect(pace.held(6020)).toEqual([]);
});
