import { serviceByName } from '../catalog/catalog.queries.ts';
import { actorLabel, type Actor } from '../kernel/actor.ts';
import type { Tx } from '../platform/floor.ts';
import { holdLifted, holdPlaced, retentionChanged } from '../platform/retention/retention.events.ts';
import type { RetentionRule } from '../platform/retention/retention.port.ts';
import { insertHold, liftHold, saveRule } from '../platform/retention/retention.store.ts';
import { runOfRelease } from './names.queries.ts';
import { limitOf } from '../platform/retention/sweep.work.ts';
import { countsNothing, noSuchHold, noSuchRule, noSuchService, notHeldThere, oneOrTheOther } from './operations.problems.ts';

/** Decides how long one kind of thing is kept. */
export async function changeRetention(
  tx: Tx,
  actor: Actor,
  rules: readonly RetentionRule[],
  what: string,
  days: number,
  keep: number | null = null,
): Promise<void> {
  const rule = rules.find((one) => one.what === what);
  if (rule === undefined) throw noSuchRule({ what, rules: rules.map((one) => one.what) });
  const before = (await limitOf(tx, rule)).days;
  if (keep !== null && rule.keep === undefined) throw countsNothing({ what });
  await saveRule(tx, what, days, keep, actorLabel(actor));
  await tx.record(retentionChanged, { subject: tx.org, actor, body: { what, days, before } });
}

/** Places a legal hold over the organisation, a service (by name) or a run. */
export async function holdBack(
  tx: Tx,
  actor: Actor,
  input: {
    readonly service?: string | undefined;
    readonly run?: string | undefined;
    readonly release?: string | undefined;
    readonly artifact?: string | undefined;
    readonly reason: string;
  },
): Promise<string> {
  const { release = null, artifact = null } = input;
  if ([input.service, input.run, input.release, input.artifact].filter((one) => one !== undefined).length > 1) throw oneOrTheOther({});
  const service = input.service === undefined ? null : await serviceByName(tx, input.service);
  if (input.service !== undefined && service === null) throw noSuchService({ service: input.service });
  // A hold over a release is over its run too: logs and reports are what it was judged by.
  const run = release === null ? (input.run ?? null) : await runOfRelease(tx, release);
  if (release !== null && run === null) throw notHeldThere({ what: `release ${release}` });
  const id = tx.floor.newId('hld');
  await insertHold(tx, { id, service: service?.id ?? null, run, release, artifact, reason: input.reason, by: actorLabel(actor) });
  await tx.record(holdPlaced, { subject: id, actor, service: service?.id ?? null, body: { run } });
  return id;
}

/** Ends a hold. */
export async function letGo(tx: Tx, actor: Actor, id: string, reason: string): Promise<void> {
  if (!(await liftHold(tx, id, reason, actorLabel(actor)))) throw noSuchHold({ id });
  await tx.record(holdLifted, { subject: id, actor, body: {} });
}
