/**
 * What keeps master keys: a file beside the state, or a key service that never hands them out. A master key wraps data
 * keys; nothing else is ever given to it.
 *
 * The life of a key: `create` makes one, the database announces it, and once every server's `ids` name it, it is current
 * and wraps. Old ones unwrap until nothing was wrapped by them; then `forget` ends them.
 */
export type MasterKeys = {
  readonly kind: 'file' | 'vault';
  /** The keys that this process can use now, oldest first. Names only. */
  ids(): readonly string[];
  /** Looks again: another server may have added or removed one. Throws a Problem where the keys can't be read. */
  reload(): Promise<void>;
  /** Wraps 32 bytes, bound to `context`. Throws `platform.master-key-missing` for a key that is not here. */
  wrap(id: string, plain: Uint8Array, context: string): Promise<Uint8Array>;
  /** The other way. Throws where the bytes were changed, or wrapped for another context. */
  unwrap(id: string, wrapped: Uint8Array, context: string): Promise<Uint8Array>;
  /** Makes a key and answers its name. Throws `platform.master-key-read-only` where only an operator can. */
  create(): Promise<string>;
  /** Ends a key for good. */
  forget(id: string): Promise<void>;
};

/** All that knows master keys in this process. */
export type Masters = {
  readonly parts: readonly MasterKeys[];
  ids(): readonly string[];
  reload(): Promise<void>;
  /** The part that has this key. Throws `platform.master-key-missing`. */
  of(id: string): MasterKeys;
  /** Where new keys are made: the key service where there is one, else the file. */
  readonly home: MasterKeys;
  /** Master keys of files: what values of the first form were sealed with. */
  raw(): readonly Buffer[];
};
