import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import type { SealedColumn } from '../../platform/keys/sealed.port.ts';
import type { Settings } from './provider.ts';

export type ProviderRow = {
  readonly id: string;
  readonly org: string;
  readonly name: string;
  readonly title: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly sealed: Buffer | null;
  readonly settings: Settings;
  readonly at: Instant;
  readonly version: number;
};

const COLUMNS = `id, org_id as org, name, title, issuer, client_id as "clientId", sealed, settings, created_at as at, version`;
const SCOPE = 'sign-in-providers';
const place = (org: string, id: string): string => `sign-in-provider:${org}:${id}`;

export async function providerByName(tx: Tx, name: string, lock = false): Promise<ProviderRow | null> {
  return tx.maybe<ProviderRow>(
    `select ${COLUMNS} from sign_in_provider where name = $1 and removed_at is null ${lock ? 'for update' : ''}`,
    [name],
  );
}

export async function providerById(tx: Tx, id: string): Promise<ProviderRow | null> {
  return tx.maybe<ProviderRow>(`select ${COLUMNS} from sign_in_provider where id = $1 and removed_at is null`, [id]);
}

export async function providers(tx: Tx): Promise<ProviderRow[]> {
  return tx.query<ProviderRow>(`select ${COLUMNS} from sign_in_provider where removed_at is null order by title, name limit 100`);
}

type New = Omit<ProviderRow, 'sealed' | 'version' | 'org'> & { readonly secret: string | null; readonly by: string };

/** False where the name is taken. */
export async function insertProvider(tx: Tx, row: New): Promise<boolean> {
  return (
    (await tx.write(
      `insert into sign_in_provider (id, org_id, name, title, issuer, client_id, sealed, settings, created_by, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing`,
      [
        row.id,
        tx.org,
        row.name,
        row.title,
        row.issuer,
        row.clientId,
        await seal(tx, row.id, row.secret),
        JSON.stringify(row.settings),
        row.by,
        row.at,
      ],
    )) === 1
  );
}

/** Saves what changed; `secret` undefined: the one there stays. */
export async function saveProvider(
  tx: Tx,
  row: ProviderRow,
  change: Pick<ProviderRow, 'title' | 'issuer' | 'clientId' | 'settings'> & { readonly secret: string | null | undefined },
): Promise<void> {
  const sealed = change.secret === undefined ? row.sealed : await seal(tx, row.id, change.secret);
  await tx.write(
    `update sign_in_provider set title = $2, issuer = $3, client_id = $4, sealed = $5, settings = $6, version = version + 1 where id = $1`,
    [row.id, change.title, change.issuer, change.clientId, sealed, JSON.stringify(change.settings)],
  );
}

/** Ends a provider, its secret, and the sessions that it opened; answers how many those were. */
export async function removeProvider(tx: Tx, id: string, by: string, at: Instant): Promise<number> {
  await tx.write(`update sign_in_provider set removed_at = $2, sealed = null where id = $1`, [id, at]);
  await tx.write(`delete from role_binding where source = $1`, [id]);
  return tx.write(`update credential set ended_at = $2, ended_by = $3 where provider_id = $1 and ended_at is null`, [id, at, by]);
}

async function seal(tx: Tx, id: string, secret: string | null): Promise<Buffer | null> {
  return secret === null ? null : Buffer.from(await tx.floor.secrets.seal(tx, SCOPE, secret, place(tx.org, id)));
}

/** The client's secret, for one use; null for a public client. */
export async function openClientSecret(tx: Tx, row: ProviderRow): Promise<string | null> {
  return row.sealed === null ? null : tx.floor.secrets.open(tx, row.sealed, place(row.org, row.id));
}

/** Where the secrets of clients lie, for the rotation of their keys. */
export const providerColumn: SealedColumn = {
  name: 'sign_in_provider.sealed',
  async count(tx, head) {
    const sql = `select count(*) as n from sign_in_provider where substring(sealed from 1 for $1) = $2`;
    return (await tx.one<{ n: number }>(sql, [head.length, Buffer.from(head)])).n;
  },
  async find(tx, head, limit) {
    const rows = await tx.query<{ id: string; org: string; sealed: Buffer }>(
      `select id, org_id as org, sealed from sign_in_provider where substring(sealed from 1 for $1) = $2 order by id limit $3 for update skip locked`,
      [head.length, Buffer.from(head), limit],
    );
    return rows.map(({ id, org, sealed }) => ({
      sealed,
      place: place(org, id),
      scope: SCOPE,
      async save(inside, bytes) {
        await inside.write(`update sign_in_provider set sealed = $2 where id = $1`, [id, Buffer.from(bytes)]);
      },
    }));
  },
};

export type Passwords = 'everybody' | 'admins';

export async function passwordRule(tx: Tx): Promise<Passwords> {
  return (
    (await tx.maybe<{ passwords: Passwords }>(`select passwords from sign_in_rule where org_id = $1`, [tx.org]))?.passwords ?? 'everybody'
  );
}

export async function savePasswordRule(tx: Tx, passwords: Passwords, by: string, at: Instant): Promise<void> {
  await tx.write(
    `insert into sign_in_rule (org_id, passwords, changed_by, changed_at) values ($1, $2, $3, $4)
     on conflict (org_id) do update set passwords = excluded.passwords, changed_by = excluded.changed_by, changed_at = excluded.changed_at`,
    [tx.org, passwords, by, at],
  );
}
