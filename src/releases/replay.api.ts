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
  const { subject, inputs } = await inputsOf(tx, row);
  const derived = decide(subject, inputs, row.answer.at);
  return { derived, differences: differences(row.answer, derived) };
}

/** What a recorded decision read. Throws `platform.blob-missing` where it is no longer kept. */
export async function inputsOf(tx: Tx, row: DecisionRow): Promise<{ readonly subject: Subject; readonly inputs: RuleInputs }> {
  const read = async (digest: Digest): Promise<unknown> =>
    JSON.parse(Buffer.from(await tx.floor.blobs.read(digest, LIMIT)).toString('utf8'));
  const { inputs } = row.answer;
  const [subject, ...pairs] = await Promise.all([
    read(inputs.subject),
    ...RULES.map(async (name) => [name, await read(inputs[name])] as const),
  ]);
  return { subject: subject as Subject, inputs: Object.fromEntries(pairs as [string, unknown][]) as unknown as RuleInputs };
}
