import { expect, test } from 'vitest';
import { untilOf } from './bookings.ts';

const NOW = '2026-06-01T12:00:00.000Z';

test('a booking ends after a duration from its beginning, or at an instant; not by both, and not never', () => {
  expect(untilOf({ for: '1h30m' }, NOW)).toBe('2026-06-01T13:30:00.000Z');
  expect(untilOf({ for: '1h', from: '2026-06-02T08:00:00+02:00' }, NOW)).toBe('2026-06-02T07:00:00.000Z');
  expect(untilOf({ until: '2026-06-03T00:00:00Z' }, NOW)).toBe('2026-06-03T00:00:00Z');
  for (const wrong of [{}, { for: 'long' }, { for: '1h', until: NOW }, { for: '1h', from: 'soon' }])
    expect(() => untilOf(wrong, NOW)).toThrow(expect.objectContaining({ code: 'cli.usage' }));
});
