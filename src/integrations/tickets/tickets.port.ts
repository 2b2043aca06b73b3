import type { Actor } from '../../kernel/actor.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';

export type TicketWord = {
  readonly system: string;
  readonly key: string;
  readonly title: string;
  readonly type: string | null;
  readonly state: 'open' | 'done' | 'rejected';
  readonly status: string | null;
  readonly fixVersion: string | null;
  readonly url: string | null;
  readonly changedAt: Instant;
};

/** What the readers of trackers need of releases and changes; app/ joins them. */
export type TicketPlaces = {
  /** Keys that a release's commits could name as tickets, the git address of its service, and which of the keys were told of; null: there is no such release. */
  release(
    tx: Tx,
    id: string,
  ): Promise<{
    readonly keys: readonly string[];
    readonly complete: boolean;
    readonly repository: string | null;
    readonly told: readonly string[];
  } | null>;
  keep(tx: Tx, actor: Actor, word: TicketWord): Promise<void>;
  done(
    tx: Tx,
    actor: Actor,
    release: string,
    found: { readonly keys: readonly string[]; readonly absent: readonly string[] } | { readonly failed: string },
  ): Promise<void>;
  /** Releases to look at: never looked at, or waiting and last looked at before `before`. */
  due(tx: Tx, org: string, now: Instant, before: Instant): Promise<readonly string[]>;
};
