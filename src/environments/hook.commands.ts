import { incidentHookBody, type IncidentHookBody } from '../contract/environments.ts';
import { environmentByName, serviceByName } from '../catalog/catalog.queries.ts';
import { actorLabel, type Actor } from '../kernel/actor.ts';
import type { Instant } from '../kernel/time.ts';
import { verifyHook } from '../kernel/webhook.ts';
import type { Floor, Tx } from '../platform/floor.ts';
import type { SealedColumn } from '../platform/keys/sealed.port.ts';
import type { DeploymentLookup } from './deployment-lookup.port.ts';
import { incidentHookMade, incidentHookRevoked } from './environments.events.ts';
import { hookBody, hookRefused, noSuchHook } from './environments.problems.ts';
import * as store from './hook.store.ts';
import { linkIncident, openIncident, resolveIncident } from './incident.commands.ts';
import { findExternal } from './incident.store.ts';

/** One data key for the secrets of all incident hooks. */
const HOOKS = 'incident-hooks';
const contextOf = (id: string): string => `incident-hook:${id}`;

/** Makes a hook; its secret is answered this one time and kept sealed. */
export async function createHook(tx: Tx, actor: Actor, name: string): Promise<{ hook: string; path: string; secret: string }> {
  const id = tx.floor.newId('hok');
  const secret = tx.floor.randomHex(32);
  const sealed = await tx.floor.secrets.seal(tx, HOOKS, secret, contextOf(id));
  await store.insertHook(tx, { id, name, secret: sealed, by: actorLabel(actor), at: await tx.now() });
  await tx.record(incidentHookMade, { subject: id, actor, body: { hook: id } });
  return { hook: id, path: `/v1/hooks/incidents/${id}`, secret };
}

/** Ends a hook. */
export async function endHook(tx: Tx, actor: Actor, id: string): Promise<void> {
  if (!(await store.markHookRevoked(tx, id, await tx.now()))) throw noSuchHook({ id });
  await tx.record(incidentHookRevoked, { subject: id, actor, body: { hook: id } });
}

/** What a delivery says of itself, before anything of it is believed. */
export type DeliveryHeaders = { readonly timestamp: string | null; readonly delivery: string | null; readonly signature: string | null };
export type Delivery = { readonly hook: string; readonly headers: DeliveryHeaders; readonly body: Uint8Array };
export type Taken = { readonly accepted: true; readonly duplicate: boolean; readonly incident: string | null };

/**
 * Takes one signed delivery: verified over the raw bytes before anything is read, its id noted in the transaction of its
 * effect, so that it counts once or not at all. A body that can't be read rolls back, and may be sent again corrected.
 */
export async function takeIncidentDelivery(floor: Floor, lookup: DeploymentLookup, delivery: Delivery): Promise<Taken> {
  const { hook, secret, now } = await floor.db.read('*', async (tx) => {
    const found = await store.findHook(tx, delivery.hook);
    // An unknown hook costs the same work as a wrong signature, so that time tells nothing about which hooks exist.
    const opened = found === null ? floor.randomHex(32) : await floor.secrets.open(tx, found.secret, contextOf(found.id));
    return { hook: found, secret: opened, now: await tx.now() };
  });
  const verdict = verifyHook({
    header: headerOf(delivery.headers),
    body: delivery.body,
    secret,
    schemes: ['yardmaster'],
    nowMs: Date.parse(now),
    encrypted: true,
  });
  if (hook === null || !verdict.ok) throw hookRefused({});
  const id = verdict.delivery;
  return floor.db.tx(hook.org, async (tx) => {
    if ((await store.findHook(tx, hook.id)) === null) throw hookRefused({});
    if (!(await store.takeDelivery(tx, hook.id, id, await tx.now()))) return { accepted: true, duplicate: true, incident: null };
    const actor: Actor = { kind: 'hook', id: hook.id, org: hook.org };
    return { accepted: true, duplicate: false, incident: await effect(tx, actor, lookup, hook.id, readBody(delivery.body)) };
  });
}

