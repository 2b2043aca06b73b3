import type { Caller, Connection } from '../connections/vendor.ts';

/** A ticket as its tracker says it stands. */
export type TicketSeen = {
  readonly title: string;
  readonly type: string | null;
  readonly state: 'open' | 'done' | 'rejected';
  /** The word that the tracker uses. */
  readonly status: string | null;
  readonly fixVersion: string | null;
  readonly url: string | null;
  readonly changedAt: string | null;
};

/** What a vendor's tickets are asked by. */
export type Tracker = {
  readonly vendor: string;
  /** How the tracker calls this key; null: it is none of its tickets. `repository`: the git address of the release's service. */
  mine(connection: Connection, key: string, repository: string | null): string | null;
  /** One ticket by what `mine` answered; null: there is none. Throws `connections.*` and `egress.*` problems. */
  read(caller: Caller, name: string): Promise<TicketSeen | null>;
};
