import type { HOOK_INPUTS } from '../../contract/hooks.ts';
import type { Actor } from '../../kernel/actor.ts';
import type { Floor } from '../../platform/floor.ts';

export type InputKind = (typeof HOOK_INPUTS)[number];

/** What can be told here, as `/v1/record/...` takes it. Joined in app/, because each belongs to another slice. */
export type Inputs = {
  /** The fields of an input: those that must be there, and the others. */
  fields(kind: InputKind): { readonly required: readonly string[]; readonly optional: readonly string[] };
  /** What is wrong with these values, each with its place; empty where they can be told. */
  wrong(kind: InputKind, fields: Readonly<Record<string, unknown>>): readonly string[];
  /** Whether the service of this name is one of these, by id. */
  isOneOf(floor: Floor, actor: Actor, service: unknown, ids: ReadonlySet<string>): Promise<boolean>;
  /**
   * Tells it, in transactions of its own; told twice is once. Answers in one line what became of it. Throws a Problem where
   * it can't be told.
   */
  tell(floor: Floor, actor: Actor, kind: InputKind, fields: Readonly<Record<string, unknown>>): Promise<string>;
};
