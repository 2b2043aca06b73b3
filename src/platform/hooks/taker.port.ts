import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../floor.ts';

/** A hook as those see it who take what it brings. */
export type HookOf = {
  readonly id: string;
  readonly org: string;
  /** What it is about: a source, a connection. */
  readonly subject: string | null;
  readonly settings: Readonly<Record<string, unknown>>;
};

/** A delivery that was verified and is durable. Its bytes were read by nobody yet. */
export type TakenDelivery = {
  readonly id: string;
  readonly hook: HookOf;
  /** How the sender names it. */
  readonly name: string;
  /** By lower-case name, without what carries credentials. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly at: Instant;
};

/**
 * Who takes what hooks bring, by the name that stands in the hook.
 *
 * - `hint` needs nothing of a delivery but that it came. It runs in the transaction that makes deliveries durable, once for
 *   all of them, so it is short and can't fail for what somebody sent.
 * - `take` reads it, in a transaction of its own in which the delivery is also marked done: its effect happens exactly once.
 *   It answers in one line what became of it. A Problem of status 4xx parks the delivery at once, because the same bytes
 *   would fail again; anything else is tried again, and parked in the end. Calls to elsewhere are never made here: wake a task.
 */
export type Taker = {
  readonly name: string;
  readonly hint?: (tx: Tx, hooks: readonly HookOf[], at: Instant) => Promise<void>;
  readonly take?: (tx: Tx, delivery: TakenDelivery) => Promise<string>;
};
