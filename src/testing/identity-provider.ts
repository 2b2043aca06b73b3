import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose';
// It has no types of its own; what we use of it is written below.
// @ts-expect-error: no declarations
import OidcProvider from 'oidc-provider';
import { afterAll } from 'vitest';

type Grant = { addOIDCScope(scope: string): void; save(): Promise<string> };
type Context = {
  readonly oidc: { readonly provider: Provider; readonly client: { clientId: string }; readonly session: { accountId: string } };
};
type Provider = {
  callback(): (request: IncomingMessage, response: ServerResponse) => void;
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: unknown): Promise<void>;
  readonly Grant: new (of: { clientId: string; accountId: string }) => Grant;
  on(event: string, heard: (...args: readonly unknown[]) => void): void;
};

export type Account = { readonly sub: string; readonly [claim: string]: unknown };
export type IdentityProvider = {
  readonly url: string;
  readonly place: string;
  readonly client: { readonly id: string; readonly secret: string };
  /** Who signs in next, and how: seconds ago, level and means. */
  as(account: Account | 'nobody', login?: { readonly secondsAgo?: number; readonly acr?: string; readonly amr?: readonly string[] }): void;
  /** Goes through the provider's pages like a browser; answers the query that it is sent back with. */
  walk(url: string): Promise<string>;
  /** What happens to every ID token on its way to us; null: nothing. */
  change(how: ((token: string) => Promise<string> | string) | null): void;
  down(yes: boolean): void;
  readonly key: () => CryptoKey;
  readonly jwk: () => JWK;
  /** Another key from now on: the provider is started anew with it. */
  rotate(): Promise<void>;
};

/** `oidc-provider` on loopback: a certified OpenID provider, with a login page that lets in whom the test says. */
export async function openIdentityProvider(redirectUri: string): Promise<IdentityProvider> {
  const client = { id: 'yardmaster', secret: 'a secret that only tests know' };
  let account: Account | 'nobody' = { sub: 'nobody' };
  let login: { secondsAgo?: number; acr?: string; amr?: readonly string[] } = {};
  let change: ((token: string) => Promise<string> | string) | null = null;
  let isDown = false;
  let count = 0;
  const makeKey = async (): Promise<{ jwk: JWK; key: CryptoKey; secret: JWK }> => {
    const pair = await generateKeyPair('RS256', { extractable: true });
    const kid = `idp-${(count += 1)}`;
    const more = { kid, use: 'sig', alg: 'RS256' };
    return {
      key: pair.privateKey,
      jwk: { ...(await exportJWK(pair.publicKey)), ...more },
      secret: { ...(await exportJWK(pair.privateKey)), ...more },
    };
  };
  let signing = await makeKey();
  let provider: Provider | null = null;

  const server = createServer((request, response) => {
    if (isDown || provider === null) return void response.writeHead(503).end();
    if (request.url?.startsWith('/interaction/') === true) {
      const result =
        account === 'nobody'
          ? { error: 'access_denied', error_description: 'not here' }
          : {
              login: {
                accountId: account.sub,
                ...(login.acr === undefined ? {} : { acr: login.acr }),
                ...(login.amr === undefined ? {} : { amr: login.amr }),
                ts: Math.floor(Date.now() / 1000) - (login.secondsAgo ?? 0),
              },
            };
      return void provider.interactionFinished(request, response, result);
    }
    if (request.url === '/token' && change !== null) tamper(response, change);
    return provider.callback()(request, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const place = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const url = `http://${place}`;
  const start = (): Provider => {
    const made = new OidcProvider(url, {
      clients: [
        {
          client_id: client.id,
          client_secret: client.secret,
          redirect_uris: [redirectUri],
          token_endpoint_auth_method: 'client_secret_post',
        },
      ],
      jwks: { keys: [signing.secret] },
      cookies: { keys: ['only for tests'] },
      ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600, AuthorizationCode: 60 },
      pkce: { required: () => true },
      scopes: ['openid', 'profile', 'email', 'groups'],
      claims: {
        openid: ['sub'],
        profile: ['name'],
        email: ['email', 'email_verified'],
        groups: ['groups'],
        acr: null,
        amr: null,
        auth_time: null,
      },
      acrValues: ['high'],
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_context: unknown, interaction: { uid: string }) => `/interaction/${interaction.uid}` },
      findAccount: (_context: unknown, id: string) => ({
        accountId: id,
        claims: () => (account === 'nobody' ? { sub: id } : { ...account, sub: id }),
      }),
      loadExistingGrant: async ({ oidc }: Context) => {
        const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
        grant.addOIDCScope('openid profile email groups');
        await grant.save();
        return grant;
      },
    }) as Provider;
    return made;
  };
  provider = start();
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url,
    place,
    client,
    as: (who, how = {}) => {
      account = who;
      login = { ...how };
    },
    walk: (from) => walk(from, redirectUri),
    change: (how) => {
      change = how;
    },
    down: (yes) => {
      isDown = yes;
    },
    key: () => signing.key,
    jwk: () => signing.jwk,
    rotate: async () => {
      signing = await makeKey();
      provider = start();
    },
  };
}

/** Follows redirects with the cookies of a fresh browser, until it would leave the provider for us. */
async function walk(from: string, home: string): Promise<string> {
  const cookies = new Map<string, string>();
  let at = from;
  for (let step = 0; step < 12; step += 1) {
    const answer = await fetch(at, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const cut = pair.indexOf('=');
      cookies.set(pair.slice(0, cut), pair.slice(cut + 1));
    }
    const to = answer.headers.get('location');
    if (to === null) throw new Error(`${answer.status} at ${at}: ${(await answer.text()).slice(0, 2000)}`);
    at = new URL(to, at).href;
    if (at.startsWith(home)) return new URL(at).search.slice(1);
  }
  throw new Error('the provider sends the browser round in circles');
}

/** Puts another ID token into the answer of the token endpoint. */
function tamper(response: ServerResponse, change: (token: string) => Promise<string> | string): void {
  const end = response.end.bind(response);
  response.end = ((chunk: unknown) => {
    void (async () => {
      const text = Buffer.isBuffer(chunk) || typeof chunk === 'string' ? chunk.toString() : '{}';
      const body = JSON.parse(text) as { id_token?: string };
      if (body.id_token !== undefined) body.id_token = await change(body.id_token);
      const out = JSON.stringify(body);
      response.setHeader('content-length', Buffer.byteLength(out));
      end(out);
    })();
    return response;
  }) as typeof response.end;
}
