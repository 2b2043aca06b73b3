import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../floor.ts';

/** What a rule would remove, or has. */
export type Swept = {
  readonly things: number;
  /** Digests of bytes that this rule's rows name no more; others may. */
  readonly digests: readonly string[];
};
export type Due = { readonly things: number; readonly bytes: number; /** Old enough, and kept by a legal hold. */ readonly held: number };

/** Why a thing stays whatever its age, or is too young. */
export type Stays = 'runs' | 'deploying' | 'way-back' | 'young' | 'newest';
export type Listed = {
  readonly name: string;
  readonly size: number;
  readonly since: Instant;
  readonly held: boolean;
  /** Why it stays, a legal hold apart; null: it is due. */
  readonly stays: Stays | null;
};

/**
 * How long a slice keeps one kind of thing. What is under legal hold stays, whatever its age (`notHeld`); facts are never
 * under a rule. Both run in a transaction of one organisation.
 */
export type RetentionRule = {
  readonly what: string;
  /** One sentence for people: what goes, and what stays of it. */
  readonly means: string;
  /** Days, where nobody decided otherwise. */
  readonly days: number;
  /** The newest of each service that stay whatever their age; undefined: this rule counts nothing. */
  readonly keep?: number;
  due(tx: Tx, before: Instant, keep?: number): Promise<Due>;
  /** Of a rule whose things have names: what is due, one by one, with what a legal hold keeps; `all`: after them what stays, with why. */
  list?(tx: Tx, before: Instant, limit: number, keep?: number, all?: boolean): Promise<readonly Listed[]>;
  /** Removes up to `limit` of what is due, oldest first. */
  remove(tx: Tx, before: Instant, limit: number, keep?: number): Promise<Swept>;
};

/**
 * Says which stored bytes a slice still needs: of the digests given, those that its rows name. Every column that names
 * stored bytes stands in exactly one of these; a test compares them with the schema.
 */
export type BlobNames = {
  readonly name: string;
  /** `table.column` of every column that it looks at. */
  readonly columns: readonly string[];
  named(tx: Tx, digests: readonly string[]): Promise<readonly string[]>;
  /** Those that its rows name as artifacts: they are needed as long as the artifact is kept, and give way when retention removed it. */
  asArtifact?(tx: Tx, digests: readonly string[]): Promise<readonly string[]>;
};
