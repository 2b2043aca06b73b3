import type { Tx } from '../../platform/floor.ts';

/** Whether this person may use a password here: where passwords are for admins alone, who is admin over the organisation. */
export async function mayUsePassword(tx: Tx, person: string): Promise<boolean> {
  return (
    await tx.one<{ may: boolean }>(
      `select not exists (select from sign_in_rule where org_id = $2 and passwords = 'admins') or exists (
         select from role_binding where holder_id = $1 and role = 'admin' and team is null and service is null and environment is null) as may`,
      [person, tx.org],
    )
  ).may;
}
