import type { Actor } from '../kernel/actor.ts';
import { digestOfValue } from '../kernel/digest.ts';
import type { Diagnostic } from '../kernel/diagnostic.ts';
import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import {
  defaultPolicyChanged,
  environmentCreated,
  environmentDeleted,
  environmentModified,
  serviceChanged,
  serviceCreated,
  serviceRetired,
  teamChanged,
  teamCreated,
  teamRemoved,
} from './catalog.events.ts';
import { invalidCatalog, stalePlan } from './catalog.problems.ts';
import * as store from './catalog.store.ts';
import { merged, type Catalog } from './catalog.ts';
import { planApply, touchedEnvironments, type CatalogChange, type CatalogPlan } from './plan-apply.ts';
import { readCatalog } from './read.ts';

export type CatalogFile = { readonly text: string; readonly file: string; readonly prune: boolean };
export type Planned = { readonly plan: CatalogPlan; readonly warnings: readonly Diagnostic[] };

/** What applying the file would do. Throws `catalog.invalid-file` with every diagnostic. */
export async function planCatalogFile(tx: Tx, input: CatalogFile): Promise<Planned> {
  const { plan, warnings } = await prepare(tx, input);
  return { plan, warnings };
}

/**
 * Applies a file whose plan was seen, all of it or nothing. Under a lock, so that the plan is made of the catalog that
 * is changed; throws `catalog.stale-plan` where it is not the plan that was seen.
 */
export async function applyCatalogFile(tx: Tx, actor: Actor, input: CatalogFile & { readonly plan: string }): Promise<Planned> {
  await store.lockCatalog(tx);
  const { plan, wanted, warnings } = await prepare(tx, input);
  if (plan.digest !== input.plan) throw stalePlan({ plan: input.plan, now: plan.digest });
  const work = await begin(tx, actor, wanted);
  if (plan.policy !== null && plan.policy.after !== null) await applyPolicy(work, plan.policy.before, plan.policy.after);
  const removals = plan.changes.filter((change) => change.act === 'remove').toReversed();
  for (const change of plan.changes.filter((one) => one.act !== 'remove')) await save(work, change);
  for (const change of removals) await remove(work, change);
  return { plan, warnings };
}

async function prepare(tx: Tx, input: CatalogFile): Promise<Planned & { readonly wanted: Catalog }> {
  const current = await store.loadCatalog(tx);
  const read = readCatalog(input.text, input.file, current, input.prune);
  if (!read.ok) throw invalidCatalog({ diagnostics: read.diagnostics.slice(0, 100) });
  return {
    plan: planApply(current, read.catalog, input.prune),
    wanted: merged(current, read.catalog, input.prune),
    warnings: read.warnings,
  };
}

/** One apply under way. `known` grows with what it creates, so that a new service finds its new team. */
type Work = {
  readonly tx: Tx;
  readonly actor: Actor;
  readonly wanted: Catalog;
  readonly at: Instant;
  readonly known: Readonly<Record<CatalogChange['kind'], store.Known>>;
};

async function begin(tx: Tx, actor: Actor, wanted: Catalog): Promise<Work> {
  const known = {
    team: await store.known(tx, 'team'),
    environment: await store.known(tx, 'environment'),
    service: await store.known(tx, 'service'),
  };
  return { tx, actor, wanted, at: await tx.now(), known };
}

// Another default is another policy for every service that follows it: whoever changes it changed theirs.
async function applyPolicy({ tx, actor, wanted, at, known }: Work, before: string | null, after: string): Promise<void> {
  await store.saveSetting(tx, after);
  await tx.record(defaultPolicyChanged, { subject: tx.org, actor, body: { before, after } });
  for (const [name, { id, version }] of known.service) {
    if (wanted.services[name]?.policy !== null) continue;
    await store.noteServiceChange(tx, actor, { serviceId: id, version, fields: ['policy'], environments: [] }, at);
  }
}

const CREATED = { team: teamCreated, environment: environmentCreated, service: serviceCreated } as const;
const PREFIX = { team: 'tea', environment: 'env', service: 'svc' } as const;

async function save(work: Work, change: CatalogChange): Promise<void> {
  const { tx, actor, at } = work;
  const { kind, name } = change;
  const there = work.known[kind].get(name);
  const id = there?.id ?? tx.floor.newId(PREFIX[kind]);
  const version = (there?.version ?? 0) + 1;
  const entry = await write(work, kind, id, name);
  work.known[kind].set(name, { id, version });
  const environments = kind === 'service' ? touchedEnvironments(change) : [];
  const fields = change.fields.map((one) => one.field).toSorted();
  if (kind === 'service') await store.noteServiceChange(tx, actor, { serviceId: id, version, fields, environments }, at);
  const body = { name, version, fields, definition: digestOfValue(entry) };
  const service = kind === 'service' ? id : null;
  if (there === undefined) await tx.record(CREATED[kind], { subject: id, actor, body, service });
  else if (kind === 'service') await tx.record(serviceChanged, { subject: id, actor, body: { ...body, environments }, service });
  else await tx.record(kind === 'team' ? teamChanged : environmentModified, { subject: id, actor, body });
}

/** Writes the row and answers what the fact's digest covers: never a member's address. */
async function write({ tx, wanted, at, known }: Work, kind: CatalogChange['kind'], id: string, name: string): Promise<unknown> {
  if (kind === 'team') {
    const team = wanted.teams[name];
    if (team === undefined) throw new Error(`the plan names a team that the catalog lacks: ${name}`);
    await store.saveTeam(tx, id, name, team, at);
    return { title: team.title, members: team.members.length };
  }
  if (kind === 'environment') {
    const environment = wanted.environments[name];
    if (environment === undefined) throw new Error(`the plan names an environment that the catalog lacks: ${name}`);
    await store.saveEnvironment(tx, id, name, environment, at);
    return environment;
  }
  const service = wanted.services[name];
  const team = service === undefined ? undefined : known.team.get(service.team);
  if (service === undefined || team === undefined) throw new Error(`the plan names a service or team that the catalog lacks: ${name}`);
  await store.saveService(tx, id, name, team.id, service, at);
  return service;
}

const REMOVED = { team: teamRemoved, environment: environmentDeleted, service: serviceRetired } as const;

async function remove({ tx, actor, at, known }: Work, { kind, name }: CatalogChange): Promise<void> {
  const there = known[kind].get(name);
  if (there === undefined) throw new Error(`the plan removes a ${kind} that is not there: ${name}`);
  await store.saveRemoval(tx, kind, there.id, at);
  await tx.record(REMOVED[kind], {
    subject: there.id,
    actor,
    body: { name, version: there.version + 1 },
    service: kind === 'service' ? there.id : null,
  });
}
