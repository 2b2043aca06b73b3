import type { Witness } from './witness.ts';

/**
 * Who acts. Every command takes one. `person` is the human behind it where there is one: rules about segregation of
 * duties are about persons, never about accounts, tokens or bots.
 */
export type Actor =
  | { readonly kind: 'person'; readonly id: string; readonly org: string; readonly credential: Credential }
  | { readonly kind: 'bot'; readonly id: string; readonly org: string; readonly owner: string; readonly credential: Credential }
  | { readonly kind: 'runner'; readonly id: string; readonly org: string }
  | { readonly kind: 'agent'; readonly id: string; readonly org: string }
  | { readonly kind: 'hook'; readonly id: string; readonly org: string }
  | { readonly kind: 'system'; readonly id: string; readonly org: string };

/** By what an actor was recognised. A token may be narrower than its owner; a session is a browser's where `screen` says so. */
export type Credential =
  | {
      readonly kind: 'session';
      readonly id: string;
      readonly authenticatedAt: string;
      readonly screen?: boolean;
      readonly provider?: string;
    }
  | {
      readonly kind: 'token';
      readonly id: string;
      readonly actions: readonly string[] | null;
      readonly services: readonly string[] | null;
      /** The job of another CI that holds it, as its issuer attests. It may less than any other token. */
      readonly witness?: Witness;
    };

/** The program itself, acting on a fact. `name` says which part of it. */
export function system(org: string, name: string): Actor {
  return { kind: 'system', id: name, org };
}

/** The person answerable for what this actor does: the person, or the bot's owner; null for machines. */
export function personBehind(actor: Actor): string | null {
  if (actor.kind === 'person') return actor.id;
  return actor.kind === 'bot' ? actor.owner : null;
}

/** `person:per_...`: how an actor is written in facts and logs. */
export function actorLabel(actor: Actor): string {
  return `${actor.kind}:${actor.id}`;
}
