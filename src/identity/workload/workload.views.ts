import type { Witness } from '../../kernel/witness.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import type { Conditions } from './conditions.ts';

export type TrustView = {
  id: string;
  name: string;
  issuer: string;
  audience: string;
  conditions: Record<string, string[]>;
  bot: { id: string; name: string; owner: string; active: boolean };
  ownBot: boolean;
  actions: string[] | null;
  services: string[] | null;
  maxAgeMinutes: number;
  createdAt: string;
  last: { at: string; repository: string | null; ref: string | null; workflow: string | null; runId: string | null } | null;
  live: number;
};
type Row = {
  id: string;
  name: string;
  issuer: string;
  audience: string;
  conditions: Conditions;
  bot: string;
  botName: string;
  botActive: boolean;
  owner: string;
  ownBot: boolean;
  actions: string[] | null;
  services: string[] | null;
  maxAgeS: number;
  createdAt: Instant;
  lastAt: Instant | null;
  witness: Witness | null;
  live: number;
};

/** The trusts that stand, with whom they act as, and the job that came in last. */
export async function trustViews(tx: Tx): Promise<TrustView[]> {
  const rows = await tx.query<Row>(
    `select t.id, t.name, t.issuer, t.audience, t.conditions, bot.id as bot, bot.name as "botName", bot.active and person.active as "botActive",
       person.name as owner, t.own_bot as "ownBot", t.actions, t.services, t.max_age_s as "maxAgeS", t.created_at as "createdAt",
       latest.created_at as "lastAt", latest.witness,
       (select count(*) from credential c where c.workload_id = t.id and c.ended_at is null and c.expires_at > $1) as live
     from workload_trust t join bot on bot.id = t.bot_id join person on person.id = bot.owner_id
     left join lateral (select created_at, witness from credential c where c.workload_id = t.id order by created_at desc limit 1) latest on true
     where t.removed_at is null order by t.name limit 1000`,
    [await tx.now()],
  );
  return rows.map(({ bot, botName, botActive, owner, maxAgeS, lastAt, witness, conditions, ...row }) => ({
    ...row,
    conditions: Object.fromEntries(Object.entries(conditions).map(([claim, patterns]) => [claim, [...patterns]])),
    bot: { id: bot, name: botName, owner, active: botActive },
    maxAgeMinutes: maxAgeS / 60,
    last:
      lastAt === null
        ? null
        : {
            at: lastAt,
            repository: witness?.repository ?? null,
            ref: witness?.ref ?? null,
            workflow: witness?.workflow ?? null,
            runId: witness?.runId ?? null,
          },
  }));
}
