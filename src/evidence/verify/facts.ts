import { canonicalFact } from '../../kernel/canonical.ts';
import type { Checkpoint } from '../../kernel/checkpoint.ts';
import { leafHash, verifyInclusion } from '../../kernel/merkle.ts';
import { checked, type Check, type Opened, type ReadFact } from './check.ts';
import { leafSchema } from './format.ts';

/** Reads every fact and proves each at its position under the checkpoint's root. */
export function checkFacts({ bundle }: Opened, checkpoint: Checkpoint): { readonly facts: readonly ReadFact[]; readonly check: Check } {
  const facts: ReadFact[] = [];
  const wrong: string[] = [];
  const seen = new Set<string>();
  let before = -1;
  for (const { position, leaf: text, proof } of bundle.sections.facts) {
    if (position <= before) wrong.push(`the fact at ${position} stands after the one at ${before}`);
    before = position;
    const hashes = proof.map((hash) => Buffer.from(hash, 'base64'));
    if (!verifyInclusion(leafHash(Buffer.from(text)), position, checkpoint.size, hashes, checkpoint.root)) {
      wrong.push(`the fact at ${position} is not the one in the signed log`);
      continue;
    }
    const fact = readFact(text);
    if (fact === null) wrong.push(`the fact at ${position} has the wrong form`);
    else if (seen.has(fact.id)) wrong.push(`the fact ${fact.id} is there twice`);
    else facts.push({ position, leaf: fact });
    if (fact !== null) seen.add(fact.id);
  }
  return { facts, check: checked('facts', wrong, `${facts.length} facts are in the signed log, each at its place`) };
}

function readFact(text: string): ReadFact['leaf'] | null {
  try {
    const value: unknown = JSON.parse(text);
    return canonicalFact(value) === text ? leafSchema.parse(value) : null;
  } catch {
    return null;
  }
}
