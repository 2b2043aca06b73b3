import type { Floor, Tx } from '../../platform/floor.ts';

export type SlackMethod = 'chat.postMessage' | 'chat.update' | 'chat.postEphemeral' | 'views.open';

/** `anew`: what should be changed is not there any more. `later`: try again. `refused`: not before somebody changes something. */
export type SlackAnswer =
  | { readonly ok: true; readonly channel: string | null; readonly ts: string | null }
  | { readonly ok: false; readonly error: string; readonly how: 'anew' | 'later' | 'refused' };

/** A Slack workspace behind a connection; app/ joins the vendor to it. */
export type Slack = {
  /** Throws `connections.*` and `egress.*` problems. Never within a transaction. */
  call(floor: Floor, org: string, connection: string, method: SlackMethod, fields: Readonly<Record<string, string>>): Promise<SlackAnswer>;
  /** The secret that signs what comes from it, with whose it is; null where there is no such connection, or none was given. */
  signing(tx: Tx, connection: string): Promise<{ readonly org: string; readonly name: string; readonly secret: string } | null>;
  /** The id of a Slack connection by its name; null where there is none. */
  connection(tx: Tx, name: string): Promise<string | null>;
  /** Names of connections by id. */
  names(tx: Tx): Promise<ReadonlyMap<string, string>>;
};
