import { ACTIONS, roleMay, type Action, type Role } from '../contract/actions.ts';
import type { Actor, Credential } from '../kernel/actor.ts';
import { workloadMay } from './workload/limits.ts';

/** Where a role is held. All null: over the organisation. More than one set: all of them must match. */
export type Binding = {
  readonly role: Role;
  readonly team: string | null;
  readonly service: string | null;
  readonly environment: string | null;
};

/** What an action is about; what is not named is the whole organisation. */
export type About = {
  readonly team?: string | undefined;
  readonly service?: string | undefined;
  readonly environment?: string | undefined;
};

/**
 * Whether `actor`, holding `bindings`, may do `action` on `about`: deny by default. A binding counts where every part
 * of its scope is named by what the action is about; a token's own limits only ever narrow.
 */
export function may(actor: Actor, bindings: readonly Binding[], action: Action, about: About): boolean {
  if (!Object.hasOwn(ACTIONS, action)) return false;
  return tokenAllows(actor, action, about) && bindings.some((binding) => roleMay(binding.role, action) && covers(binding, about));
}

/** Whether the scope of `binding` takes in `about`. */
export function covers(binding: Binding, about: About): boolean {
  return fits(binding.team, about.team) && fits(binding.service, about.service) && fits(binding.environment, about.environment);
}

function fits(held: string | null, asked: string | undefined): boolean {
  return held === null || held === asked;
}

/** Whether a credential lets its holder do `action` anywhere: a token narrows, and a workload may never decide or administer. */
export function credentialAllows(credential: Credential, action: Action): boolean {
  if (credential.kind !== 'token') return true;
  if (credential.witness !== undefined && !workloadMay(action)) return false;
  return credential.actions === null || credential.actions.includes(action);
}

/** Whether a credential can do less than its holder: what is about the holder and not about one action needs a whole one. */
export function isNarrow(credential: Credential): boolean {
  return credential.kind === 'token' && (credential.actions !== null || credential.services !== null || credential.witness !== undefined);
}

function tokenAllows(actor: Actor, action: Action, about: About): boolean {
  if (actor.kind !== 'person' && actor.kind !== 'bot') return false;
  const { credential } = actor;
  if (!credentialAllows(credential, action)) return false;
  if (credential.kind !== 'token') return true;
  return credential.services === null || (about.service !== undefined && credential.services.includes(about.service));
}
