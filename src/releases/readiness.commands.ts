import type { Environment } from '../catalog/environment.ts';
import type { Service } from '../catalog/service.ts';
import { policyFor } from '../gates/levels.queries.ts';
import { resolvePolicy, type EnvironmentPolicy } from '../gates/policy/policy.ts';
import type { Actor } from '../kernel/actor.ts';
import { digestOf } from '../kernel/digest.ts';
import { plus } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { stale } from '../platform/platform.problems.ts';
import { openDebt } from '../waivers/debt.api.ts';
import { insertBreakGlass, insertTick, lockTarget, updateBreakGlass, type BreakGlassRow } from './release.store.ts';
import { breakGlassAsked, breakGlassOpened, checklistTicked } from './releases.events.ts';
import { abandoned, noSuchItem, personNeeded, secondPersonNeeded } from './releases.problems.ts';
import { mustStillMean } from './seen.api.ts';
import { breakGlassOf, type ReleaseRow } from './releases.queries.ts';

export type Where = { readonly release: ReleaseRow; readonly service: Service; readonly environment: Environment };

/** Says yes or no to an item of the checklist, as a person. The last word of an item counts. `seen`: the target's row version. */
export async function tickChecklist(
  tx: Tx,
  actor: Actor,
  where: Where,
  tick: { item: string; state: 'yes' | 'no'; note: string },
  seen: number | null = null,
): Promise<{ item: string; state: 'yes' | 'no'; person: string }> {
  if (actor.kind !== 'person') throw personNeeded({});
  const { release, service, environment } = where;
  const items = (await rulesOf(tx, where)).readiness.checklist;
  if (!items.includes(tick.item)) throw noSuchItem({ item: tick.item, items });
  const target = await lockTarget(tx, release.id, environment.id, await tx.now());
  if (seen !== null && seen !== target.version) throw stale({ what: `The release ${release.versionName} for ${environment.name}` });
  await insertTick(tx, target, { ...tick, person: actor.id, at: await tx.now() });
  const said = { item: tick.item, state: tick.state, person: actor.id };
  await tx.record(checklistTicked, { subject: release.id, actor, service: service.id, body: { environment: environment.name, ...said } });
  return said;
}

/**
 * Breaks the glass, or joins another person who asked for it. Once enough different persons have, the rules that people
 * and papers answer are suspended for the policy's time box, and a dated debt is open.
 */
export async function breakGlass(
  tx: Tx,
  actor: Actor,
  where: Where,
  asked: { reason: string; ticket: string },
  seen: string | null = null,
): Promise<BreakGlassRow> {
  if (actor.kind !== 'person') throw personNeeded({});
  const { release, environment } = where;
  if (release.state === 'abandoned') throw abandoned({ release: release.id });
  const rules = (await rulesOf(tx, where)).breakGlass;
  await lockTarget(tx, release.id, environment.id, await tx.now());
  await mustStillMean(tx, release, environment, seen);
  const now = await tx.now();
  const before = await breakGlassOf(tx, release.id, environment.id, now, true);
  if (before !== null && before.activeUntil !== null) return before;
  const pending = before !== null && plus(before.createdAt, rules.timeBox) > now ? before : null;
  if (pending?.persons.includes(actor.id)) throw secondPersonNeeded({ needed: rules.persons });
  const persons = [...(pending?.persons ?? []), actor.id];
  const enough = persons.length >= rules.persons;
  const row = pending ?? (await openRow(tx, where, actor.id, asked, rules.persons, now));
  if (!enough) {
    const body = {
      breakGlass: row.id,
      environment: environment.name,
      person: actor.id,
      ticket: row.ticket,
      reasonDigest: digestOf(row.reason),
      personsNeeded: rules.persons,
    };
    await tx.record(breakGlassAsked, { subject: release.id, actor, service: release.serviceId, body });
    return row;
  }
  return activate(tx, actor, where, row, persons, { until: plus(now, rules.timeBox), due: plus(now, rules.debtDue) });
}

async function openRow(
  tx: Tx,
  where: Where,
  person: string,
  asked: { reason: string; ticket: string },
  personsNeeded: number,
  createdAt: string,
): Promise<BreakGlassRow> {
  const row = {
    id: tx.floor.newId('brk'),
    releaseId: where.release.id,
    environmentId: where.environment.id,
    ...asked,
    persons: [person],
    personsNeeded,
    activeUntil: null,
    debtId: null,
    createdAt,
  };
  await insertBreakGlass(tx, row);
  return { ...row, version: 1 };
}

async function activate(
  tx: Tx,
  actor: Actor,
  where: Where,
  row: BreakGlassRow,
  persons: readonly string[],
  time: { until: string; due: string },
): Promise<BreakGlassRow> {
  const { release, service, environment } = where;
  const debtId = await openDebt(tx, actor, {
    scope: { teamId: service.teamId, serviceId: service.id, environmentId: environment.id },
    what: `approval and evidence of release ${release.id} in ${environment.name}, taken afterwards`,
    owner: persons[0] ?? '',
    second: persons[1] ?? null,
    reason: row.reason,
    ticket: row.ticket,
    due: time.due,
  });
  const next = { persons, activeUntil: time.until, debtId };
  if ((await updateBreakGlass(tx, row, next)) === 0) throw new Error(`break-glass ${row.id} changed under its target's lock`);
  const body = {
    breakGlass: row.id,
    environment: environment.name,
    persons: [...persons],
    ticket: row.ticket,
    reasonDigest: digestOf(row.reason),
    until: time.until,
    waiver: debtId,
  };
  await tx.record(breakGlassOpened, { subject: release.id, actor, service: release.serviceId, body });
  return { ...row, ...next, version: row.version + 1 };
}

async function rulesOf(tx: Tx, { release, service, environment }: Where): Promise<EnvironmentPolicy> {
  return resolvePolicy(await policyFor(tx, service, release.commit), service.tier, environment.kind).rules;
}
