import { checkCelTypes } from '../../kernel/cel.ts';
import type { Diagnostic } from '../../kernel/diagnostic.ts';
import type { YamlDocument } from '../../kernel/yaml.ts';
import type { OwnExample } from './examples.ts';
import { FACT_TYPES } from './fact-types.ts';

/** Examples of a document that answer otherwise than it expects. */
export function exampleErrors(document: YamlDocument, examples: readonly OwnExample[]): Diagnostic[] {
  return examples
    .filter((one) => one.verdict !== one.expect)
    .map(({ example, expect, verdict, reasons }) =>
      document.error(
        ['examples', example, 'expect'],
        'gates.example-fails',
        `the policy answers ${verdict}, and ${expect} is expected: ${reasons.join(' ').slice(0, 1000)}`,
        'Correct the rule or the example: a policy whose own examples fail is not saved.',
      ),
    );
}

/** Warnings about checks that stand in a document and are asked nowhere in it: they stop nothing. `where` says how one is asked. */
export function unaskedChecks(
  document: YamlDocument,
  checks: Readonly<Record<string, unknown>>,
  asked: readonly (readonly string[])[],
  where: string,
): Diagnostic[] {
  const names = new Set(asked.flat());
  return Object.keys(checks)
    .filter((id) => !names.has(id))
    .map((id) => ({
      ...document.error(['checks', id], 'gates.unasked-check', `the check "${id}" is asked nowhere, so it stops nothing`, where),
      severity: 'warning',
    }));
}

/** Rules that name a fact that there is not, or compare what can't be compared. What was saved before is read without this. */
export function typeErrors(document: YamlDocument, checks: Readonly<Record<string, { readonly rule?: string | undefined }>>): Diagnostic[] {
  return Object.entries(checks).flatMap(([id, { rule }]) => {
    if (rule === undefined) return [];
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
