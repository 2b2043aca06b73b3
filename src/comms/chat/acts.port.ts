import type { Actor } from '../../kernel/actor.ts';
import type { Tx } from '../../platform/floor.ts';

export type ChatVote = {
  readonly release: string;
  readonly environment: string;
  readonly verdict: 'approve' | 'reject';
  readonly reason: string;
  /** What the voter saw. */
  readonly intent: string;
  readonly version: number;
};

export type StopScope = { readonly environment?: string; readonly team?: string; readonly service?: string };

/**
 * What may be done from a chat: the commands of other slices behind the same authorisation as everywhere; app/ joins
 * them. Each throws problems. `vote` answers the problem of a refusal that was recorded; null: it was cast.
 */
export type ChatActs = {
  vote(tx: Tx, actor: Actor, vote: ChatVote): Promise<{ readonly refused: string | null }>;
  /** Whether voting there asks for a sign-in just now: then a chat answers with a link instead. */
  needsFresh(tx: Tx, environment: string): Promise<boolean>;
  hold(tx: Tx, actor: Actor, release: string, reason: string, version: number | null): Promise<void>;
  stop(tx: Tx, actor: Actor, scope: StopScope, ticket: string, reason: string): Promise<void>;
  /** Throws where this actor may not see releases of a service. */
  mustSee(tx: Tx, actor: Actor, on: { readonly service: string; readonly team: string }): Promise<void>;
};
