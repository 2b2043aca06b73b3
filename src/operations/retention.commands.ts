import { serviceByName } from '../catalog/catalog.queries.ts';
import { actorLabel, type Actor } from '../kernel/actor.ts';
import type { Tx } from '../platform/floor.ts';
import { holdLifted, holdPlaced, retentionChanged } from '../platform/retention/retention.events.ts';
import type { RetentionRule } from '../platform/retention/retention.port.ts';
import { insertHold, liftHold, saveRule } from '../platform/retention/retention.store.ts';
import { limitOf } from '../platform/retention/sweep.work.ts';
import { noSuchHold, noSuchRule, noSuchService, oneOrTheOther } from './operations.problems.ts';

/** Decides how long one kind of thing is kept. */
export async function changeRetention(tx: Tx, actor: Actor, rules: readonly RetentionRule[], what: string, days: number): Promise<void> {
  const rule = rules.find((one) => one.what === what);
  if (rule === undefined) throw noSuchRule({ what, rules: rules.map((one) => one.what) });
  const before = (await limitOf(tx, rule)).days;
  await saveRule(tx, what, days, actorLabel(actor));
  await tx.record(retentionChanged, { subject: tx.org, actor, body: { what, days, before } });
}

/** Places a legal hold over the organisation, a service (by name) or a run. */
export async function holdBack(
  tx: Tx,
  actor: Actor,
  input: { readonly service?: string | undefined; readonly run?: string | undefined; readonly reason: string },
): Promise<string> {
  if (input.service !== undefined && input.run !== undefined) throw oneOrTheOther({});
  const service = input.service === undefined ? null : await serviceByName(tx, input.service);
  if (input.service !== undefined && service === null) throw noSuchService({ service: input.service });
  const id = tx.floor.newId('hld');
  await insertHold(tx, { id, service: service?.id ?? null, run: input.run ?? null, reason: input.reason, by: actorLabel(actor) });
  await tx.record(holdPlaced, { subject: id, actor, service: service?.id ?? null, body: { run: input.run ?? null } });
  return id;
}

/** Ends a hold. */
export async function letGo(tx: Tx, actor: Actor, id: string, reason: string): Promise<void> {
  if (!(await liftHold(tx, id, reason, actorLabel(actor)))) throw noSuchHold({ id });
  await tx.record(holdLifted, { subject: id, actor, body: {} });
}
