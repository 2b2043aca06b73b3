import type { Check, EnvironmentPolicy } from './policy.ts';

/**
 * The rules of an environment with the checks that a repository asks for itself. It may add and never remove: a check
 * under the id of one of the policy stands beside it, under a name of its own.
 */
export function tighten(rules: EnvironmentPolicy, added: readonly Check[]): EnvironmentPolicy {
  const taken = new Set(rules.checks.map(({ id }) => id));
  const more = added.map((check): Check => {
    let id = `repository-${check.id}`;
    while (taken.has(id)) id = `${id}-more`;
    taken.add(id);
    return { ...check, id };
  });
  return { ...rules, checks: [...rules.checks, ...more] };
}
