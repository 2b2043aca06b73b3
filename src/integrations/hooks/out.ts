import { compileCel } from '../../kernel/cel.ts';
import type { Millis } from '../../kernel/time.ts';
import { cdEventOf, cloudEventOf, type FactSeen, type Names } from './cdevents.ts';

/** Pauses before another attempt; after the last of them a delivery is parked: a bit more than a day after it was made. */
export const PAUSES_MS: readonly Millis[] = [5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 36_000].map((seconds) => seconds * 1000);
/** So many failures one after the other, and an endpoint is left alone for a while, longer each time. */
export const BREAK_AFTER = 5;
const QUIET_MS: Millis = 30_000;
const QUIET_MOST_MS: Millis = 15 * 60_000;
/** An endpoint that fails for so long is told nothing any more, until a person says so. */
export const DISABLE_AFTER_MS: Millis = 5 * 24 * 3_600_000;

/** When attempt number `attempts` has failed: how long until the next, a fifth of it by chance (`random` in [0, 1)); null: never. */
export function pauseAfter(attempts: number, random: number): Millis | null {
  const pause = PAUSES_MS[attempts - 1];
  return pause === undefined ? null : Math.round(pause * (0.9 + random * 0.2));
}

/** How long an endpoint with so many failures in a row is left alone; null: not at all. */
export function quietFor(failures: number): Millis | null {
  return failures < BREAK_AFTER ? null : Math.min(QUIET_MOST_MS, QUIET_MS * 2 ** Math.min(10, failures - BREAK_AFTER));
}

export type Subscription = { readonly types: readonly string[]; readonly filter: string | null; readonly form: 'cdevents' | 'facts' };

/** Why a filter can't be used; null where it can. */
export function wrongFilter(filter: string): string | null {
  const compiled = compileCel(filter, ['fact']);
  return compiled.ok ? null : `${compiled.message} (at ${compiled.offset + 1})`;
}

/** Whether a subscription wants a fact. A filter that can't be answered for it doesn't want it. */
export function wants({ types, filter }: Subscription, fact: FactSeen): boolean {
  if (types.length > 0 && !types.includes(fact.type)) return false;
  if (filter === null) return true;
  const compiled = compileCel(filter, ['fact']);
  const answer = compiled.ok ? compiled.evaluate({ fact }) : null;
  return answer?.kind === 'value' && answer.value === true;
}

export type Payload = { readonly contentType: string; readonly text: string };

/** What goes out for a fact; null where the form has no word for it. */
export function payloadOf(form: Subscription['form'], told: FactSeen, names: Names, base: string): Payload | null {
  const fact = { ...told, body: withoutCredentials(told.body) as FactSeen['body'] };
  if (form === 'facts') {
    const { id, type, subject, service, at, body } = fact;
    const name = service === null ? null : (names.get(service) ?? null);
    return {
      contentType: 'application/json',
      text: JSON.stringify({ id, type, subject, service, serviceName: name, at, body, source: base }),
    };
  }
  const event = cdEventOf(fact, names, base);
  return event === null ? null : { contentType: 'application/cloudevents+json', text: JSON.stringify(cloudEventOf(event)) };
}

/** Addresses of repositories may carry a user and a password: these stay in the house. */
function withoutCredentials(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(/:\/\/[^/@\s]{1,500}@/g, '://');
  if (Array.isArray(value)) return value.map(withoutCredentials);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutCredentials(inner)]));
}
