import type { Actor, Credential } from '../../kernel/actor.ts';
import type { Tx } from '../../platform/floor.ts';
import type { Cursor } from './cursor.ts';
import type { Rights } from './hearing.ts';

/** Somebody who can look at live pages. */
export type Watcher = Extract<Actor, { readonly credential: Credential }>;

/** One open stream. `seen` and `rights` are the hub's: a viewer without rights has not begun yet. */
export type Viewer = {
  readonly actor: Watcher;
  readonly wanted: Cursor | null;
  readonly visible: (tx: Tx) => Promise<'all' | ReadonlySet<string>>;
  readonly send: (bytes: Uint8Array) => boolean;
  readonly end: () => void;
  rights: Rights | null;
};
