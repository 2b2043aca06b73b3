import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { afterAll } from 'vitest';

export type Issuer = {
  readonly url: string;
  /** `127.0.0.1:port`: what a test's egress must allow. */
  readonly place: string;
  /** How often its keys were asked for. */
  readonly asked: () => number;
  readonly keys: () => readonly JWK[];
  /** Publishes a new key in place of the old one, and signs with it from now on. */
  rotate(): Promise<void>;
  /** Answers 503 to everybody. */
  down(yes: boolean): void;
  /** A token of this issuer; `iat` and `exp` are now and in five minutes where they are not given. */
  sign(claims: Readonly<Record<string, unknown>>, header?: Readonly<Record<string, unknown>>): Promise<string>;
  readonly privateKey: () => CryptoKey;
};

/** A small OpenID issuer on loopback: discovery, keys, and tokens signed with them. Closed after the file's tests. */
export async function openIssuer(alg: 'RS256' | 'PS256' | 'ES256' | 'EdDSA' = 'RS256'): Promise<Issuer> {
  let count = 0;
  let asked = 0;
  let isDown = false;
  const make = async (): Promise<{ jwk: JWK; key: CryptoKey; kid: string }> => {
    const pair = await generateKeyPair(alg, { extractable: true });
    const kid = `key-${(count += 1)}`;
    return { kid, key: pair.privateKey, jwk: { ...(await exportJWK(pair.publicKey)), kid, use: 'sig', alg } };
  };
  let current = await make();
  const server = createServer((request, response) => {
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (isDown) return send(503, {});
    if (request.url === '/.well-known/openid-configuration') return send(200, { issuer: url, jwks_uri: `${url}/keys` });
    if (request.url !== '/keys') return send(404, {});
    asked += 1;
    return send(200, { keys: [current.jwk] });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const place = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const url = `http://${place}`;
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url,
    place,
    asked: () => asked,
    keys: () => [current.jwk],
    privateKey: () => current.key,
    rotate: async () => {
      current = await make();
    },
    down: (yes) => {
      isDown = yes;
    },
    sign: (claims, header = {}) => {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT({ iss: url, iat: now, exp: now + 300, ...claims })
        .setProtectedHeader({ alg, kid: current.kid, typ: 'JWT', ...header })
        .sign(current.key);
    },
  };
}
