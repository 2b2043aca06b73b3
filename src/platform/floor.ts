import type { Logger } from 'pino';
import type { Egress } from '../host/egress.http.ts';
import type { Actor } from '../kernel/actor.ts';
import type { Digest } from '../kernel/digest.ts';
import type { EventKind } from '../kernel/event.ts';
import type { Id } from '../kernel/id.ts';
import type { Instant, Millis } from '../kernel/time.ts';
import type { Config } from './config.ts';
import type { Where } from './postgres/pool.system.ts';
import type { Masters } from './keys/master.port.ts';
import type { EvidenceSigner } from './keys/signer.port.ts';

/**
 * The floor that slices stand on. A command gets a `Tx`; what it needs beyond SQL hangs on `tx.floor`.
 */
export type Floor = {
  readonly config: Config;
  readonly log: Logger;
  readonly db: Db;
  readonly blobs: BlobStore;
  readonly keys: SigningKeys;
  /** Where evidence is signed; slices ask `sealEvidence`, which notes the key. */
  readonly signer: EvidenceSigner;
  readonly secrets: SecretBox;
  /** What wraps the keys of secrets: files or a key service. Slices have no business with it. */
  readonly masters: Masters;
  readonly bus: Bus;
  /** The one way out: every call to an address that somebody wrote into a setting. Never inside a transaction. */
  readonly egress: Egress;
  /** With what git signs in to a repository, where a connection of the organisation is for it; null: with nothing. */
  readonly gitLogin: (org: string, repository: string) => Promise<GitLogin | null>;
  readonly newId: <Prefix extends string>(prefix: Prefix) => Id<Prefix>;
  /** Random bytes as lower-case hex: for secrets of tokens and links. */
  readonly randomHex: (bytes: number) => string;
  /** The organisation of a single-organisation instance; made at the first start. */
  readonly org: string;
  /** How to reach the database on a connection of one's own: for work that holds one for long. */
  readonly where: Where;
  /** Whether this instance came out of a backup and no person has resumed it: until then nothing acts. */
  readonly paused: () => boolean;
};

/** A user and a password for git over https. */
export type GitLogin = { readonly user: string; readonly password: string };

/** PostgreSQL, one transaction at a time. `org` goes into row-level security; `'*'` is for sweepers and the sequencer. */
export type Db = {
  tx<Result>(org: string, work: (tx: Tx) => Promise<Result>): Promise<Result>;
  /** A read-only transaction; safe to call from GET handlers and polls. */
  read<Result>(org: string, work: (tx: Tx) => Promise<Result>): Promise<Result>;
};

export type Row = Record<string, unknown>;

/**
 * One transaction: READ COMMITTED, retried as a whole on serialization failures and deadlocks (so `work` must have no
 * effect outside it; use `afterCommit`).
 */
export type Tx = {
  readonly org: string;
  readonly floor: Floor;
  query<R extends Row = Row>(sql: string, params?: readonly unknown[]): Promise<R[]>;
  /** The first row, or null. */
  maybe<R extends Row = Row>(sql: string, params?: readonly unknown[]): Promise<R | null>;
  /** Exactly one row; none or several is a bug. */
  one<R extends Row = Row>(sql: string, params?: readonly unknown[]): Promise<R>;
  /** How many rows a write touched: `where version = $n` touched 0 means somebody was faster. */
  write(sql: string, params?: readonly unknown[]): Promise<number>;
  /** Database time, read when called: call it after the locks are held. */
  now(): Promise<Instant>;
  /** Writes a fact in this transaction, and a wake for each reaction that flow.ts names for it. Call after the row's lock is held. */
  record<Kind extends EventKind>(kind: Kind, fact: NewFact<Kind>): Promise<Id<'fct'>>;
  /** Adds a job that wakes `task` after commit (or at `at`). Same task and key: replaced, not doubled. */
  wake(task: string, key: string, payload: Readonly<Record<string, unknown>>, at?: Instant): Promise<void>;
  /** NOTIFY at commit: wakes long polls and live pages. Ids only, never content. */
  notify(topic: string, id?: string): Promise<void>;
  afterCommit(work: () => void): void;
};

export type NewFact<Kind extends EventKind> = {
  readonly subject: string;
  readonly actor: Actor;
  readonly body: Kind extends EventKind<string, infer Body> ? Body : never;
  /** The service it concerns, by id, where there is one. */
  readonly service?: string | null;
};

/** A fact as stored. `leaf` is the canonical bytes that the ledger hashes. */
export type Fact<Body = unknown> = {
  readonly id: string;
  readonly type: string;
  readonly org: string;
  readonly subject: string;
  readonly service: string | null;
  readonly actor: string;
  readonly at: Instant;
  readonly body: Body;
};

