import type { Witness } from '../../kernel/witness.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import type { Conditions } from './conditions.ts';

export type TrustRow = {
  readonly id: string;
  readonly org: string;
  readonly name: string;
  readonly issuer: string;
  readonly audience: string;
  readonly conditions: Conditions;
  readonly bot: string;
  readonly ownBot: boolean;
  readonly actions: string[] | null;
  readonly services: string[] | null;
  readonly maxAgeS: number;
  readonly by: string;
  readonly at: Instant;
};

const COLUMNS = `id, org_id as org, name, issuer, audience, conditions, bot_id as bot, own_bot as "ownBot", actions, services,
  max_age_s as "maxAgeS", created_by as by, created_at as at`;

/** False where the name is taken. */
export async function insertTrust(tx: Tx, row: TrustRow): Promise<boolean> {
  return (
    (await tx.write(
      `insert into workload_trust (id, org_id, name, issuer, audience, conditions, bot_id, own_bot, actions, services, max_age_s, created_by, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict do nothing`,
      [
        row.id,
        row.org,
        row.name,
        row.issuer,
        row.audience,
        JSON.stringify(row.conditions),
        row.bot,
        row.ownBot,
        row.actions,
        row.services,
        row.maxAgeS,
        row.by,
        row.at,
      ],
    )) === 1
  );
}

export async function trustByName(tx: Tx, name: string): Promise<TrustRow | null> {
  return tx.maybe<TrustRow>(`select ${COLUMNS} from workload_trust where name = $1 and removed_at is null for update`, [name]);
}

/** The trusts in an issuer, whose bot and its owner are active, by name. A token tells its organisation only by them. */
export async function trustsIn(tx: Tx, issuer: string): Promise<TrustRow[]> {
  return tx.query<TrustRow>(
    `select t.* from (select ${COLUMNS} from workload_trust where issuer = $1 and removed_at is null) t
     join bot on bot.id = t.bot and bot.active join person on person.id = bot.owner_id and person.active
     order by t.org, t.name limit 500`,
    [issuer],
  );
}

/** Whether this trust still stands, locked against its removal until the transaction ends. */
export async function trustStands(tx: Tx, id: string): Promise<boolean> {
  return (await tx.maybe(`select id from workload_trust where id = $1 and removed_at is null for share`, [id])) !== null;
}

/** Ends a trust and every credential that came in by it; answers how many ended. */
export async function removeTrust(tx: Tx, row: TrustRow, by: string, at: Instant): Promise<number> {
  await tx.write(`update workload_trust set removed_at = $2 where id = $1`, [row.id, at]);
  if (row.ownBot) await tx.write(`update bot set active = false where id = $1`, [row.bot]);
  return tx.write(`update credential set ended_at = $2, ended_by = $3 where workload_id = $1 and ended_at is null`, [row.id, at, by]);
}

export type WorkloadCredential = {
  readonly id: string;
  readonly org: string;
  readonly trust: TrustRow;
  readonly secretDigest: string;
  readonly use: string;
  readonly witness: Witness;
  readonly at: Instant;
  readonly expiresAt: Instant;
};

/** Keeps what a job came in with; false where its token was used before. */
export async function insertWorkloadCredential(tx: Tx, row: WorkloadCredential): Promise<boolean> {
  return (
    (await tx.write(
      `insert into credential (id, org_id, kind, holder_id, name, secret_digest, actions, services, created_by, created_at, expires_at, workload_id, witness, workload_use)
       values ($1, $2, 'token', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict do nothing`,
      [
        row.id,
        row.org,
        row.trust.bot,
        row.trust.name,
        row.secretDigest,
        row.trust.actions,
        row.trust.services,
        `workload:${row.trust.id}`,
        row.at,
        row.expiresAt,
        row.trust.id,
        JSON.stringify(row.witness),
        row.use,
      ],
    )) === 1
  );
}
