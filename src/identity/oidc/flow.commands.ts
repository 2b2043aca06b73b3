import { createHash } from 'node:crypto';
import type { Actor } from '../../kernel/actor.ts';
import { plus, type Instant } from '../../kernel/time.ts';
import type { Floor } from '../../platform/floor.ts';
import type { Claims } from '../issuer/compact.ts';
import { secretDigest } from '../password.system.ts';
import { accountFrom, addressToSignIn, type Checks, type Client } from './client.system.ts';
import { flowGone, noProvider } from './oidc.problems.ts';
import { insertFlow, useFlow, type FlowRow, type Purpose } from './flow.store.ts';
import { openClientSecret, providerById, providerByName, type ProviderRow } from './provider.store.ts';

/** How long a sign-in may take at the provider. */
const FLOW_MS = 600_000;

export type Begun = { readonly url: string; readonly state: string; readonly secret: string };
export type Came = { readonly provider: ProviderRow; readonly flow: FlowRow; readonly claims: Claims; readonly now: Instant };

/** Where a provider sends browsers back to: the one address that is registered there. */
export function redirectUri(floor: Floor): string {
  return `${floor.config.publicUrl.replace(/\/$/, '')}/sign-in/callback`;
}

/**
 * Begins a sign-in. The browser keeps `secret`; verifier and nonce follow from it, so that nothing that is stored or seen on
 * the way finishes a sign-in that this browser did not begin. Asks the provider, so never inside a transaction.
 */
export async function begin(
  floor: Floor,
  org: string,
  name: string,
  asked: { readonly purpose: Purpose; readonly credential: string | null },
): Promise<Begun> {
  const { provider, secret: clientSecret } = await floor.db.read(org, async (tx) => {
    const row = await providerByName(tx, name);
    if (row === null) throw noProvider({ provider: name });
    return { provider: row, secret: await openClientSecret(tx, row) };
  });
  const [state, secret] = [floor.randomHex(32), floor.randomHex(32)];
  const url = await addressToSignIn(floor, clientOf(provider, clientSecret), {
    checks: checksOf(floor, state, secret),
    redirectUri: redirectUri(floor),
    scopes: provider.settings.scopes,
    fresh: asked.purpose !== 'sign-in',
    acr: provider.settings.acr,
  });
  await floor.db.tx(org, async (tx) => {
    const at = await tx.now();
    const row = { provider: provider.id, org, ...asked, at, expiresAt: plus(at, FLOW_MS) };
    await insertFlow(tx, { ...row, stateDigest: secretDigest(state), secretDigest: secretDigest(secret) });
  });
  return { url, state, secret };
}

/**
 * Takes what the provider sent back, for the purpose it was begun for, once. The flow is used up whatever comes of it; the
 * provider is asked outside any transaction. Throws `identity.sign-in-gone` for a flow of another browser.
 */
export async function finish(
  floor: Floor,
  org: string,
  input: { readonly secret: string; readonly response: string },
  purposes: readonly Purpose[],
  actor: Actor | null,
): Promise<Came> {
  const state = new URLSearchParams(input.response).get('state') ?? '';
  const found = await floor.db.tx(org, async (tx) => {
    const flow = await useFlow(tx, secretDigest(state), secretDigest(input.secret), await tx.now());
    if (flow === null) return null;
    const provider = await providerById(tx, flow.provider);
    return provider === null ? null : { flow, provider, secret: await openClientSecret(tx, provider), now: await tx.now() };
  });
  if (found === null || !purposes.includes(found.flow.purpose) || found.flow.credential !== sessionOf(actor)) throw flowGone({});
  const { claims: names } = found.provider.settings;
  const claims = await accountFrom(floor, clientOf(found.provider, found.secret), {
    checks: checksOf(floor, state, input.secret),
    redirectUri: redirectUri(floor),
    response: input.response,
    wanted: [
      names.email,
      names.name,
      ...(found.provider.settings.roles.length + found.provider.settings.groups.length > 0 ? [names.groups] : []),
    ],
    nowMs: Date.parse(found.now),
  });
  return { provider: found.provider, flow: found.flow, claims, now: found.now };
}

export function clientOf({ issuer, clientId, title }: ProviderRow, secret: string | null): Client {
  return { issuer, clientId, title, secret };
}

/** The session that an actor came with; null for nobody. */
function sessionOf(actor: Actor | null): string | null {
  return actor !== null && actor.kind === 'person' ? actor.credential.id : null;
}

function checksOf(floor: Floor, state: string, secret: string): Checks {
  const from = (what: string): string => createHash('sha256').update(`yardmaster sign-in ${what} ${secret}`).digest('base64url');
  return { state, nonce: from('nonce'), verifier: from('verifier'), maxAgeS: Math.floor(floor.config.sessionMs / 1000) };
}

/** When a person proved who they are at the provider; where it does not say, long enough ago that nothing counts as fresh. */
export function authenticatedAt(claims: Claims, now: Instant, freshMs: number): Instant {
  const { auth_time: when } = claims;
  const at = typeof when === 'number' ? new Date(Math.floor(when * 1000)).toISOString() : plus(now, -freshMs - 1000);
  return at < now ? at : now;
}