function headerOf({ timestamp, delivery, signature }: DeliveryHeaders): (name: string) => string | null {
  const headers: Readonly<Record<string, string | null>> = {
    'x-yardmaster-timestamp': timestamp,
    'x-yardmaster-delivery': delivery,
    'x-yardmaster-signature-256': signature,
  };
  return (name) => headers[name] ?? null;
}

function readBody(bytes: Uint8Array): IncidentHookBody {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw hookBody({ errors: ['it is not JSON in UTF-8'] });
  }
  const read = incidentHookBody.safeParse(value);
  if (read.success) return read.data;
  throw hookBody({ errors: read.error.issues.slice(0, 20).map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`) });
}

async function effect(tx: Tx, actor: Actor, lookup: DeploymentLookup, hookId: string, body: IncidentHookBody): Promise<string | null> {
  await store.lockExternal(tx, hookId, body.id);
  const there = await findExternal(tx, hookId, body.id);
  if (body.action === 'open') return there === null ? open(tx, actor, lookup, hookId, body) : there.id;
  if (there === null) {
    const resolvedAt = body.action === 'resolve' ? (body.resolvedAt ?? (await tx.now())) : null;
    await store.keepEarly(tx, hookId, body.id, { resolvedAt, deployments: body.action === 'link' ? body.deployments : [] });
    return null;
  }
  if (body.action === 'link') await linkIncident(tx, actor, lookup, there.id, body.deployments);
  else if (there.state === 'open') await resolve(tx, actor, there.id, there.startedAt, body.resolvedAt ?? null);
  return there.id;
}

async function open(
  tx: Tx,
  actor: Actor,
  lookup: DeploymentLookup,
  hookId: string,
  body: IncidentHookBody & { action: 'open' },
): Promise<string> {
  const service = body.service === undefined ? null : await serviceByName(tx, body.service);
  const environment = body.environment === undefined ? null : await environmentByName(tx, body.environment);
  const unknown = [
    ...(body.service !== undefined && service === null ? [`service "${body.service}"`] : []),
    ...(body.environment !== undefined && environment === null ? [`environment "${body.environment}"`] : []),
  ];
  const incident = await openIncident(tx, actor, lookup, {
    serviceId: service?.id ?? null,
    environmentId: environment?.id ?? null,
    severity: body.severity,
    title: body.title,
    description: unknown.length === 0 ? null : `The sender names what the catalog does not know: ${unknown.join(', ')}.`,
    startedAt: body.startedAt === undefined ? null : await notInFuture(tx, body.startedAt),
    deployments: body.deployments,
    external: { hookId, id: body.id },
  });
  const early = await store.takeEarly(tx, hookId, body.id);
  if (early !== null && early.deployments.length > 0) await linkIncident(tx, actor, lookup, incident.id, early.deployments);
  if (early?.resolvedAt != null) await resolve(tx, actor, incident.id, incident.startedAt, early.resolvedAt);
  return incident.id;
}

// Another machine's clock may run a little ahead; an incident is not refused for that.
async function notInFuture(tx: Tx, instant: Instant): Promise<Instant> {
  const now = await tx.now();
  const at = new Date(instant).toISOString();
  return at > now ? now : at;
}

async function resolve(tx: Tx, actor: Actor, id: string, startedAt: Instant, wanted: Instant | null): Promise<void> {
  const at = await notInFuture(tx, wanted ?? (await tx.now()));
  await resolveIncident(tx, actor, id, at < startedAt ? startedAt : at);
}

/** Where the secrets of incident hooks lie, for the rotation of their keys. */
export const incidentHookColumn: SealedColumn = {
  name: 'incident_hook.secret',
  count: store.countSealed,
  async find(tx, head, limit) {
    return (await store.lockSealed(tx, head, limit)).map((row) => ({
      sealed: row.secret,
      place: contextOf(row.id),
      scope: HOOKS,
      save: (inner, sealed) => store.saveSealed(inner, row.id, sealed),
    }));
  },
};
