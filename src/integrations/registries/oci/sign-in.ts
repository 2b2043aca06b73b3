import type { EgressAnswer, EgressCall } from '../../../host/egress.http.ts';
import type { Millis } from '../../../kernel/time.ts';
import { at, text } from '../../forges/loose.ts';
import { refused, tokenElsewhere } from '../registries.problems.ts';
import { challengesOf } from './names.ts';

/** Where and as whom. `tokenService`: the host that may be asked for tokens beside the registry's own. */
export type SignInAt = {
  readonly url: string;
  readonly user: string | null;
  readonly password: string | null;
  readonly tokenService: string | null;
};

/** What signs requests in; `lastsMs` null: until the credential changes. */
export type SignedIn = { readonly header: string; readonly lastsMs: Millis | null };

/** Docker Hub's token service stands at another host than its registry, and everybody knows both. */
const KNOWN: Readonly<Record<string, string>> = { 'registry-1.docker.io': 'auth.docker.io' };

/**
 * Answers a registry's `WWW-Authenticate`: basic, or a bearer token for these scopes
 * (https://distribution.github.io/distribution/spec/auth/token/). The credential goes to the registry's own host or to the
 * named token service, never where an answer says alone: `registries.token-elsewhere`. null: nothing of ours fits.
 */
export async function signIn(
  registry: SignInAt,
  scopes: readonly string[],
  challenge: string,
  ask: (call: EgressCall) => Promise<EgressAnswer>,
): Promise<SignedIn | null> {
  const { user, password } = registry;
  const challenges = challengesOf(challenge);
  const basic = user === null || password === null ? null : `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
  const bearer = challenges.find((one) => one.scheme === 'bearer');
  if (bearer === undefined)
    return basic !== null && challenges.some((one) => one.scheme === 'basic') ? { header: basic, lastsMs: null } : null;
  const realm = URL.parse(bearer.of['realm'] ?? '');
  if (realm === null || !mayAsk(registry, realm))
    throw tokenElsewhere({ host: new URL(registry.url).host, realm: (bearer.of['realm'] ?? 'nowhere').slice(0, 200) });
  if (bearer.of['service'] !== undefined) realm.searchParams.set('service', bearer.of['service']);
  for (const scope of scopes) realm.searchParams.append('scope', scope);
  const headers = { accept: 'application/json', ...(basic === null ? {} : { authorization: basic }) };
  const answer = await ask({ url: realm.href, headers, limit: 256 * 1024 });
  const said = answer.status === 200 ? parse(answer.body) : null;
  const token = text(at(said, 'token') ?? at(said, 'access_token'), 100_000);
  if (token === null || !/^[\x21-\x7e]+$/.test(token)) throw refused({ host: realm.host, status: answer.status, what: 'a token' });
  const seconds = Number(at(said, 'expires_in') ?? 60);
  const lasts = Number.isFinite(seconds) ? Math.min(Math.max(seconds, 10), 3600) : 60;
  return { header: `Bearer ${token}`, lastsMs: (lasts - 5) * 1000 };
}

function mayAsk({ tokenService, url }: SignInAt, realm: URL): boolean {
  const registry = new URL(url);
  if (realm.protocol !== 'https:' && realm.protocol !== registry.protocol) return false;
  return realm.host === registry.host || realm.host === tokenService || realm.host === KNOWN[registry.host];
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return null;
  }
}
