import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';

export type MailSetting = {
  readonly org: string;
  readonly host: string;
  readonly port: number;
  readonly tls: 'tls' | 'starttls' | 'none';
  readonly username: string | null;
  readonly sealed: Uint8Array | null;
  readonly sender: string;
  readonly linkKey: Uint8Array;
  readonly answerWithinMs: number;
  readonly remindBeforeMs: number;
  readonly state: 'new' | 'working' | 'failing';
  readonly lastError: string | null;
  readonly checkedAt: Instant | null;
  readonly changedAt: Instant;
  readonly version: number;
};

const COLUMNS = `org_id as org, host, port, tls, username, sealed, sender, link_key as "linkKey", answer_within_ms as "answerWithinMs",
  remind_before_ms as "remindBeforeMs", state, last_error as "lastError", checked_at as "checkedAt", changed_at as "changedAt", version`;

/** How this organisation sends mail; null: it does not. */
export function mailSetting(tx: Tx): Promise<MailSetting | null> {
  return tx.maybe<MailSetting & Record<string, unknown>>(`select ${COLUMNS} from mail_setting where org_id = $1`, [tx.org]);
}

/** The settings of every organisation that sends mail. */
export function allMailSettings(tx: Tx): Promise<MailSetting[]> {
  return tx.query<MailSetting & Record<string, unknown>>(`select ${COLUMNS} from mail_setting`);
}

export type NewMailSetting = Omit<MailSetting, 'org' | 'state' | 'lastError' | 'checkedAt' | 'version'>;

/** Writes the settings; false where they changed since `seen` (0: there were none). */
export async function saveMailSetting(tx: Tx, seen: number, one: NewMailSetting): Promise<boolean> {
  return (
    (await tx.write(
      `insert into mail_setting as s (org_id, host, port, tls, username, sealed, sender, link_key, answer_within_ms, remind_before_ms, state, changed_at)
       select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'new', $11 where $12 = 0 or exists (select from mail_setting where org_id = $1)
       on conflict (org_id) do update set host = excluded.host, port = excluded.port, tls = excluded.tls, username = excluded.username,
         sealed = excluded.sealed, sender = excluded.sender, link_key = excluded.link_key, answer_within_ms = excluded.answer_within_ms,
         remind_before_ms = excluded.remind_before_ms, state = 'new', last_error = null, changed_at = excluded.changed_at, version = s.version + 1
       where s.version = $12`,
      [
        tx.org,
        one.host,
        one.port,
        one.tls,
        one.username,
        one.sealed === null ? null : Buffer.from(one.sealed),
        one.sender,
        Buffer.from(one.linkKey),
        one.answerWithinMs,
        one.remindBeforeMs,
        one.changedAt,
        seen,
      ],
    )) === 1
  );
}

/** Forgets how mail is sent; false where nobody had said. */
export async function removeMailSetting(tx: Tx): Promise<boolean> {
  return (await tx.write(`delete from mail_setting where org_id = $1`, [tx.org])) === 1;
}

/** Notes how the last attempt went. */
export async function noteMail(tx: Tx, state: 'working' | 'failing', error: string | null, at: Instant): Promise<void> {
  await tx.write(
    `update mail_setting set state = $2, last_error = $3, checked_at = $4 where org_id = $1 and (state <> $2 or last_error is distinct from $3 or checked_at is null or checked_at < $4::timestamptz - interval '1 minute')`,
    [tx.org, state, error, at],
  );
}

type Sealed = { readonly org: string; readonly column: 'sealed' | 'link_key'; readonly sealed: Buffer };

/** Sealed values that begin with `head`, locked; those that somebody else has locked are left out. */
export async function lockSealed(tx: Tx, head: Uint8Array, limit: number): Promise<Sealed[]> {
  const rows = await tx.query<{ org: string; sealed: Buffer | null; linkKey: Buffer }>(
    `select org_id as org, sealed, link_key as "linkKey" from mail_setting
     where substring(sealed from 1 for $2) = $1 or substring(link_key from 1 for $2) = $1 order by org_id limit $3 for update skip locked`,
    [Buffer.from(head), head.length, limit],
  );
  const fits = (value: Buffer | null): value is Buffer => value !== null && value.subarray(0, head.length).equals(head);
  return rows.flatMap(({ org, sealed, linkKey }) => [
    ...(fits(sealed) ? [{ org, column: 'sealed' as const, sealed }] : []),
    ...(fits(linkKey) ? [{ org, column: 'link_key' as const, sealed: linkKey }] : []),
  ]);
}

export async function countSealed(tx: Tx, head: Uint8Array): Promise<number> {
  const sql = `select (count(*) filter (where substring(sealed from 1 for $2) = $1) + count(*) filter (where substring(link_key from 1 for $2) = $1)) as n from mail_setting`;
  return (await tx.one<{ n: number }>(sql, [Buffer.from(head), head.length])).n;
}

/** The same value under another key. */
export async function reseal(tx: Tx, { org, column }: Sealed, sealed: Uint8Array): Promise<void> {
  const sql =
    column === 'sealed'
      ? `update mail_setting set sealed = $2 where org_id = $1`
      : `update mail_setting set link_key = $2 where org_id = $1`;
  await tx.write(sql, [org, Buffer.from(sealed)]);
}
