import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import { opaAnswer } from './opa.store.ts';
import { opaQuestions, type GatesInput } from './policy/evaluate.ts';
import type { OpaAnswer } from './policy/opa.ts';

/** The input with what OPA answered to exactly it; without checks that ask OPA the same value, so that its digest stays. */
export async function withOpaAnswers(tx: Tx, input: GatesInput, now: Instant): Promise<GatesInput> {
  const questions = opaQuestions(input, now);
  if (questions.length === 0) return input;
  const facts: GatesInput['facts'][number][] = [];
  for (const one of input.facts) {
    const opa: OpaAnswer[] = [];
    for (const question of questions.filter(({ artifact }) => artifact === one.digest)) {
      const said = await opaAnswer(tx, question);
      if (said !== null && !opa.some((other) => other.connection === said.connection && other.path === said.path)) opa.push(said);
    }
    facts.push({ ...one, opa });
  }
  return { ...input, facts };
}
