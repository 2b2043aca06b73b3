import type { Action } from '../../contract/actions.ts';
import type { Actor } from '../../kernel/actor.ts';
import type { Floor, Tx } from '../floor.ts';

/** What an action is about, by name; empty means the whole organisation. */
export type On = { readonly team?: string; readonly service?: string; readonly environment?: string };

/**
 * Who may come in. Identity answers it; the HTTP server asks it once for every request, after routing and before any
 * handler runs.
 */
export type AccessGate = {
  /** The actor behind the request's credential, or null. Ended and revoked credentials are null at once. */
  authenticate(floor: Floor, authorization: string | undefined): Promise<Actor | null>;
  /** Throws `identity.not-allowed` unless `actor` may do `action` there. */
  authorise(tx: Tx, actor: Actor, action: Action, on: On): Promise<void>;
  /** What an object named in a request is about: `('release', 'rel_...')` -> its service. Throws a not-found problem for what does not exist. */
  resolve(tx: Tx, kind: string, value: string): Promise<On>;
  /** The ids of the services on which `actor` holds `action`, or all. */
  visible(tx: Tx, actor: Actor, action: Action): Promise<'all' | ReadonlySet<string>>;
  /** Whether `actor` holds `action` in any scope at all. */
  holdsAnywhere(tx: Tx, actor: Actor, action: Action): Promise<boolean>;
};
