import * as oidc from 'openid-client';
import type { Egress } from '../../host/egress.http.ts';
import { Problem } from '../../kernel/problem.ts';
import type { Floor } from '../../platform/floor.ts';
import { LEEWAY_S } from '../issuer/claims.ts';
import type { Claims } from '../issuer/compact.ts';
import { issuerUnreachable, issuerWrong } from '../issuer/issuer.problems.ts';
import { verifyToken } from '../issuer/verify.system.ts';
import { signInRefused } from './oidc.problems.ts';

export type Client = { readonly issuer: string; readonly clientId: string; readonly secret: string | null; readonly title: string };
/** What one sign-in is held to: all of it follows from what the browser kept and the server remembers. */
export type Checks = { readonly state: string; readonly nonce: string; readonly verifier: string; readonly maxAgeS: number };

const LIMIT = 1024 * 1024;
const TIMEOUT_S = 10;
/** A provider's configuration is asked for again after this; its keys have their own patience. */
const KEPT_MS = 600_000;
const kept = new WeakMap<Egress, Map<string, { readonly at: number; readonly config: oidc.Configuration }>>();

/** The provider's configuration by discovery, through the one way out. */
async function configure(floor: Floor, client: Client): Promise<oidc.Configuration> {
  const all = kept.get(floor.egress) ?? new Map<string, { at: number; config: oidc.Configuration }>();
  kept.set(floor.egress, all);
  const name = JSON.stringify([client.issuer, client.clientId, client.secret]);
  const known = all.get(name);
  if (known !== undefined && performance.now() - known.at < KEPT_MS) return known.config;
  const server = new URL(client.issuer);
  const config = await oidc.discovery(
    server,
    client.clientId,
    client.secret === null ? { token_endpoint_auth_method: 'none' } : client.secret,
    client.secret === null ? oidc.None() : undefined,
    {
      [oidc.customFetch]: through(floor.egress),
      timeout: TIMEOUT_S,
      // Plain http is for the egress to allow or not: only places that the operator named.
      execute: server.protocol === 'http:' ? [oidc.allowInsecureRequests] : [],
    },
  );
  if (config.serverMetadata().issuer !== client.issuer)
    throw issuerWrong({ issuer: client.issuer, why: 'its configuration names another issuer' });
  if (all.size > 100) all.clear();
  all.set(name, { at: performance.now(), config });
  return config;
}

function through(egress: Egress): oidc.CustomFetch {
  return async (url, { method, headers, body, signal }) => {
    const text = body instanceof URLSearchParams ? body.toString() : body;
    if (text !== undefined && text !== null && typeof text !== 'string') throw new TypeError('only texts are sent to providers');
    const answer = await egress.call({
      url,
      method: method === 'POST' ? 'POST' : 'GET',
      headers: { ...headers },
      ...(typeof text === 'string' ? { body: text } : {}),
      limit: LIMIT,
      timeoutMs: TIMEOUT_S * 1000,
      ...(signal === undefined ? {} : { signal }),
    });
    if (answer.status >= 500) throw issuerUnreachable({ issuer: new URL(url).origin, why: `it answered ${answer.status}.` });
    return new Response(answer.status === 204 ? null : new Uint8Array(answer.body), {
      status: answer.status,
      headers: { ...answer.headers },
    });
  };
}

/** Where the browser is sent (OpenID Connect Core 1.0, code flow with PKCE of RFC 7636). */
export async function addressToSignIn(
  floor: Floor,
  client: Client,
  asked: {
    readonly checks: Checks;
    readonly redirectUri: string;
    readonly scopes: readonly string[];
    readonly fresh: boolean;
    readonly acr: readonly string[];
  },
): Promise<string> {
  const { checks } = asked;
  return told(client, async () => {
    const config = await configure(floor, client);
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: asked.redirectUri,
      response_type: 'code',
      scope: ['openid', ...asked.scopes].join(' '),
      state: checks.state,
      nonce: checks.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(checks.verifier),
      code_challenge_method: 'S256',
      // Asked for always, so that the provider says when they signed in there.
      max_age: String(asked.fresh ? 0 : checks.maxAgeS),
      ...(asked.fresh ? { prompt: 'login' } : {}),
      ...(asked.fresh && asked.acr.length > 0 ? { acr_values: asked.acr.join(' ') } : {}),
    });
    return url.href;
  });
}

/**
 * Takes the provider's answer: exchanges the code, and verifies the ID token with the provider's published keys whatever the
 * connection was. Claims that the token leaves out are taken from UserInfo, never over those in it.
 */
