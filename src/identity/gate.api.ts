import { ACTIONS, roleMay, type Action } from '../contract/actions.ts';
import type { Actor } from '../kernel/actor.ts';
import { Problem } from '../kernel/problem.ts';
import { between } from '../kernel/time.ts';
import type { Floor, Tx } from '../platform/floor.ts';
import type { AccessGate, On } from '../platform/http/gate.port.ts';
import { notAllowed } from '../platform/platform.problems.ts';
import { asksForFresh, freshness } from './fresh.ts';
import { signInAgain, tokenMayNotDecide } from './identity.problems.ts';
import { bindingsOf } from './identity.queries.ts';
import { findCredential } from './identity.store.ts';
import { secretDigest } from './password.system.ts';
import { credentialAllows, may } from './permission.ts';
import { looksSigned } from './issuer/compact.ts';
import { seeCredential } from './session.store.ts';
import { comeIn } from './workload/sign-in.commands.ts';

/** How a runner or an agent is known by its key; their slices supply it, `app/wire.ts` joins. */
export type MachineLogin = (tx: Tx, key: string) => Promise<Actor | null>;
/** What an object id or name in a request is about, by its kind: `release` -> its service and team. */
export type Resolver = (tx: Tx, value: string) => Promise<On>;

export type GateParts = {
  readonly machines: readonly MachineLogin[];
  readonly resolvers: Readonly<Record<string, Resolver>>;
  /** Ids of the services over which one of these scopes holds. */
  readonly servicesIn: (tx: Tx, scopes: readonly { team: string | null; service: string | null }[]) => Promise<ReadonlySet<string>>;
  /** Whether an environment is one of production; what is not known to be another counts as it. */
  readonly isProduction?: (tx: Tx, environment: string) => Promise<boolean>;
};

/** A use of a credential is noted when the last note is this old. */
const NOTE_EVERY_MS = 60_000;

const LONGEST_KEY = 300;
const BEARER = /^Bearer ([\x21-\x7e]{10,8192})$/i;

/** The one place that says who may come in and what they may do. Deny by default. */
export function makeGate(parts: GateParts): AccessGate {
  return {
    async authenticate(floor: Floor, authorization) {
      const key = BEARER.exec(authorization ?? '')?.[1];
      if (key === undefined) return null;
      const signed = looksSigned(key);
      if (!signed && key.length > LONGEST_KEY) return null;
      if (!signed && !/^ym_(?:tok|ses)_/.test(key)) return floor.db.read('*', (tx) => machine(parts, tx, key));
      const find = (): Promise<Known | null> => floor.db.read('*', (tx) => personOrBot(tx, key));
      const found = (await find()) ?? (signed ? await firstUse(floor, key, find) : null);
      if (found === null) return null;
      if (found.stale) await noteUse(floor, found.actor.org, found.actor.credential.id);
      return found.actor;
    },
    async authorise(tx, actor, action, on) {
      if (!may(actor, await bindings(tx, actor), action, on)) throw notAllowed({ action, on: describe(on), roles: ACTIONS[action] });
      await mustBeFresh(parts, tx, actor, action, on);
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
      if (!credentialAllows(credential, action)) return false;
      return (await bindings(tx, actor)).some((binding) => roleMay(binding.role, action));
    },
  };
}

type Known = { readonly actor: Extract<Actor, { kind: 'person' | 'bot' }>; readonly stale: boolean };

async function personOrBot(tx: Tx, key: string): Promise<Known | null> {
  const row = await findCredential(tx, secretDigest(key), tx.floor.config.sessionIdleMs);
  if (row === null) return null;
  const { id, created_at, screen, authenticated_at: again } = row;
  const credential =
    row.kind === 'session'
      ? ({
          kind: 'session',
          id,
          authenticatedAt: again ?? created_at,
          screen,
          ...(row.provider_id === null ? {} : { provider: row.provider_id }),
        } as const)
      : ({
          kind: 'token',
          id,
          actions: row.actions,
          services: row.services,
          ...(row.witness === null ? {} : { witness: row.witness }),
        } as const);
  const stale = row.seen_at === null || between(row.seen_at, await tx.now()) > NOTE_EVERY_MS;
  if (row.owner !== null) return { actor: { kind: 'bot', id: row.holder_id, org: row.org_id, owner: row.owner, credential }, stale };
  return row.holder_id.startsWith('per_') ? { actor: { kind: 'person', id: row.holder_id, org: row.org_id, credential }, stale } : null;
}

/** A token of a CI's issuer that we have not seen: verified, and from then on known like every other credential. */
async function firstUse(floor: Floor, key: string, find: () => Promise<Known | null>): Promise<Known | null> {
  try {
    await comeIn(floor, key);
  } catch (error) {
    // Two requests of one job at once: the other was faster, and it is there now.
    const found = error instanceof Problem && error.code === 'identity.workload-spent' ? await find() : null;
    if (found === null) throw error;
    return found;
  }
  return find();
}

/** Notes that a credential is in use. A request does not fail for it. */
async function noteUse(floor: Floor, org: string, id: string): Promise<void> {
  try {
    await floor.db.tx(org, async (tx) => seeCredential(tx, id, await tx.now()));
  } catch (error) {
    floor.log.warn({ err: error, credential: id }, 'the use of a credential was not noted');
  }
}

/** A stolen session approves nothing, overrides nothing and gives no rights: these ask for a fresh sign-in. */
async function mustBeFresh(parts: GateParts, tx: Tx, actor: Actor, action: Action, on: On): Promise<void> {
  const production = async (): Promise<boolean> =>
    on.environment === undefined || parts.isProduction === undefined || parts.isProduction(tx, on.environment);
  if (!(await asksForFresh(action, production))) return;
  const { freshMs, tokensDecide } = tx.floor.config;
  const answer = freshness(actor, action, await tx.now(), { freshMs, tokensDecide });
  if (answer === 'sign-in-again') throw signInAgain({ minutes: freshMs / 60_000 });
  if (answer === 'token-may-not') throw tokenMayNotDecide({ action, setting: tokensDecide });
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
  if (!credentialAllows(credential, action)) return [];
  if (credential.kind !== 'token') return null;
  return credential.services;
}

function describe(on: On): string {
  const parts = Object.entries(on).filter((entry) => entry[1] !== undefined);
  return parts.length === 0 ? 'the organisation' : parts.map(([kind, name]) => `${kind} ${name}`).join(', ');
}
