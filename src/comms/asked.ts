import type { Holder } from '../releases/answer-words.ts';
import type { RuleAnswer } from '../kernel/decision.ts';

/**
 * The persons of whom an answer asks an approval now: those it names, and those who hold a role it waits for and are not
 * `barred` (they are excluded, or have voted). Who stands in for one of them is asked too.
 */
export function askedPersons(rules: readonly RuleAnswer[], holders: readonly Holder[], barred: ReadonlySet<string>): string[] {
  const missing = rules.filter((rule) => rule.rule === 'approvals' && rule.verdict === 'wait').flatMap((rule) => rule.missing);
  const asked = new Set<string>();
  for (const { who } of missing) {
    const named = who.filter((one) => one.startsWith('per_'));
    for (const one of named) asked.add(one);
    if (named.length > 0) continue;
    for (const { id, roles, delegate } of holders) {
      if (barred.has(id) || !roles.some((role) => who.includes(role))) continue;
      asked.add(id);
      if (delegate !== null && !barred.has(delegate.id)) asked.add(delegate.id);
    }
  }
  return [...asked].sort();
}
