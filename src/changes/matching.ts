/** One seat to fill: who may fill it. `group` keeps seats of one step together. */
export type Seat = { readonly group: string; readonly may: readonly string[] };

export type Matching = {
  /** Who sits on each seat, in the order of the seats; null where it stays empty. */
  readonly seats: readonly (string | null)[];
  readonly filled: number;
};

/**
 * Fills as many seats as can be filled: a maximum matching (augmenting paths), never greedy. A greedy choice can let
 * one person take the seat that only another needed and so refuse a release that enough people approved; or, read the
 * other way, count one person twice.
 *
 * `onePersonOneSeat`: a person sits once in all; else once in each group (never twice in one: two approvers are two people).
 */
export function fillSeats(seats: readonly Seat[], onePersonOneSeat: boolean): Matching {
  const sits = new Map<string, number>();
  const token = (seat: Seat, person: string): string => (onePersonOneSeat ? person : `${seat.group}\n${person}`);

  const place = (index: number, tried: Set<string>): boolean => {
    const seat = seats[index];
    if (seat === undefined) return false;
    for (const person of seat.may) {
      const who = token(seat, person);
      if (tried.has(who)) continue;
      tried.add(who);
      const holds = sits.get(who);
      if (holds === undefined || place(holds, tried)) {
        sits.set(who, index);
        return true;
      }
    }
    return false;
  };

  let filled = 0;
  seats.forEach((_, index) => (filled += place(index, new Set()) ? 1 : 0));
  const result: (string | null)[] = seats.map(() => null);
  for (const [who, index] of sits) result[index] = onePersonOneSeat ? who : who.slice(who.indexOf('\n') + 1);
  return { seats: result, filled };
}
