import type { Diagnostic } from '../../kernel/diagnostic.ts';
import { readYaml } from '../../kernel/yaml.ts';
import { checkShape } from '../../kernel/yaml-shape.ts';
import type { PolicyDocument } from './document.ts';
import { policyDocumentSchema, policyFrom } from './document.ts';
import { runOwnExamples } from './examples.ts';
import type { Policy } from './policy.ts';
import { belowMinimum, type Above } from './read-requirements.ts';
import { exampleErrors, typeErrors, unaskedChecks } from './rule-errors.ts';

export type PolicyRead =
  | { readonly ok: true; readonly document: PolicyDocument; readonly policy: Policy; readonly warnings: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Reads a policy file: all its errors at once, each at its words. With `minimum`, also what asks less than the organisation does. */
export function readPolicy(source: string, file: string, version: number, minimum: Above | null = null): PolicyRead {
  const yaml = readYaml(source, file);
  if (!yaml.ok) return yaml;
  const shape = checkShape(yaml.document, policyDocumentSchema);
  if (!shape.ok) return shape;
  const mistyped = typeErrors(yaml.document, shape.value.checks);
  if (mistyped.length > 0) return { ok: false, diagnostics: mistyped };
  const policy = policyFrom(shape.value, version);
  const below = minimum === null ? [] : belowMinimum(yaml.document, policy, minimum);
  if (below.length > 0) return { ok: false, diagnostics: below };
  const failed = exampleErrors(yaml.document, runOwnExamples(policy, shape.value.examples ?? {}));
  if (failed.length > 0) return { ok: false, diagnostics: failed };
  const asked = Object.values(shape.value.tiers).flatMap((kinds) => Object.values(kinds).map(({ checks }) => checks));
  const where = 'Name it under tiers: TIER: KIND OF ENVIRONMENT: checks, or take it out.';
  return { ok: true, document: shape.value, policy, warnings: unaskedChecks(yaml.document, shape.value.checks, asked, where) };
}
