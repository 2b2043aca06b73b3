import type { z } from 'zod';
import type { noticeSchema } from '../contract/notify.ts';
import type { Row, Tx } from '../platform/floor.ts';

type View = z.infer<typeof noticeSchema>;

export type DeliveryFilter = { readonly state: string | null; readonly after: readonly [string, string] | null; readonly limit: number };

/** Messages with the names of their receivers, newest first. Their texts are for who they were for. */
export async function deliveries(tx: Tx, { state, after, limit }: DeliveryFilter): Promise<View[]> {
  const rows = await tx.query<Omit<View, 'receiver'> & { receiverId: string; receiverName: string } & Row>(
    `select notice.id, notice.road, receiver as "receiverId", coalesce(person.name, chat_channel.name, receiver) as "receiverName", notice.kind, subject, notice.state, attempts,
       due_at as "dueAt", outcome, at, done_at as "doneAt"
     from notice left join person on person.id = receiver left join chat_channel on chat_channel.id = receiver
     where ($1::text is null or notice.state = $1) and ($2::timestamptz is null or (at, notice.id) < ($2::timestamptz, $3::text))
     order by at desc, notice.id desc limit $4`,
    [state, after?.[0] ?? null, after?.[1] ?? null, limit],
  );
  return rows.map(({ receiverId, receiverName, ...row }) => ({ ...row, receiver: { id: receiverId, name: receiverName } }));
}