/** One of many that are stored together. Its bytes: as they are, as they come, or what a file of this machine holds. */
export type PutItem = {
  readonly bytes: Uint8Array | (() => AsyncIterable<Uint8Array>) | { readonly file: string };
  readonly expect?: Digest;
};

/** Content-addressed bytes. Visible means complete and right. */
export type BlobStore = {
  /** Stores a stream, durably before it answers; refuses more than `limit` bytes, or another digest than `expect`. Chunks handed over must not be changed any more. */
  put(
    bytes: AsyncIterable<Uint8Array> | Uint8Array | string,
    options?: { readonly limit?: number; readonly expect?: Digest },
  ): Promise<{ readonly digest: Digest; readonly size: number }>;
  /** Stores what a file of this machine holds, as `put` does: the fast way for large ones. */
  putFile(
    path: string,
    options?: { readonly limit?: number; readonly expect?: Digest },
  ): Promise<{ readonly digest: Digest; readonly size: number }>;
  /**
   * Stores many at once, durable in groups: far faster than one by one, and as safe. Answers in the order of the items.
   * Where it throws, groups before the one that failed are stored.
   */
  putAll(items: readonly PutItem[], options?: { readonly limit?: number }): Promise<{ readonly digest: Digest; readonly size: number }[]>;
  /** A verified read: the stream fails at its end where the bytes are not what the digest says. Throws a Problem where absent. */
  open(digest: Digest): Promise<AsyncIterable<Uint8Array>>;
  /** All bytes, verified before they are returned; refuses blobs larger than `limit` (default 16 MiB). */
  read(digest: Digest, limit?: number): Promise<Uint8Array>;
  /** Bytes `from` to before `to`, fewer at the end, not verified: for who knows the digest of the part. Throws a Problem where absent. */
  readRange(digest: Digest, from: number, to: number): Promise<Uint8Array>;
  has(digest: Digest): Promise<boolean>;
  /** Deletes bytes that were stored longer ago than `olderThanMs`, and no others: what was stored again meanwhile stays. */
  remove(digest: Digest, olderThanMs: Millis): Promise<boolean>;
  size(digest: Digest): Promise<number | null>;
};

/** Ed25519 keys outside the database. `keyId` is the sha256 hex of the SPKI DER. */
export type SigningKeys = {
  readonly keyId: string;
  readonly publicKeyPem: string;
  sign(bytes: Uint8Array): Uint8Array;
  /** Public keys by key id, retired ones included. */
  publicKey(keyId: string): string | null;
  readonly all: readonly { readonly keyId: string; readonly publicKeyPem: string }[];
};

/**
 * Envelope encryption for stored secrets: AES-256-GCM under a data key of the scope (`service:svc_...`), which a master key
 * outside the database wraps. `place` says where the value lies and is authenticated: moved elsewhere it can't be opened.
 * Whoever keeps sealed values gives a `SealedColumn`, so that they are found when keys are rotated.
 */
export type SecretBox = {
  seal(tx: Tx, scope: string, plain: string, place: string): Promise<Uint8Array>;
  /** Throws `platform.sealed-value` where it can't be opened, `platform.master-key-missing` where this server can't open it now. */
  open(tx: Tx, sealed: Uint8Array, place: string): Promise<string>;
};

/** LISTEN/NOTIFY for long polls. A missed notification costs latency, never truth: every waiter re-reads rows and times out. */
export type Bus = {
  /** Resolves at the next notification of one of `topics` (`topic` or `topic:id`), after `ms`, or when `signal` aborts. */
  wait(topics: readonly string[], ms: number, signal?: AbortSignal): Promise<void>;
  /** Starts listening at once, so that nothing between a read and the wait is missed: `const w = bus.watch([...]); read; await w.next(ms)`. */
  watch(topics: readonly string[], signal?: AbortSignal): { next(ms: number): Promise<void>; close(): void };
};

/** A reaction: what a slice does when another announces something. Wakes only; it reads rows and advances them conditionally. */
export type Reaction = { readonly name: string; readonly run: (floor: Floor, fact: Fact) => Promise<void> };

/** A durable task that a wake starts. It must be harmless to run twice. */
export type Task = {
  readonly name: string;
  readonly run: (floor: Floor, payload: Readonly<Record<string, unknown>>, org: string) => Promise<void>;
};

/** Finds rows whose wake was lost and wakes them again; runs every few seconds on one of the servers. */
export type Sweeper = { readonly name: string; readonly sweep: (tx: Tx) => Promise<void> };
