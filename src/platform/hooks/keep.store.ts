import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../floor.ts';
import type { Due, RetentionRule } from '../retention/retention.port.ts';

/** What hooks brought: their bytes for two weeks, that they came for a month. What waits, or is parked, loses its bytes too. */
export const hookRetention: readonly RetentionRule[] = [
  {
    what: 'delivery-bodies',
    days: 14,
    means: 'What webhooks brought, byte for byte. That it came, its size and what became of it stay.',
    due: (tx, before) =>
      tx.one<Due>(
        `select coalesce(sum(things), 0)::bigint as things, coalesce(sum(bytes), 0)::bigint as bytes, 0 as held from (
           select count(*) as things, sum(d.size) as bytes from delivery d join delivery_body b on b.delivery_id = d.id where d.at < $1
           union all select sum(deliveries), sum(size) from delivery_batch where at < $1) as kept`,
        [before],
      ),
    async remove(tx, before, limit) {
      const sql = `delete from delivery_body where delivery_id in (select d.id from delivery d join delivery_body b on b.delivery_id = d.id where d.at < $1 order by d.at limit $2)`;
      return { things: (await tx.write(sql, [before, limit])) + (await removeBatches(tx, before, limit)), digests: [] };
    },
  },
  {
    what: 'deliveries-in',
    days: 30,
    means: 'That deliveries of webhooks came, and what became of them. A delivery that comes again later is taken as a new one.',
    due: (tx, before) => tx.one<Due>(`select count(*) as things, 0 as bytes, 0 as held from delivery where at < $1`, [before]),
    remove: async (tx, before, limit) => ({ things: await removeOld(tx, before, limit), digests: [] }),
  },
];

/** Whole batches: what came together is of one age. Answers how many deliveries lay in them. */
async function removeBatches(tx: Tx, before: Instant, limit: number): Promise<number> {
  const { n } = await tx.one<{ n: number }>(
    `with gone as (
       delete from delivery_batch where id in (select id from delivery_batch where at < $1 order by at limit $2) returning deliveries)
     select coalesce(sum(deliveries), 0)::bigint as n from gone`,
    [before, limit],
  );
  return n;
}

async function removeOld(tx: Tx, before: Instant, limit: number): Promise<number> {
  const old = `select id from delivery where at < $1 order by at limit $2`;
  await tx.write(`delete from delivery_body where delivery_id in (${old})`, [before, limit]);
  await removeBatches(tx, before, limit);
  return tx.write(`delete from delivery where id in (${old})`, [before, limit]);
}
