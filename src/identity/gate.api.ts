import { ACTIONS, roleMay, type Action } from '../contract/actions.ts';
import type { Actor } from '../kernel/actor.ts';
import type { Floor, Tx } from '../platform/floor.ts';
import type { AccessGate, On } from '../platform/http/gate.port.ts';
import { notAllowed } from '../platform/platform.problems.ts';
import { bindingsOf } from './identity.queries.ts';
import { findCredential } from './identity.store.ts';
import { secretDigest } from './password.system.ts';
import { may } from './permission.ts';

/** How a runner or an agent is known by its key; their slices supply it, `app/wire.ts` joins. */
export type MachineLogin = (tx: Tx, key: string) => Promise<Actor | null>;
/** What an object id or name in a request is about, by its kind: `release` -> its service and team. */
export type Resolver = (tx: Tx, value: string) => Promise<On>;

export type GateParts = {
  readonly machines: readonly MachineLogin[];
  readonly resolvers: Readonly<Record<string, Resolver>>;
  /** Ids of the services over which one of these scopes holds. */
  readonly servicesIn: (tx: Tx, scopes: readonly { team: string | null; service: string | null }[]) => Promise<ReadonlySet<string>>;
};

const BEARER = /^Bearer ([\x21-\x7e]{10,300})$/i;

/** The one place that says who may come in and what they may do. Deny by default. */
export function makeGate(parts: GateParts): AccessGate {
  return {
    async authenticate(floor: Floor, authorization) {
      const key = BEARER.exec(authorization ?? '')?.[1];
      if (key === undefined) return null;
      return floor.db.read('*', (tx) => (/^ym_(?:tok|ses)_/.test(key) ? personOrBot(tx, key) : machine(parts, tx, key)));
    },
    async authorise(tx, actor, action, on) {
      if (!may(actor, await bindings(tx, actor), action, on)) throw notAllowed({ action, on: describe(on), roles: ACTIONS[action] });
    },
    async resolve(tx, kind, value) {
      const resolver = parts.resolvers[kind];
      if (resolver === undefined) throw new Error(`no resolver for ${kind}: a route names it in access.on`);
      return resolver(tx, value);
    },
    async visible(tx, actor, action) {
      // What a list shows is of no one environment: a role over one covers none of it, as it covers no such object asked for by id.
      const held = (await bindings(tx, actor)).filter((binding) => binding.environment === null && roleMay(binding.role, action));
      const narrowed = actor.kind === 'person' || actor.kind === 'bot' ? tokenServices(actor, action) : [];
      if (narrowed === null && held.some((binding) => binding.team === null && binding.service === null)) return 'all';
      const ids = await parts.servicesIn(tx, held);
      if (narrowed === null) return ids;
      const named = await parts.servicesIn(
        tx,
        narrowed.map((service) => ({ team: null, service })),
      );
      const everything = held.some((binding) => binding.team === null && binding.service === null);
      return everything ? named : new Set([...ids].filter((id) => named.has(id)));
    },
    async holdsAnywhere(tx, actor, action) {
      if (actor.kind !== 'person' && actor.kind !== 'bot') return false;
      const { credential } = actor;
      if (credential.kind === 'token' && credential.actions !== null && !credential.actions.includes(action)) return false;
      return (await bindings(tx, actor)).some((binding) => roleMay(binding.role, action));
    },
  };
}

async function personOrBot(tx: Tx, key: string): Promise<Actor | null> {
  const row = await findCredential(tx, secretDigest(key));
  if (row === null) return null;
  const credential =
    row.kind === 'session'
      ? ({ kind: 'session', id: row.id, authenticatedAt: row.created_at } as const)
      : ({ kind: 'token', id: row.id, actions: row.actions, services: row.services } as const);
  if (row.owner !== null) return { kind: 'bot', id: row.holder_id, org: row.org_id, owner: row.owner, credential };
  return row.holder_id.startsWith('per_') ? { kind: 'person', id: row.holder_id, org: row.org_id, credential } : null;
}

async function machine(parts: GateParts, tx: Tx, key: string): Promise<Actor | null> {
  for (const login of parts.machines) {
    const actor = await login(tx, key);
    if (actor !== null) return actor;
  }
  return null;
}

async function bindings(tx: Tx, actor: Actor): ReturnType<typeof bindingsOf> {
  return actor.kind === 'person' || actor.kind === 'bot' ? bindingsOf(tx, actor.id) : [];
}

/** The services a token is narrowed to for `action`: null for not narrowed, empty where it may not do it at all. */
function tokenServices(actor: Extract<Actor, { kind: 'person' | 'bot' }>, action: Action): readonly string[] | null {
  const { credential } = actor;
  if (credential.kind !== 'token') return null;
  if (credential.actions !== null && !credential.actions.includes(action)) return [];
  return credential.services;
}

function describe(on: On): string {
  const parts = Object.entries(on).filter((entry) => entry[1] !== undefined);
  return parts.length === 0 ? 'the organisation' : parts.map(([kind, name]) => `${kind} ${name}`).join(', ');
}
