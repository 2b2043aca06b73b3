import { hasDuplicateKeys } from '../../kernel/strict-json.ts';

/** What a signed token is at most: those of GitHub Actions and GitLab have 2 to 3 KB. */
export const TOKEN_LIMIT = 8192;

/** Signatures that count. What needs a shared secret, and `none`, is not among them; no setting adds any. */
export const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

export type Compact = {
  readonly token: string;
  readonly header: { readonly alg: string; readonly kid: string | null };
  /** Of the issuer once the signature was verified, of anybody before. */
  readonly claims: Claims;
  /** What the signature is over: the same for every signature of the same token. */
  readonly signed: string;
};
export type Claims = Readonly<Record<string, unknown>>;

/** What a header may hold beside `alg`: names of keys, which only choose among those that the issuer publishes. */
const HEADERS: ReadonlySet<string> = new Set(['alg', 'kid', 'typ', 'x5t', 'x5t#S256', 'x5c']);
const PART = /^[A-Za-z0-9_-]+$/;

/** Whether a credential has the shape of a signed token: three parts, of which the first begins like a JSON object. */
export function looksSigned(credential: string): boolean {
  return credential.startsWith('ey') && credential.split('.').length === 3;
}

/**
 * Takes a JWT (RFC 7519) in compact serialization apart, without believing it. Answers why where it is none, or says
 * more of its own making than we would follow: keys it brings along, critical extensions, members named twice.
 */
export function readCompact(token: string, algorithms: readonly string[] = ALGORITHMS): Compact | { readonly wrong: string } {
  if (token.length > TOKEN_LIMIT) return { wrong: `it is longer than ${TOKEN_LIMIT} characters` };
  const parts = token.split('.');
  const [head = '', body = '', signature = ''] = parts;
  if (parts.length === 5) return { wrong: 'it is encrypted (JWE), and only signed ones are taken' };
  if (parts.length !== 3) return { wrong: 'it has not the three parts of a signed token' };
  if (![head, body, signature].every((part) => PART.test(part) && canonical(part))) return { wrong: 'it is not base64url throughout' };
  const header = objectIn(head);
  const claims = objectIn(body);
  if (header === null || claims === null) return { wrong: 'its header or its claims are no JSON object with each member once' };
  const { alg, kid, typ } = header;
  if (typeof alg !== 'string' || !algorithms.includes(alg)) return { wrong: `its algorithm is none of ${algorithms.join(', ')}` };
  const odd = Object.keys(header).find((name) => !HEADERS.has(name));
  if (odd !== undefined) return { wrong: `its header has "${odd.slice(0, 40)}", which is not followed` };
  if (typ !== undefined && (typeof typ !== 'string' || typ.toLowerCase() !== 'jwt')) return { wrong: 'its type is not JWT' };
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > 300)) return { wrong: 'its kid is no short text' };
  return { token, header: { alg, kid: kid ?? null }, claims, signed: `${head}.${body}` };
}

/** One text of the bytes: the last sign of a part has bits that mean nothing, and must be the zeros that they are. */
function canonical(part: string): boolean {
  return Buffer.from(part, 'base64url').toString('base64url') === part;
}

function objectIn(part: string): Readonly<Record<string, unknown>> | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(part, 'base64url'));
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value) || hasDuplicateKeys(text)) return null;
    return value as Readonly<Record<string, unknown>>;
  } catch {
    return null;
  }
}
