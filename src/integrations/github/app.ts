import { createPrivateKey, createSign } from 'node:crypto';

/** The token by which a GitHub App says who it is (RS256 JWT, at most ten minutes): `now` in milliseconds since the epoch. */
export function appToken(app: string, privateKey: string, now: number): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  // A minute back, because the clocks may differ.
  const at = Math.floor(now / 1000) - 60;
  const body = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iat: at, exp: at + 540, iss: app })}`;
  return `${body}.${createSign('RSA-SHA256').update(body).sign(privateKey).toString('base64url')}`;
}

/** What is wrong with a private key, in words; null: nothing. */
export function keyFault(privateKey: string): string | null {
  try {
    return createPrivateKey(privateKey).asymmetricKeyType === 'rsa' ? null : 'it is no RSA key';
  } catch {
    return 'it is no private key in PEM form';
  }
}
