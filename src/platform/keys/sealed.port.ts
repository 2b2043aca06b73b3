import type { Tx } from '../floor.ts';

/** One sealed value where it lies, locked. */
export type SealedValue = {
  readonly sealed: Uint8Array;
  /** As given to `seal`. */
  readonly place: string;
  readonly scope: string;
  save(tx: Tx, sealed: Uint8Array): Promise<void>;
};

/**
 * A column of sealed values that a slice keeps: how they are found again when their key is rotated. Every slice that
 * seals gives one, or what it sealed keeps the old key for ever.
 */
export type SealedColumn = {
  readonly name: string;
  /** Up to `limit` values of the transaction's organisation that begin with `head`; locked, those locked elsewhere left out. */
  find(tx: Tx, head: Uint8Array, limit: number): Promise<readonly SealedValue[]>;
  count(tx: Tx, head: Uint8Array): Promise<number>;
};
