import type { Tx } from '../../platform/floor.ts';

export type SecretRow = {
  readonly name: string;
  readonly sealed: Buffer;
  readonly protected_only: boolean;
  readonly version: number;
  readonly changed_at: string;
};

/** Sets a secret and answers its new version. */
export async function saveSecret(tx: Tx, service: string, name: string, sealed: Uint8Array, protectedOnly: boolean): Promise<number> {
  const row = await tx.one<{ version: number }>(
    `insert into service_secret (service_id, name, org_id, sealed, protected_only, changed_at) values ($1, $2, $3, $4, $5, $6)
     on conflict (service_id, name) do update set sealed = excluded.sealed, protected_only = excluded.protected_only, changed_at = excluded.changed_at, version = service_secret.version + 1
     returning version`,
    [service, name, tx.org, Buffer.from(sealed), protectedOnly, await tx.now()],
  );
  return row.version;
}

export function secretsOf(tx: Tx, service: string, names: readonly string[] | null): Promise<SecretRow[]> {
  return tx.query<SecretRow>(
    `select name, sealed, protected_only, version, changed_at from service_secret where service_id = $1 and ($2::text[] is null or name = any($2)) order by name`,
    [service, names],
  );
}

export async function forgetSecret(tx: Tx, service: string, name: string): Promise<boolean> {
  return (await tx.write(`delete from service_secret where service_id = $1 and name = $2`, [service, name])) === 1;
}

/** Sealed values that begin with `head`, locked; those that somebody else has locked are left out. */
export function lockSealed(
  tx: Tx,
  head: Uint8Array,
  limit: number,
): Promise<{ org: string; service: string; name: string; sealed: Buffer }[]> {
  return tx.query(
    `select org_id as org, service_id as service, name, sealed from service_secret
     where substring(sealed from 1 for $2) = $1 order by service_id, name limit $3 for update skip locked`,
    [Buffer.from(head), head.length, limit],
  );
}

export async function countSealed(tx: Tx, head: Uint8Array): Promise<number> {
  const sql = `select count(*) as n from service_secret where substring(sealed from 1 for $2) = $1`;
  return (await tx.one<{ n: number }>(sql, [Buffer.from(head), head.length])).n;
}

/** The same value under another key: neither its version nor its age changes. */
export async function saveSealed(tx: Tx, service: string, name: string, sealed: Uint8Array): Promise<void> {
  await tx.write(`update service_secret set sealed = $3 where service_id = $1 and name = $2`, [service, name, Buffer.from(sealed)]);
}

export type EnvironmentSecretRow = Omit<SecretRow, 'protected_only'> & { readonly environment: string };

/** Sets a secret of a service in one environment (both by id) and answers its new version. */
export async function saveEnvironmentSecret(
  tx: Tx,
  service: string,
  environment: string,
  name: string,
  sealed: Uint8Array,
): Promise<number> {
  const row = await tx.one<{ version: number }>(
    `insert into environment_secret (service_id, environment_id, name, org_id, sealed, changed_at) values ($1, $2, $3, $4, $5, $6)
     on conflict (service_id, environment_id, name) do update
       set sealed = excluded.sealed, changed_at = excluded.changed_at, version = environment_secret.version + 1
     returning version`,
    [service, environment, name, tx.org, Buffer.from(sealed), await tx.now()],
  );
  return row.version;
}

/** Secrets of a service by environment; of one environment, and of these names, where given. */
export function environmentSecrets(
  tx: Tx,
  service: string,
  environment: string | null,
  names: readonly string[] | null,
): Promise<EnvironmentSecretRow[]> {
  return tx.query<EnvironmentSecretRow>(
    `select environment_id as environment, name, sealed, version, changed_at from environment_secret
     where service_id = $1 and ($2::text is null or environment_id = $2) and ($3::text[] is null or name = any($3)) order by environment_id, name`,
    [service, environment, names],
  );
}

export async function forgetEnvironmentSecret(tx: Tx, service: string, environment: string, name: string): Promise<boolean> {
  const sql = `delete from environment_secret where service_id = $1 and environment_id = $2 and name = $3`;
  return (await tx.write(sql, [service, environment, name])) === 1;
}

/** As `lockSealed`, of the secrets of environments. */
export function lockSealedOfEnvironments(
  tx: Tx,
  head: Uint8Array,
  limit: number,
): Promise<{ org: string; service: string; environment: string; name: string; sealed: Buffer }[]> {
  return tx.query(
    `select org_id as org, service_id as service, environment_id as environment, name, sealed from environment_secret
     where substring(sealed from 1 for $2) = $1 order by service_id, environment_id, name limit $3 for update skip locked`,
    [Buffer.from(head), head.length, limit],
  );
}

export async function countSealedOfEnvironments(tx: Tx, head: Uint8Array): Promise<number> {
  const sql = `select count(*) as n from environment_secret where substring(sealed from 1 for $2) = $1`;
  return (await tx.one<{ n: number }>(sql, [Buffer.from(head), head.length])).n;
}

/** The same value under another key. */
export async function resealEnvironmentSecret(
  tx: Tx,
  row: { readonly service: string; readonly environment: string; readonly name: string },
  sealed: Uint8Array,
): Promise<void> {
  await tx.write(`update environment_secret set sealed = $4 where service_id = $1 and environment_id = $2 and name = $3`, [
    row.service,
    row.environment,
    row.name,
    Buffer.from(sealed),
  ]);
}
