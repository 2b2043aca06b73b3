import type { Instant, Millis } from '../kernel/time.ts';
import type { Tx } from './floor.ts';

/** A lease held: its token goes with every write, and a write with a smaller token than the row's is refused. */
export type Lease = { readonly name: string; readonly holder: string; readonly token: number; readonly until: Instant };

/**
 * Takes the lease `name` for `ms`, or answers null while another holder's runs. The fencing token grows by one with
 * every taking, also when the same holder takes it again after losing it (M. Kleppmann, "How to do distributed
 * locking", 2016).
 */
export async function acquireLease(tx: Tx, org: string, name: string, holder: string, ms: Millis): Promise<Lease | null> {
  // After a restore tokens begin above all that any agent has seen.
  await tx.query(
    `insert into lease (name, org_id, holder, token, until)
     values ($1, $2, '', (select coalesce(max(fence_floor), 0) from restore), 'epoch') on conflict (name) do nothing`,
    [name, org],
  );
  await tx.query(`select 1 from lease where name = $1 for update`, [name]);
  const now = await tx.now();
  return tx.maybe<Lease>(
    `update lease set holder = $2, token = token + 1, until = $3::timestamptz + $4 * interval '1 millisecond'
     where name = $1 and until <= $3 returning name, holder, token, until`,
    [name, holder, now, ms],
  );
}

/**
 * The next fencing token of the lease `name`, for who acts elsewhere and asks nobody: it grows with every start that is
 * told, and who held the lease holds it no more.
 */
export async function nextToken(tx: Tx, org: string, name: string): Promise<number> {
  const row = await tx.one<{ token: number }>(
    `insert into lease (name, org_id, holder, token, until)
     values ($1, $2, '', (select coalesce(max(fence_floor), 0) from restore) + 1, 'epoch')
     on conflict (name) do update set token = lease.token + 1, holder = '', until = 'epoch' returning token`,
    [name, org],
  );
  return row.token;
}

/** Extends a lease that is still ours; null where it was lost, even if nobody took it since. */
export async function renewLease(tx: Tx, name: string, token: number, ms: Millis): Promise<Lease | null> {
  await tx.query(`select 1 from lease where name = $1 for update`, [name]);
  const now = await tx.now();
  return tx.maybe<Lease>(
    `update lease set until = $3::timestamptz + $4 * interval '1 millisecond'
     where name = $1 and token = $2 and until > $3 returning name, holder, token, until`,
    [name, token, now, ms],
  );
}

/** Gives a lease back, if it is still ours. */
export async function releaseLease(tx: Tx, name: string, token: number): Promise<boolean> {
  const now = await tx.now();
  return (await tx.write(`update lease set until = $3, holder = '' where name = $1 and token = $2`, [name, token, now])) === 1;
}

/** Forgets a lease that is still ours, token and all: for names that are made for one act and never come again. */
export async function forgetLease(tx: Tx, name: string, token: number): Promise<void> {
  await tx.write(`delete from lease where name = $1 and token = $2`, [name, token]);
}

/** Whether `token` holds `name` right now; locks the row, so that the answer stays true until this transaction ends. */
export async function holdsLease(tx: Tx, name: string, token: number): Promise<boolean> {
  const row = await tx.maybe<{ token: number; until: Instant }>(`select token, until from lease where name = $1 for share`, [name]);
  return row !== null && row.token === token && row.until > (await tx.now());
}
