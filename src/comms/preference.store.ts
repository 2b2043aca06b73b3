import type { Tx } from '../platform/floor.ts';
import { STANDARD, wantsOf, type Preference } from './preference.ts';

type Kept = {
  person: string;
  wants: Record<string, unknown>;
  address: string | null;
  zone: string;
  digestHour: number;
  from: number | null;
  until: number | null;
  version: number;
};

/** How these persons want to be told; the standard for who has chosen nothing. */
export async function preferencesOf(tx: Tx, persons: readonly string[]): Promise<Map<string, Preference>> {
  const rows = await tx.query<Kept>(
    `select person_id as person, wants, address, zone, digest_hour as "digestHour", quiet_from as from, quiet_until as until, version
     from notice_preference where person_id = any($1)`,
    [persons],
  );
  const kept = new Map(
    rows.map(({ person, wants, address, zone, digestHour, from, until, version }): [string, Preference] => [
      person,
      { wants: wantsOf(wants), address, zone, digestHour, quiet: from === null || until === null ? null : { from, until }, version },
    ]),
  );
  return new Map(persons.map((person) => [person, kept.get(person) ?? STANDARD]));
}

/** Keeps what a person chose; false where it changed since version `seen` (0: nothing was chosen). */
export async function savePreference(tx: Tx, person: string, seen: number, one: Omit<Preference, 'version'>): Promise<boolean> {
  return (
    (await tx.write(
      `insert into notice_preference as p (person_id, org_id, wants, address, zone, digest_hour, quiet_from, quiet_until)
       select $1, $2, $3, $4, $5, $6, $7, $8 where $9 = 0 or exists (select from notice_preference where person_id = $1)
       on conflict (person_id) do update set wants = excluded.wants, address = excluded.address, zone = excluded.zone,
         digest_hour = excluded.digest_hour, quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until, version = p.version + 1
       where p.version = $9`,
      [
        person,
        tx.org,
        JSON.stringify(one.wants),
        one.address,
        one.zone,
        one.digestHour,
        one.quiet?.from ?? null,
        one.quiet?.until ?? null,
        seen,
      ],
    )) === 1
  );
}
