import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import type { Kind } from '../notice.ts';
import type { NewsPlace } from '../tell.commands.ts';

export type Channel = {
  readonly id: string;
  readonly org: string;
  readonly name: string;
  readonly kind: 'slack' | 'slack-webhook' | 'teams';
  readonly connectionId: string | null;
  readonly target: string | null;
  readonly sealed: Buffer | null;
  readonly kinds: readonly Kind[];
  readonly team: string | null;
  readonly service: string | null;
  readonly environment: string | null;
  readonly state: 'new' | 'working' | 'failing';
  readonly lastError: string | null;
  readonly checkedAt: Instant | null;
  readonly createdAt: Instant;
  readonly version: number;
};

const COLUMNS = `id, org_id as org, name, kind, connection_id as "connectionId", target, sealed, kinds, team, service, environment, state,
  last_error as "lastError", checked_at as "checkedAt", created_at as "createdAt", version`;

export function channels(tx: Tx): Promise<Channel[]> {
  return tx.query<Channel & Record<string, unknown>>(
    `select ${COLUMNS} from chat_channel where org_id = $1 and removed_at is null order by name`,
    [tx.org],
  );
}

/** Channels that want to hear this kind of news of this place. */
export function listeners(tx: Tx, kind: string, place: NewsPlace): Promise<Channel[]> {
  return tx.query<Channel & Record<string, unknown>>(
    `select ${COLUMNS} from chat_channel where org_id = $1 and removed_at is null and $2 = any(kinds)
       and (team is null or team = $3) and (service is null or service = $4) and (environment is null or environment = $5) order by id`,
    [tx.org, kind, place.team, place.service, place.environment],
  );
}

/** Slack channels that keep a message of this service's releases. */
export function livingChannels(tx: Tx, of: { readonly team: string; readonly service: string }): Promise<Channel[]> {
  return tx.query<Channel & Record<string, unknown>>(
    `select ${COLUMNS} from chat_channel where org_id = $1 and removed_at is null and kind = 'slack' and kinds && array['asked', 'decided', 'waits', 'deployment']
       and (team is null or team = $2) and (service is null or service = $3) order by id`,
    [tx.org, of.team, of.service],
  );
}

export function channelById(tx: Tx, id: string): Promise<Channel | null> {
  return tx.maybe<Channel & Record<string, unknown>>(`select ${COLUMNS} from chat_channel where id = $1 and removed_at is null`, [id]);
}

export function channelByName(tx: Tx, name: string): Promise<Channel | null> {
  return tx.maybe<Channel & Record<string, unknown>>(
    `select ${COLUMNS} from chat_channel where org_id = $1 and name = $2 and removed_at is null for update`,
    [tx.org, name],
  );
}

export type NewChannel = Omit<Channel, 'org' | 'state' | 'lastError' | 'checkedAt' | 'version' | 'sealed'> & {
  readonly sealed: Uint8Array | null;
  readonly by: string;
};

/** Adds one; false where the name is taken. */
export async function insertChannel(tx: Tx, one: NewChannel): Promise<boolean> {
  return (
    (await tx.write(
      `insert into chat_channel (id, org_id, name, kind, connection_id, target, sealed, kinds, team, service, environment, state, created_by, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'new', $12, $13) on conflict (org_id, name) where removed_at is null do nothing`,
      [
        one.id,
        tx.org,
        one.name,
        one.kind,
        one.connectionId,
        one.target,
        one.sealed === null ? null : Buffer.from(one.sealed),
        one.kinds,
        one.team,
        one.service,
        one.environment,
        one.by,
        one.createdAt,
      ],
    )) === 1
  );
}

/** Ends a channel; its address is forgotten. */
export async function removeChannel(tx: Tx, id: string, at: Instant): Promise<void> {
  await tx.write(`update chat_channel set removed_at = $2, sealed = null, version = version + 1 where id = $1`, [id, at]);
}

/** Notes how the last post went. */
export async function noteChannel(tx: Tx, id: string, error: string | null, at: Instant): Promise<void> {
  await tx.write(`update chat_channel set state = $2, last_error = $3, checked_at = $4 where id = $1`, [
    id,
    error === null ? 'working' : 'failing',
    error,
    at,
  ]);
}

export function lockSealed(tx: Tx, head: Uint8Array, limit: number): Promise<{ id: string; org: string; sealed: Buffer }[]> {
  return tx.query(
    `select id, org_id as org, sealed from chat_channel where substring(sealed from 1 for $2) = $1 order by id limit $3 for update skip locked`,
    [Buffer.from(head), head.length, limit],
  );
}

export async function countSealed(tx: Tx, head: Uint8Array): Promise<number> {
  const sql = `select count(*) as n from chat_channel where substring(sealed from 1 for $2) = $1`;
  return (await tx.one<{ n: number }>(sql, [Buffer.from(head), head.length])).n;
}

export async function reseal(tx: Tx, id: string, sealed: Uint8Array): Promise<void> {
  await tx.write(`update chat_channel set sealed = $2 where id = $1`, [id, Buffer.from(sealed)]);
}
