import type { Millis } from '../../kernel/time.ts';
import type { Claims } from './compact.ts';

/** How far the issuer's clock may be from ours. */
export const LEEWAY_S = 60;

export type Asked = {
  readonly issuer: string;
  readonly audience: string;
  /** Our clock, in milliseconds since 1970. */
  readonly nowMs: Millis;
  /** How long ago it may have been issued. */
  readonly maxAgeS: number;
};

/**
 * What is wrong with the claims that every token has (RFC 7519, section 4.1), each in one sentence; nothing where they are right.
 * Issuer and audience are compared as they stand, and the audience must be the only one: a token that others may use too
 * is not ours alone.
 */
export function faultsOf(claims: Claims, { issuer, audience, nowMs, maxAgeS }: Asked): string[] {
  const now = nowMs / 1000;
  const { iss, aud, sub, exp, iat, nbf } = claims;
  const faults: string[] = [];
  if (iss !== issuer) faults.push('its issuer (iss) is another one');
  const only: unknown = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  if (only !== audience) faults.push(`its audience (aud) is not ${audience} alone`);
  if (typeof sub !== 'string' || sub === '' || sub.length > 1000) faults.push('it names no subject (sub)');
  if (!isTime(exp)) faults.push('it says no end (exp)');
  else if (exp <= now - LEEWAY_S) faults.push(`it ended ${seconds(now - exp)} ago (exp)`);
  if (!isTime(iat)) faults.push('it does not say when it was issued (iat)');
  else if (iat > now + LEEWAY_S) faults.push(`it was issued ${seconds(iat - now)} in the future (iat): one of the clocks is wrong`);
  else if (iat < now - maxAgeS - LEEWAY_S) faults.push(`it was issued ${seconds(now - iat)} ago, and ${seconds(maxAgeS)} are taken (iat)`);
  if (nbf !== undefined && !isTime(nbf)) faults.push('its beginning is no time (nbf)');
  else if (isTime(nbf) && nbf > now + LEEWAY_S) faults.push(`it holds only in ${seconds(nbf - now)} (nbf)`);
  if (isTime(exp) && isTime(iat) && exp <= iat) faults.push('it ended before it was issued');
  return faults;
}

/** Seconds since 1970 that a clock can show. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 && value < 253_402_300_800;
}

function seconds(count: number): string {
  const whole = Math.round(count);
  return whole === 1 ? '1 second' : `${whole} seconds`;
}
