import fc from 'fast-check';
import { expect, test } from 'vitest';
import { plus } from '../kernel/time.ts';
import { isZone, minuteOfDay, nextAt, STANDARD, wantsOf, whenToSend, type Preference } from './preference.ts';

const berlin: Preference = { ...STANDARD, zone: 'Europe/Berlin', quiet: { from: 22 * 60, until: 7 * 60 }, digestHour: 9 };

test('quiet hours pass midnight in the zone of the person, and hold nothing back of incidents', () => {
  const night = '2026-01-10T23:30:00.000Z';
  expect(whenToSend(berlin, 'asked', night)).toEqual({ state: 'queued', dueAt: '2026-01-11T06:00:00.000Z' });
  expect(whenToSend(berlin, 'incident', night)).toEqual({ state: 'queued', dueAt: night });
  const day = '2026-01-10T12:00:00.000Z';
  expect(whenToSend(berlin, 'asked', day)).toEqual({ state: 'queued', dueAt: day });
  expect(whenToSend(berlin, 'deployment', day)).toEqual({ state: 'digest', dueAt: '2026-01-11T08:00:00.000Z' });
  expect(whenToSend({ ...berlin, wants: { ...berlin.wants, asked: 'off' } }, 'asked', day)).toBeNull();
});

test('the digest comes at its hour on the days on which the clocks change too', () => {
  expect(nextAt('Europe/Berlin', 9 * 60, '2026-03-28T20:00:00.000Z')).toBe('2026-03-29T07:00:00.000Z');
  expect(nextAt('Europe/Berlin', 9 * 60, '2026-10-24T20:00:00.000Z')).toBe('2026-10-25T08:00:00.000Z');
});

test('what comes next is after now, within 25 hours, and shows the minute wherever that minute exists', () => {
  const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Chatham');
  const instants = fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2027, 0) }).map((ms) => new Date(ms).toISOString());
  fc.assert(
    fc.property(zones, fc.integer({ min: 0, max: 1439 }), instants, (zone, minute, now) => {
      const at = nextAt(zone, minute, now);
      expect(at > now).toBe(true);
      expect(at <= plus(now, 25 * 3_600_000 + 60_000)).toBe(true);
      const off = Math.abs(minuteOfDay(zone, at) - minute);
      expect(Math.min(off, 1440 - off)).toBeLessThanOrEqual(60);
    }),
    { numRuns: 300 },
  );
});

test('a zone is one that is known, and an old row wants the standard for what it does not name', () => {
  expect(['Europe/Berlin', 'UTC', 'Asia/Tokyo'].every(isZone)).toBe(true);
  expect(['', 'Mars/Base', '../etc/passwd', 'x'.repeat(100)].some(isZone)).toBe(false);
  expect(wantsOf({ asked: 'off', decided: 'sometimes' })).toEqual({ ...STANDARD.wants, asked: 'off' });
});
