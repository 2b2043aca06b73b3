import type { Instant } from '../../kernel/time.ts';
import type { Floor, Tx } from '../floor.ts';

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

/** That a hook brought something, and when. */
export type Hint = Pick<TakenDelivery, 'hook' | 'at'>;

/**
 * Who takes what hooks bring, by the name that stands in the hook. What `take` and `together` do stands in the transaction
 * in which deliveries are marked done, so the effect happens exactly once. Calls to elsewhere are never made here: wake a task.
 *
 * - `take` reads one delivery and answers in one line what became of it. A Problem of status 4xx (but 409) parks the delivery
 *   at once, because the same bytes would fail again; anything else is tried again, and parked in the end.
 * - `told` is `take` for effects that need transactions of their own, and that told twice are once: a crash between them and
 *   the mark lets it be told again.
 * - `together` is for who needs nothing of a delivery but that it came: a hint. It is told of all that came since, each hook
 *   once or more, and soon, but of a hook that brings much only now and then. Its transaction names no organisation: what it writes or
 *   wakes says whose it is. What becomes of a delivery is known before it comes: `hinted`, in one line.
 */
export type Taker = { readonly name: string } & (
  | { readonly take: (tx: Tx, delivery: TakenDelivery) => Promise<string> }
  | { readonly told: (floor: Floor, delivery: TakenDelivery) => Promise<string> }
  | { readonly hinted: string; readonly together: (tx: Tx, hints: readonly Hint[]) => Promise<void> }
);
