import { idOfActor } from './audit.ts';
import { namesOf, servicesById } from './names.queries.ts';
import * as contract from '../contract/retention.ts';
import { mount, type Mounted } from '../platform/http/handler.ts';
import type { Parts } from '../platform/retention/sweep.work.ts';
import { limitOf, RETENTION_TASK } from '../platform/retention/sweep.work.ts';
import { countUnnamed, holdRows, type HoldRow } from '../platform/retention/retention.store.ts';
import { changeRetention, holdBack, letGo } from './retention.commands.ts';

/** How long things are kept, and what is held back. */
export function retentionRoutes({ rules }: Pick<Parts, 'rules'>): readonly Mounted[] {
  return [
    mount(contract.showRetention, async ({ tx }) => {
      const shown = [];
      for (const rule of rules) {
        const { days, before, keep } = await limitOf(tx, rule);
        shown.push({
          what: rule.what,
          means: rule.means,
          days,
          usual: rule.days,
          keep: keep ?? null,
          before,
          due: await rule.due(tx, before, keep),
        });
      }
      const holds = await holdRows(tx, true);
      const names = await servicesById(
        tx,
        holds.flatMap(({ service }) => (service === null ? [] : [service])),
      );
      const acted = holds.flatMap(({ placed_by: by, lifted_by: lifted }) => [by, lifted ?? '']).filter((label) => label !== '');
      const people = await namesOf(tx, [...new Set(acted.map(idOfActor))]);
      return {
        rules: shown,
        unnamed: await countUnnamed(tx),
        holds: holds.map((row) => holdView(row, names, people)),
      };
    }),
    mount(contract.setRetention, async ({ tx, actor, params, body }) => {
      await changeRetention(tx, actor, rules, params.what, body.days, body.keep ?? null);
      return { what: params.what, days: body.days, keep: body.keep ?? null };
    }),
    mount(contract.planRetention, async ({ tx, query }) => {
      const items = [];
      for (const rule of rules) {
        if (rule.list === undefined || (query.what !== undefined && query.what !== rule.what)) continue;
        const { before, keep } = await limitOf(tx, rule);
        for (const one of await rule.list(tx, before, query.limit, keep, query.all === 'true')) items.push({ what: rule.what, ...one });
      }
      return { items };
    }),
    mount(contract.runRetention, async ({ tx }) => {
      await tx.wake(RETENTION_TASK, tx.org, { org: tx.org });
      return { started: true as const };
    }),
    mount(contract.placeHold, async ({ tx, actor, body }) => ({ hold: (await holdBack(tx, actor, body)) as `hld_${string}` })),
    mount(contract.liftHold, async ({ tx, actor, params, body }) => {
      await letGo(tx, actor, params.hold, body.reason);
      return { hold: params.hold };
    }),
  ];
}

function holdView(row: HoldRow, names: ReadonlyMap<string, string>, people: ReadonlyMap<string, string>) {
  const name = (label: string | null): string | null => (label === null ? null : (people.get(idOfActor(label)) ?? null));
  return {
    id: row.id,
    service: row.service === null ? null : (names.get(row.service) ?? row.service),
    run: row.run,
    release: row.release,
    artifact: row.artifact,
    reason: row.reason,
    placedBy: row.placed_by,
    placedByName: name(row.placed_by),
    placedAt: row.placed_at,
    liftedBy: row.lifted_by,
    liftedByName: name(row.lifted_by),
    liftedAt: row.lifted_at,
    liftedReason: row.lifted_reason,
  };
}
