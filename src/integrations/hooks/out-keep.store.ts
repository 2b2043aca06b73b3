import type { Due, RetentionRule } from '../../platform/retention/retention.port.ts';

/** What went out: kept for a month, with what it was answered. */
export const outRetention: RetentionRule = {
  what: 'deliveries-out',
  days: 30,
  means: 'Messages of webhooks that went out, and what they were answered.',
  due: (tx, before) =>
    tx.one<Due>(
      `select count(*) as things, coalesce(sum(length(payload)), 0)::bigint as bytes, 0 as held from hook_out_delivery where at < $1 and state <> 'waiting'`,
      [before],
    ),
  async remove(tx, before, limit) {
    const sql = `delete from hook_out_delivery where id in (select id from hook_out_delivery where at < $1 and state <> 'waiting' order by at limit $2)`;
    return { things: await tx.write(sql, [before, limit]), digests: [] };
  },
};
