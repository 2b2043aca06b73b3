import { ENVIRONMENT_KINDS } from '../../catalog/environment.ts';
import { inOrder, type Diagnostic } from '../../kernel/diagnostic.ts';
import { readYaml, type YamlDocument } from '../../kernel/yaml.ts';
import { checkShape } from '../../kernel/yaml-shape.ts';
import { runOwnExamples } from './examples.ts';
import { askedBy, type Level } from './levels.ts';
import type { EnvironmentPolicy, Policy } from './policy.ts';
import { TIERS } from './policy.ts';
import { exampleErrors, typeErrors, unaskedChecks } from './rule-errors.ts';
import { requirementsFrom, requirementsSchema, type Requirement, type WrittenRequirements } from './requirements.ts';
import { weaker, type Weaker } from './stricter.ts';

export type RequirementsRead =
  | {
      readonly ok: true;
      readonly written: WrittenRequirements;
      readonly asks: readonly Requirement[];
      readonly warnings: readonly Diagnostic[];
    }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/** What is asked above of a tier and kind of environment, and by whom, in words. */
export type Above = { readonly words: string; of(tier: 1 | 2 | 3, kind: (typeof ENVIRONMENT_KINDS)[number]): EnvironmentPolicy };

/** The name of the file in a repository, beside its pipeline. */
export const REPOSITORY_POLICY = '.yardmaster/policy.yaml';

/**
 * Reads what a level asks: all its errors at once, each at its words. With `above`, whatever it says that is less than what
 * is asked there already is an error: it could take nothing away, and who wrote it thinks otherwise. Lists only add.
 */
export function readRequirements(source: string, file: string, above: Above | null): RequirementsRead {
  const yaml = readYaml(source, file);
  if (!yaml.ok) return yaml;
  const shape = checkShape(yaml.document, requirementsSchema);
  if (!shape.ok) return shape;
  const written = shape.value;
  const asks = requirementsFrom(written, 'added');
  const mistyped = typeErrors(yaml.document, written.checks ?? {});
  if (mistyped.length > 0) return { ok: false, diagnostics: mistyped };
  const loose = above === null ? [] : loosened(yaml.document, written, asks, above);
  if (loose.length > 0) return { ok: false, diagnostics: inOrder(loose) };
  const failed = exampleErrors(yaml.document, runOwnExamples(alone(asks), written.examples ?? {}));
  if (failed.length > 0) return { ok: false, diagnostics: failed };
  const asked = written.requires.map(({ checks = [] }) => checks);
  const where = 'Name it under checks of an entry of requires, or take it out.';
  return { ok: true, written, asks, warnings: unaskedChecks(yaml.document, written.checks ?? {}, asked, where) };
}

/** Where a policy asks less than the organisation's minimum. */
export function belowMinimum(document: YamlDocument, policy: Policy, minimum: Above): Diagnostic[] {
  const found = TIERS.flatMap((tier) =>
    ENVIRONMENT_KINDS.flatMap((kind) =>
      weaker(policy.tiers[tier][kind], minimum.of(tier, kind)).map(({ path, above }) =>
        document.error(
          ['tiers', String(tier), kind, ...path],
          'gates.below-minimum',
          path[0] === 'checks'
            ? `a check of this name is asked by ${minimum.words} of tier ${tier} in ${kind} already: ${above}`
            : `this asks less than ${minimum.words} of tier ${tier} in ${kind}, which says ${above}`,
          path[0] === 'checks'
            ? 'Give your check a name of its own, or the same rule and mode.'
            : 'Ask at least that; the minimum holds in any case.',
        ),
      ),
    ),
  );
  return [...inOrder(found)];
}

/** The rules of a level with no policy under them, for its own examples. */
function alone(asks: readonly Requirement[]): Policy {
  const level: Level = { level: 'organisation', of: null, version: null, asks };
  const kinds = (tier: 1 | 2 | 3): Policy['tiers'][1] => ({
    development: askedBy([level], tier, 'development'),
    test: askedBy([level], tier, 'test'),
    staging: askedBy([level], tier, 'staging'),
    production: askedBy([level], tier, 'production'),
  });
  return { name: 'added', version: 1, title: '', tiers: { 1: kinds(1), 2: kinds(2), 3: kinds(3) } };
}

function loosened(document: YamlDocument, written: WrittenRequirements, asks: readonly Requirement[], above: Above): Diagnostic[] {
  return asks.flatMap(({ tiers, kinds, rules }, index) => {
    const seen = new Set<string>();
    return tiers.flatMap((tier) =>
      kinds.flatMap((kind) =>
        weaker(rules, above.of(tier, kind)).flatMap((one) => {
          const path = ['requires', index, ...one.path];
          if (!isSaid(written.requires[index], one.path) || seen.has(path.join('\0'))) return [];
          seen.add(path.join('\0'));
          return [lessThan(document, path, one, `${above.words} of tier ${tier} in ${kind}`)];
        }),
      ),
    );
  });
}

function lessThan(document: YamlDocument, path: readonly (string | number)[], { above, path: [part] }: Weaker, by: string): Diagnostic {
  return document.error(
    path,
    'gates.loosens',
    part === 'checks' ? `a check of this name is asked by ${by} already: ${above}` : `this asks less than ${by}, which says ${above}`,
    part === 'checks'
      ? 'Give your check a name of its own, the same rule and mode, or leave it out.'
      : 'Ask more than that, or leave it out: it holds in any case.',
  );
}

/** Whether the place is written there. What is left out asks for nothing, and lists only add to those above. */
function isSaid(entry: unknown, path: Weaker['path']): boolean {
  if (path.join('.') === 'verification.checks' || path.join('.') === 'readiness.checklist') return false;
  let value: unknown = entry;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value !== undefined;
}