export async function accountFrom(
  floor: Floor,
  client: Client,
  asked: {
    readonly checks: Checks;
    readonly redirectUri: string;
    readonly response: string;
    readonly wanted: readonly string[];
    readonly nowMs: number;
  },
): Promise<Claims> {
  const { checks } = asked;
  const url = new URL(asked.redirectUri);
  url.search = asked.response;
  const { config, tokens } = await told(client, async () => {
    const made = await configure(floor, client);
    const answer = await oidc.authorizationCodeGrant(made, url, {
      expectedState: checks.state,
      expectedNonce: checks.nonce,
      pkceCodeVerifier: checks.verifier,
      idTokenExpected: true,
    });
    return { config: made, tokens: answer };
  });
  const claims = await verifiedClaims(floor, client, tokens.id_token ?? '', checks.nonce, asked.nowMs);
  if (
    asked.wanted.every((name) => Object.hasOwn(claims, name.split('.')[0] ?? '')) ||
    config.serverMetadata().userinfo_endpoint === undefined
  )
    return claims;
  const more = await told(client, () => oidc.fetchUserInfo(config, tokens.access_token, String(claims['sub'])));
  return { ...more, ...claims };
}

/** Whether an ID token is this provider's, for this client and this sign-in. Everything is looked at here once more, by the same path as every other token. */
async function verifiedClaims(floor: Floor, client: Client, token: string, nonce: string, nowMs: number): Promise<Claims> {
  const refuse = (why: string): Problem => signInRefused({ provider: client.title, why });
  const verified = await verifyToken(floor, token, { issuer: client.issuer, audience: client.clientId, nowMs, maxAgeS: 600 });
  if (!verified.ok) throw refuse(`its ID token is not right: ${verified.why.join('; ')}`);
  const { claims } = verified.compact;
  if (claims['nonce'] !== nonce) throw refuse('its ID token is of another sign-in (nonce)');
  if (claims['azp'] !== undefined && claims['azp'] !== client.clientId) throw refuse('its ID token is for another client (azp)');
  const { auth_time: when } = claims;
  if (when !== undefined && (typeof when !== 'number' || !Number.isFinite(when) || when > nowMs / 1000 + LEEWAY_S || when <= 0))
    throw refuse('its ID token names no time that can be (auth_time)');
  return claims;
}

/** What is found when an admin asks whether a provider could work. */
export async function lookAtProvider(floor: Floor, client: Client): Promise<{ what: string; ok: boolean; detail: string }[]> {
  const config = await told(client, async () => {
    kept.get(floor.egress)?.clear();
    return configure(floor, client);
  });
  const about = config.serverMetadata();
  const algorithms = about['id_token_signing_alg_values_supported'];
  const signs = Array.isArray(algorithms) ? algorithms.filter((one): one is string => typeof one === 'string') : [];
  const challenges = about.code_challenge_methods_supported;
  const claims = about['claims_supported'];
  return [
    { what: 'it answers by discovery', ok: true, detail: about.authorization_endpoint ?? 'it names no address to sign in at' },
    {
      what: 'it signs as we verify',
      ok: signs.some((one) => ['RS256', 'PS256', 'ES256', 'EdDSA'].includes(one)),
      detail: signs.length === 0 ? 'it does not say how' : signs.slice(0, 20).join(', '),
    },
    {
      what: 'it takes PKCE with S256',
      ok: challenges === undefined || challenges.includes('S256'),
      detail: challenges === undefined ? 'it does not say; most do' : challenges.join(', '),
    },
    {
      what: 'it says when somebody signed in (auth_time), which production approvals need',
      ok: !Array.isArray(claims) || claims.includes('auth_time'),
      detail:
        Array.isArray(claims) && claims.includes('auth_time')
          ? 'it names the claim'
          : 'it does not name the claim: try it with one approval',
    },
  ];
}

/** Runs what talks with a provider; what goes wrong becomes a sentence about it. Of foreign texts only codes are repeated. */
async function told<Result>(client: Client, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const problem = problemIn(error);
    if (problem !== null)
      throw problem.status >= 500 && problem.code.startsWith('egress.')
        ? issuerUnreachable({ issuer: client.issuer, why: problem.sentence })
        : problem;
    if (error instanceof oidc.AuthorizationResponseError)
      throw signInRefused({ provider: client.title, why: `it answered ${code(error.error)}` });
    if (error instanceof oidc.ResponseBodyError)
      throw signInRefused({ provider: client.title, why: `it answered ${code(error.error)} to our client` });
    if (error instanceof oidc.ClientError || error instanceof TypeError)
      throw signInRefused({
        provider: client.title,
        why: `its answer is not right (${code((error as { code?: string }).code ?? 'no code')})`,
      });
    throw error;
  }
}

function problemIn(error: unknown): Problem | null {
  for (let one: unknown = error, depth = 0; one instanceof Error && depth < 5; one = one.cause, depth += 1)
    if (one instanceof Problem) return one;
  return null;
}

function code(text: string): string {
  return /^[A-Za-z0-9_.-]{1,60}$/.test(text) ? text : 'an error';
}
