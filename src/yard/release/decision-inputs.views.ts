import { serviceById } from '../../catalog/catalog.queries.ts';
import { personLabel } from '../../identity/identity.queries.ts';
import type { Tx } from '../../platform/floor.ts';
import { releaseById, type DecisionRow } from '../../releases/releases.queries.ts';

/** An input larger than this is not shown: its digest is in the decision, its bytes in the bundle. */
const MOST_BYTES = 256 * 1024;

/** What a decision was derived from, as stored, with the names of whom it speaks of. */
export async function inputsOfDecision(tx: Tx, row: DecisionRow) {
  const inputs: Record<string, unknown> = {};
  const leftOut: string[] = [];
  const persons = new Set<string>();
  for (const [name, digest] of Object.entries(row.answer.inputs)) {
    const size = await tx.floor.blobs.size(digest);
    if (size === null || size > MOST_BYTES) {
      leftOut.push(name);
      continue;
    }
    const text = Buffer.from(await tx.floor.blobs.read(digest, MOST_BYTES)).toString('utf8');
    for (const id of text.match(/\bper_[0-9a-f]{32}\b/g) ?? []) persons.add(id);
    inputs[name] = JSON.parse(text);
  }
  const service = await serviceById(tx, row.serviceId);
  const release = await releaseById(tx, row.releaseId);
  return {
    decision: row.id as `dec_${string}`,
    service: service?.name ?? row.serviceId,
    version: release?.versionName ?? row.releaseId,
    inputs,
    leftOut,
    persons: Object.fromEntries(await personLabel(tx, [...persons])),
  };
}
