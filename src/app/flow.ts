import type { Wiring } from '../platform/postgres/transaction.system.ts';
import type { FlowLine } from './slice.ts';

/**
 * Who reacts to what: the whole road, top to bottom, commit to production. An event is news, not permission: every act
 * asks mayShip again. docs/flow.md is generated from this table.
 */
export const flow: readonly FlowLine[] = [];

/** The table as the database layer takes it: event type -> names of reactions. */
export function wiringOf(): Wiring {
  const wiring = new Map<string, string[]>();
  for (const { when, then } of flow) {
    const names = wiring.get(when.type) ?? [];
    names.push(...then.map((reaction) => reaction.name));
    wiring.set(when.type, names);
  }
  return wiring;
}
