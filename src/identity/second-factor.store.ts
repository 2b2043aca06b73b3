import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import type { SealedColumn } from '../platform/keys/sealed.port.ts';

export type FactorRow = { readonly sealed: Uint8Array; readonly confirmed_at: Instant | null; readonly last_step: number };

/** The second factor of a person, locked: of two who use one code at once, one gets in. */
export async function lockFactor(tx: Tx, person: string): Promise<FactorRow | null> {
  return tx.maybe<FactorRow>(`select sealed, confirmed_at, last_step from second_factor where person_id = $1 for update`, [person]);
}

/** A factor that is not confirmed yet; one that begins again replaces it. */
export async function putFactor(tx: Tx, person: string, sealed: Uint8Array, at: Instant): Promise<void> {
  await tx.query(
    `insert into second_factor (person_id, org_id, sealed, created_at) values ($1, $2, $3, $4)
     on conflict (person_id) do update set sealed = excluded.sealed, created_at = excluded.created_at, last_step = 0 where second_factor.confirmed_at is null`,
    [person, tx.org, Buffer.from(sealed), at],
  );
}

export async function confirmFactor(tx: Tx, person: string, step: number, at: Instant): Promise<void> {
  await tx.query(`update second_factor set confirmed_at = $2, last_step = $3 where person_id = $1`, [person, at, step]);
}

export async function useStep(tx: Tx, person: string, step: number): Promise<void> {
  await tx.query(`update second_factor set last_step = $2 where person_id = $1`, [person, step]);
}

export async function deleteFactor(tx: Tx, person: string): Promise<boolean> {
  await tx.query(`delete from recovery_code where person_id = $1`, [person]);
  return (await tx.write(`delete from second_factor where person_id = $1`, [person])) === 1;
}

export async function putRecoveryCodes(tx: Tx, person: string, digests: readonly string[], at: Instant): Promise<void> {
  await tx.query(`delete from recovery_code where person_id = $1`, [person]);
  await tx.query(
    `insert into recovery_code (secret_digest, org_id, person_id, created_at) select digest, $2, $1, $3 from unnest($4::text[]) as digest`,
    [person, tx.org, at, digests],
  );
}

/** Uses a recovery code once. */
export async function useRecoveryCode(tx: Tx, person: string, digest: string, at: Instant): Promise<boolean> {
  return (
    (await tx.write(`update recovery_code set used_at = $3 where person_id = $1 and secret_digest = $2 and used_at is null`, [
      person,
      digest,
      at,
    ])) === 1
  );
}

export async function factorState(tx: Tx, person: string): Promise<{ confirmedAt: Instant | null; codesLeft: number }> {
  return tx.one<{ confirmedAt: Instant | null; codesLeft: number }>(
    `select (select confirmed_at from second_factor where person_id = $1) as "confirmedAt",
            (select count(*) from recovery_code where person_id = $1 and used_at is null) as "codesLeft"`,
    [person],
  );
}

export const FACTOR_SCOPE = 'second-factors';

/** Where a person's sealed secret lies: it opens nowhere else. */
export function placeOf(person: string): string {
  return `second-factor:${person}`;
}

/** How the secrets of second factors are found when keys are rotated. */
export const secondFactorColumn: SealedColumn = {
  name: 'second factors',
  async find(tx, head, limit) {
    const rows = await tx.query<{ person: string; sealed: Buffer }>(
      `select person_id as person, sealed from second_factor where substring(sealed from 1 for $1) = $2 order by person_id limit $3 for update skip locked`,
      [head.length, Buffer.from(head), limit],
    );
    return rows.map(({ person, sealed }) => ({
      sealed,
      place: placeOf(person),
      scope: FACTOR_SCOPE,
      async save(inside, bytes) {
        await inside.write(`update second_factor set sealed = $2 where person_id = $1`, [person, Buffer.from(bytes)]);
      },
    }));
  },
  async count(tx, head) {
    return (
      await tx.one<{ n: number }>(`select count(*) as n from second_factor where substring(sealed from 1 for $1) = $2`, [
        head.length,
        Buffer.from(head),
      ])
    ).n;
  },
};
