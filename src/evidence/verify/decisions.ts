import { policyDigest, type ResolvedPolicy } from '../../gates/policy/policy.ts';
import { digestOfValue, isDigest } from '../../kernel/digest.ts';
import { decide, differences, type MayShip, type Subject } from '../../releases/may-ship.ts';
import { RULES, type RuleInputs } from '../../releases/rules.ts';
import { checked, type Check, type Opened, type ReadFact } from './check.ts';

/** The type of the fact that pins a recorded answer of mayShip. */
export const DECISION_RECORDED = 'decision.recorded';

/** What the ledger says of a decision: its id, and the digest and verdict of the answer. */
export type PinnedDecision = { readonly id: string; readonly digest: string; readonly verdict: string; readonly position: number };

/** The decisions that the facts of the bundle pin. */
export function pinnedDecisions(facts: readonly ReadFact[]): PinnedDecision[] {
  return facts.flatMap(({ position, leaf }) => {
    if (leaf.type !== DECISION_RECORDED) return [];
    const { digest, verdict } = leaf.body as { digest?: unknown; verdict?: unknown };
    return typeof digest === 'string' && typeof verdict === 'string' ? [{ id: leaf.subject, digest, verdict, position }] : [];
  });
}

/** Where the inputs of an answer are: the digest of each stored input, by name. */
export function inputDigestsOf(answer: Readonly<Record<string, unknown>>): Map<string, string> {
  const inputs = answer['inputs'];
  if (typeof inputs !== 'object' || inputs === null) return new Map();
  return new Map(Object.entries(inputs).filter((entry): entry is [string, string] => isDigest(entry[1])));
}

/**
 * Derives every recorded decision again from its stored inputs, by the same pure function that made it, and compares
 * it with the answer whose digest is in the ledger. Decisions whose inputs are listed as missing are counted, not passed.
 */
export function checkDecisions(opened: Opened, facts: readonly ReadFact[]): Check {
  const wrong: string[] = [];
  const pinned = pinnedDecisions(facts);
  const answers = new Map(opened.bundle.sections.decisions.map(({ decision, answer }) => [decision, answer]));
  let derived = 0;
  for (const { id, digest, verdict } of pinned) {
    const answer = answers.get(id);
    answers.delete(id);
    if (answer === undefined) continue;
    if (answer['digest'] !== digest || answer['verdict'] !== verdict) wrong.push(`the answer of ${id} is not the one in the ledger`);
    else if (digestOfValue({ ...answer, digest: undefined }) !== digest) wrong.push(`the answer of ${id} does not have its digest`);
    else {
      const outcome = derive(opened, answer as unknown as MayShip);
      if (outcome === 'derived') derived += 1;
      else if (outcome !== 'inputs missing') wrong.push(`${id} does not derive from its inputs: ${outcome}`);
    }
  }
  for (const id of answers.keys()) wrong.push(`the answer of ${id} is in no fact of this bundle`);
  const rest = derived === pinned.length ? '' : `; ${pinned.length - derived} can't be, their inputs are missing`;
  return checked('decisions', wrong, `${derived} of ${pinned.length} decisions derive again from their inputs${rest}`);
}

function derive(opened: Opened, answer: MayShip): string {
  const digests = inputDigestsOf(answer as unknown as Record<string, unknown>);
  const values = new Map<string, unknown>();
  for (const name of ['subject', ...RULES]) {
    const digest = digests.get(name);
    const text =
      digest !== undefined && Object.hasOwn(opened.bundle.sections.blobs, digest) ? opened.bundle.sections.blobs[digest] : undefined;
    if (text === undefined) return 'inputs missing';
    try {
      values.set(name, JSON.parse(Buffer.from(text, 'base64').toString('utf8')));
    } catch {
      return `its input "${name}" is not JSON`;
    }
  }
  try {
    const inputs = Object.fromEntries(RULES.map((name) => [name, values.get(name)])) as unknown as RuleInputs;
    const found = differences(answer, decide(values.get('subject') as Subject, inputs, answer.at));
    return found.length === 0 ? 'derived' : `it differs in ${found.join(', ')}`;
  } catch (error) {
    // An input that the rules can't even read is a forgery or another version's; either way it is not derived.
    return error instanceof Error ? error.message.slice(0, 200) : 'its inputs have the wrong form';
  }
}

/** Every policy has the digest under which decisions and release intents name it. */
export function checkPolicies({ bundle }: Opened): Check {
  const wrong = bundle.sections.policies
    .filter(({ digest, resolved }) => digestOfPolicy(resolved) !== digest)
    .map(({ digest }) => `the policy ${digest} has other rules`);
  return checked('policies', wrong, `${bundle.sections.policies.length} policies have the digests that decisions name`);
}

/** The digest of a policy as resolved; null where the value is none. */
export function digestOfPolicy(resolved: unknown): string | null {
  if (typeof resolved !== 'object' || resolved === null || !('rules' in resolved) || !('tier' in resolved) || !('kind' in resolved))
    return null;
  try {
    return policyDigest(resolved as ResolvedPolicy);
  } catch {
    return null;
  }
}
