import type { Tx } from '../platform/floor.ts';
import type { Digest } from '../kernel/digest.ts';
import { differences, decide, type MayShip, type Subject } from './may-ship.ts';
import type { DecisionRow } from './decision.store.ts';
import { RULES, type RuleInputs } from './rules.ts';

/** A stored input larger than this is no input of ours. */
const LIMIT = 16 * 1024 ** 2;

export type Replayed = { readonly derived: MayShip; readonly differences: readonly string[] };

/** Derives a recorded decision again, from its stored inputs alone. */
export async function replay(tx: Tx, row: DecisionRow): Promise<Replayed> {
  const read = async (digest: Digest): Promise<unknown> =>
    JSON.parse(Buffer.from(await tx.floor.blobs.read(digest, LIMIT)).toString('utf8'));
  const { inputs, at } = row.answer;
  const subject = (await read(inputs.subject)) as Subject;
  const pairs = await Promise.all(RULES.map(async (name) => [name, await read(inputs[name])] as const));
  const derived = decide(subject, Object.fromEntries(pairs) as unknown as RuleInputs, at);
  return { derived, differences: differences(row.answer, derived) };
}
