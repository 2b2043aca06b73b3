import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fillSeats, type Seat } from './matching.ts';

/** Tries every choice: slow, and plainly right. */
function bruteForce(seats: readonly Seat[], onePersonOneSeat: boolean, used: ReadonlySet<string> = new Set()): number {
  const [seat, ...rest] = seats;
  if (seat === undefined) return 0;
  let best = bruteForce(rest, onePersonOneSeat, used);
  for (const person of seat.may) {
    const key = onePersonOneSeat ? person : `${seat.group}/${person}`;
    if (!used.has(key)) best = Math.max(best, 1 + bruteForce(rest, onePersonOneSeat, new Set([...used, key])));
  }
  return best;
}

const seatArb = fc.record({
  group: fc.constantFrom('0', '1', '2'),
  may: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 }),
});

test('it fills as many seats as any choice could', () => {
  fc.assert(
    fc.property(fc.array(seatArb, { maxLength: 5 }), fc.boolean(), (seats, one) => {
      expect(fillSeats(seats, one).filled).toBe(bruteForce(seats, one));
    }),
    { numRuns: 500 },
  );
});

test('whoever sits may sit there, and nobody sits twice where that is not allowed', () => {
  fc.assert(
    fc.property(fc.array(seatArb, { maxLength: 6 }), fc.boolean(), (seats, one) => {
      const matching = fillSeats(seats, one);
      const keys = matching.seats.flatMap((person, index) => (person === null ? [] : [one ? person : `${seats[index]?.group}/${person}`]));
      expect(new Set(keys).size).toBe(keys.length);
      expect(keys.length).toBe(matching.filled);
      matching.seats.forEach((person, index) =>
        expect(person === null || (seats[index]?.may as readonly string[] | undefined)?.includes(person)).toBe(true),
      );
    }),
  );
});

test('a greedy choice would leave a seat empty here', () => {
  const seats = [
    { group: '0', may: ['both', 'other'] },
    { group: '1', may: ['both'] },
  ];
  expect(fillSeats(seats, true)).toEqual({ seats: ['other', 'both'], filled: 2 });
});
