import type { Diagnostic } from '../../kernel/diagnostic.ts';
import { checkCelTypes } from '../../kernel/cel.ts';
import { readYaml, type YamlDocument } from '../../kernel/yaml.ts';
import { checkShape } from '../../kernel/yaml-shape.ts';
import type { PolicyDocument } from './document.ts';
import { policyDocumentSchema, policyFrom } from './document.ts';
import { FACT_TYPES } from './fact-types.ts';
import { runOwnExamples } from './examples.ts';
import type { Policy } from './policy.ts';

export type PolicyRead =
  | { readonly ok: true; readonly document: PolicyDocument; readonly policy: Policy }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** Reads a policy file: all its errors at once, each at its words. */
export function readPolicy(source: string, file: string, version: number): PolicyRead {
  const yaml = readYaml(source, file);
  if (!yaml.ok) return yaml;
  const shape = checkShape(yaml.document, policyDocumentSchema);
  if (!shape.ok) return shape;
  const mistyped = typeErrors(yaml.document, shape.value);
  if (mistyped.length > 0) return { ok: false, diagnostics: mistyped };
  const policy = policyFrom(shape.value, version);
  const failed = runOwnExamples(policy, shape.value.examples ?? {}).filter((one) => one.verdict !== one.expect);
  if (failed.length === 0) return { ok: true, document: shape.value, policy };
  return {
    ok: false,
    diagnostics: failed.map(({ example, expect, verdict, reasons }) =>
      yaml.document.error(
        ['examples', example, 'expect'],
        'gates.example-fails',
        `the policy answers ${verdict}, and ${expect} is expected: ${reasons.join(' ').slice(0, 1000)}`,
        'Correct the rule or the example: a policy whose own examples fail is not saved.',
      ),
    ),
  };
}

/** Rules that name a fact that there is not, or compare what can't be compared. What was saved before is read without this. */
function typeErrors(document: YamlDocument, { checks }: Pick<PolicyDocument, 'checks'>): Diagnostic[] {
  return Object.entries(checks).flatMap(([id, { rule }]) => {
    const typed = checkCelTypes(rule, FACT_TYPES, 'bool');
    if (typed.ok) return [];
    const { range } = document.error(['checks', id, 'rule'], '', '', '');
    const place = document.inside(['checks', id, 'rule'], typed.offset, 1);
    return [
      {
        ...document.error(
          ['checks', id, 'rule'],
          'gates.bad-rule',
          `the rule can't be right: ${typed.message}`,
          `Facts are ${Object.keys(FACT_TYPES).join(', ')}; docs/guide/gates.md lists their members.`,
        ),
        range: typed.offset === 0 ? range : place,
      },
    ];
  });
}
