import type { Diagnostic } from '../../kernel/diagnostic.ts';
import { readYaml } from '../../kernel/yaml.ts';
import { checkShape } from '../../kernel/yaml-shape.ts';
import type { PolicyDocument } from './document.ts';
import { policyDocumentSchema, policyFrom } from './document.ts';
import type { Policy } from './policy.ts';

export type PolicyRead =
  | { readonly ok: true; readonly document: PolicyDocument; readonly policy: Policy }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Reads a policy file: all its errors at once, each at its words. */
export function readPolicy(source: string, file: string, version: number): PolicyRead {
  const yaml = readYaml(source, file);
  if (!yaml.ok) return yaml;
  const shape = checkShape(yaml.document, policyDocumentSchema);
  return shape.ok ? { ok: true, document: shape.value, policy: policyFrom(shape.value, version) } : shape;
}
