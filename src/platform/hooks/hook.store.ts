import type { Instant } from '../../kernel/time.ts';
import type { HookScheme } from '../../kernel/webhook.ts';
import type { Tx } from '../floor.ts';

export type HookRow = {
  readonly id: string;
  readonly org: string;
  readonly taker: string;
  readonly name: string;
  readonly subject: string | null;
  readonly schemes: readonly HookScheme[];
  readonly signatureHeader: string | null;
  readonly sealed: Buffer;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly createdBy: string;
  readonly createdAt: Instant;
  readonly revokedAt: Instant | null;
  readonly refused: number;
  readonly refusedAt: Instant | null;
  readonly refusedWhy: string | null;
  readonly version: number;
};

const COLUMNS = `id, org_id as org, taker, name, subject, schemes, signature_header as "signatureHeader", sealed, settings,
  created_by as "createdBy", created_at as "createdAt", revoked_at as "revokedAt", refused, refused_at as "refusedAt",
  refused_why as "refusedWhy", version`;

export type NewHookRow = Pick<HookRow, 'id' | 'taker' | 'name' | 'subject' | 'schemes' | 'signatureHeader' | 'settings' | 'createdBy'> & {
  readonly sealed: Uint8Array;
  readonly createdAt: Instant;
};

export async function insertHook(tx: Tx, hook: NewHookRow): Promise<void> {
  await tx.write(
    `insert into hook (id, org_id, taker, name, subject, schemes, signature_header, sealed, settings, created_by, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      hook.id,
      tx.org,
      hook.taker,
      hook.name,
      hook.subject,
      hook.schemes,
      hook.signatureHeader,
      Buffer.from(hook.sealed),
      JSON.stringify(hook.settings),
      hook.createdBy,
      hook.createdAt,
    ],
  );
}

/** A hook that has not ended, in whatever organisation: what comes names none. */
export function liveHook(tx: Tx, id: string): Promise<HookRow | null> {
  return tx.maybe<HookRow>(`select ${COLUMNS} from hook where id = $1 and revoked_at is null`, [id]);
}

export function hookById(tx: Tx, id: string): Promise<HookRow | null> {
  return tx.maybe<HookRow>(`select ${COLUMNS} from hook where id = $1`, [id]);
}

/** Hooks of these takers (null: all), newest first, those that ended last. */
export function hooksOf(tx: Tx, takers: readonly string[] | null, limit: number): Promise<HookRow[]> {
  return tx.query<HookRow>(
    `select ${COLUMNS} from hook where ($1::text[] is null or taker = any($1)) order by revoked_at is not null, created_at desc, id desc limit $2`,
    [takers, limit],
  );
}

/** Ends a hook; its id where it had not ended. */
export async function markRevoked(tx: Tx, id: string, at: Instant): Promise<boolean> {
  return (await tx.write(`update hook set revoked_at = $2, version = version + 1 where id = $1 and revoked_at is null`, [id, at])) === 1;
}

/** Ends every hook about `subject`; their ids. */
export async function markRevokedAbout(tx: Tx, subject: string, at: Instant): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `update hook set revoked_at = $2, version = version + 1 where subject = $1 and revoked_at is null returning id`,
    [subject, at],
  );
  return rows.map((row) => row.id);
}

/** Another way of taking what it brings; false where it changed since `version`, or ended. */
export async function saveSettings(tx: Tx, id: string, version: number, settings: Readonly<Record<string, unknown>>): Promise<boolean> {
  const sql = `update hook set settings = $3, version = version + 1 where id = $1 and version = $2 and revoked_at is null`;
  return (await tx.write(sql, [id, version, JSON.stringify(settings)])) === 1;
}

/** Counts what was refused; the last reason is kept. */
export async function noteRefused(tx: Tx, id: string, count: number, why: string, at: Instant): Promise<void> {
  await tx.write(`update hook set refused = refused + $2, refused_why = $3, refused_at = $4 where id = $1`, [id, count, why, at]);
}

/** Sealed secrets that begin with `head`, locked; those that somebody else has locked are left out. */
export function lockSealed(tx: Tx, head: Uint8Array, limit: number): Promise<{ id: string; org: string; sealed: Buffer }[]> {
  return tx.query(
    `select id, org_id as org, sealed from hook where substring(sealed from 1 for $2) = $1 order by id limit $3 for update skip locked`,
    [Buffer.from(head), head.length, limit],
  );
}

export async function countSealed(tx: Tx, head: Uint8Array): Promise<number> {
  const sql = `select count(*) as n from hook where substring(sealed from 1 for $2) = $1`;
  return (await tx.one<{ n: number }>(sql, [Buffer.from(head), head.length])).n;
}

/** The same secret under another key. */
export async function saveSealed(tx: Tx, id: string, sealed: Uint8Array): Promise<void> {
  await tx.write(`update hook set sealed = $2 where id = $1`, [id, Buffer.from(sealed)]);
}
