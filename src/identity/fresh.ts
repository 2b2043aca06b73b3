import type { Action } from '../contract/actions.ts';
import type { Actor } from '../kernel/actor.ts';
import { plus, type Instant } from '../kernel/time.ts';

/** Acts that need a person who has just proved who they are: a stolen session must not approve, override, or give rights. */
const IN_PRODUCTION: ReadonlySet<Action> = new Set(['approval.give', 'waiver.decide', 'deployment.break-glass']);
const EVERYWHERE: ReadonlySet<Action> = new Set(['admin.people', 'admin.tokens', 'admin.machines']);

export type FreshRules = { readonly freshMs: number; readonly tokensDecide: 'any' | 'narrowed' | 'none' };
export type Freshness = 'ok' | 'sign-in-again' | 'token-may-not';

/** Whether `action` asks for a fresh sign-in at all; `production` is true where it is not known to be elsewhere. */
export function asksForFresh(action: Action, production: () => Promise<boolean>): Promise<boolean> {
  if (EVERYWHERE.has(action)) return Promise.resolve(true);
  return IN_PRODUCTION.has(action) ? production() : Promise.resolve(false);
}

/** Until when the credential of `actor` counts as fresh; null where it has no end of its own (tokens, sessions of
 * programs that were opened with a password). What a provider opened is fresh for as long as its sign-in there is young. */
export function freshUntil(actor: Actor, rules: FreshRules): Instant | null {
  if (actor.kind !== 'person' && actor.kind !== 'bot') return null;
  const { credential } = actor;
  const ages = credential.kind === 'session' && (credential.screen === true || credential.provider !== undefined);
  return ages ? plus(credential.authenticatedAt, rules.freshMs) : null;
}

/**
 * Whether the credential is good enough for an action that asks for a fresh one. A browser's session must be young. What
 * a token may is configured: `narrowed` means only one that was made for this very action.
 */
export function freshness(actor: Actor, action: Action, now: Instant, rules: FreshRules): Freshness {
  const until = freshUntil(actor, rules);
  if (until !== null && until <= now) return 'sign-in-again';
  if (actor.kind !== 'person' && actor.kind !== 'bot') return 'ok';
  const { credential } = actor;
  if (credential.kind !== 'token' || !IN_PRODUCTION.has(action) || rules.tokensDecide === 'any') return 'ok';
  const named = credential.actions?.includes(action) === true;
  return rules.tokensDecide === 'narrowed' && named ? 'ok' : 'token-may-not';
}
