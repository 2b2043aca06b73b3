import type { EventKind } from '../kernel/event.ts';
import type { Machine } from '../kernel/machine.ts';
import type { Reaction, Sweeper, Task } from '../platform/floor.ts';
import type { Mounted } from '../platform/http/handler.ts';

/** What a slice gives the program. Everything a slice does for others is one of these. */
export type Slice = {
  readonly name: string;
  readonly routes: readonly Mounted[];
  readonly tasks: readonly Task[];
  readonly sweepers: readonly Sweeper[];
  readonly events: readonly EventKind[];
  readonly machines: readonly Machine[];
};

/** One line of the flow: when this is announced, these reactions are woken, in the same transaction. */
export type FlowLine = { readonly when: EventKind; readonly then: readonly Reaction[]; readonly so: string };
