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
        `select count(*) as things, coalesce(sum(size), 0)::bigint as bytes, 0 as held from delivery where at < $1 and body is not null`,
        [before],
      ),
    async remove(tx, before, limit) {
      const sql = `update delivery set body = null, headers = '{}' where seq in (select seq from delivery where at < $1 and body is not null order by seq limit $2)`;
      return { things: await tx.write(sql, [before, limit]), digests: [] };
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

function removeOld(tx: Tx, before: Instant, limit: number): Promise<number> {
  return tx.write(`delete from delivery where seq in (select seq from delivery where at < $1 order by seq limit $2)`, [before, limit]);
}
