import type { z } from 'zod';

/**
 * A kind of fact that a slice announces. `type` uses the vocabulary of CDEvents where it has a word
 * (`pipelinerun.finished`, `artifact.published`, `service.deployed`, `incident.detected`), else our own.
 * The body schema keeps facts to plain JSON with safe integers; persons appear by id only, never by name or e-mail.
 */
export type EventKind<Type extends string = string, Body = unknown> = {
  readonly type: Type;
  /** The id prefix of what the fact is about: `run`, `rel`, `dep` ... */
  readonly subject: string;
  /** One sentence for people: what has happened when this is announced. */
  readonly means: string;
  readonly body: z.ZodType<Body>;
};

/** Declares a kind of event; `.events.ts` files hold nothing else. */
export function defineEvent<const Type extends string, Body>(kind: EventKind<Type, Body>): EventKind<Type, Body> {
  return kind;
}

/** The body of an event kind. */
export type BodyOf<Kind> = Kind extends EventKind<string, infer Body> ? Body : never;
