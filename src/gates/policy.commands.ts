import type { Actor } from '../kernel/actor.ts';
import { actorLabel, personBehind } from '../kernel/actor.ts';
import { renderDiagnostics, type Diagnostic } from '../kernel/diagnostic.ts';
import { digestOfValue, type Digest } from '../kernel/digest.ts';
import type { Problem } from '../kernel/problem.ts';
import type { Tx } from '../platform/floor.ts';
import { policyChanged } from './gates.events.ts';
import { noSuchPolicy, policyInvalid, policyOtherName, policyStale } from './gates.problems.ts';
import { minimumAbove } from './levels.queries.ts';
import { isLevel, MINIMUM, teamOf } from './levels.store.ts';
import { insertVersion, lockedVersion } from './policy.store.ts';
import type { PolicyDocument } from './policy/document.ts';
import type { RequirementsDocument } from './policy/requirements.ts';
import { presetDocument } from './policy/presets.ts';
import { readRequirements } from './policy/read-requirements.ts';
import { readPolicy } from './policy/read.ts';

export type PolicyChange = {
  readonly name: string;
  readonly source: string;
  /** The version that the change was made from. */ readonly version: number;
};

/** A change that was read and is right. */
export type ReadChange = PolicyChange & { readonly document: PolicyDocument | RequirementsDocument; readonly digest: Digest };

/**
 * Reads a change of a policy, or of what a level asks, under its lock. Throws `gates.*` where there is no such policy, it has
 * changed meanwhile, or the document is wrong or asks less than what is above it.
 */
export async function readChange(tx: Tx, change: PolicyChange): Promise<ReadChange> {
  if (!isLevel(change.name) && presetDocument(change.name) === null) throw noSuchPolicy({ policy: change.name }, 'params.policy');
  const current = await lockedVersion(tx, change.name);
  if (current !== change.version)
    throw policyStale({ policy: teamOf(change.name) === null ? change.name : 'of the team', version: current });
  const minimum = change.name === MINIMUM ? null : await minimumAbove(tx);
  if (isLevel(change.name)) {
    const read = readRequirements(change.source, 'policy.yaml', minimum);
    if (!read.ok) throw invalid(change.source, read.diagnostics);
    return { ...change, document: read.written, digest: digestOfValue(read.written) };
  }
  const read = readPolicy(change.source, `${change.name}.yaml`, current + 1, minimum);
  if (!read.ok) throw invalid(change.source, read.diagnostics);
  if (read.policy.name !== change.name) throw policyOtherName({ named: read.policy.name, policy: change.name }, 'body.source');
  return { ...change, document: read.document, digest: digestOfValue(read.policy.tiers) };
}

/** What is wrong with a document, each error at its words. */
export function invalid(source: string, diagnostics: readonly Diagnostic[]): Problem {
  const text = renderDiagnostics(source, diagnostics);
  return policyInvalid({ count: diagnostics.length, text, diagnostics: diagnostics.slice(0, 50) }, 'body.source');
}

/**
 * Puts a change in force. From here on decisions read it; releases whose own rules it leaves alone keep their approvals.
 * `person`: whose change it is; `approvedBy`: other persons who agreed.
 */
export async function applyPolicy(
  tx: Tx,
  actor: Actor,
  change: ReadChange,
  { person, approvedBy }: { readonly person: string | null; readonly approvedBy: readonly string[] },
): Promise<number> {
  const { document, source, digest, name, version: before } = change;
  const version = before + 1;
  await insertVersion(tx, { name, version, document, source, digest, actor: actorLabel(actor), person, at: await tx.now() });
  const body = { name, version, digest, before, person, ...(approvedBy.length === 0 ? {} : { approvedBy: [...approvedBy] }) };
  await tx.record(policyChanged, { subject: `policy:${name}`, actor, body });
  return version;
}

/** Reads a change and puts it in force at once. Answers its version. */
export async function changePolicy(tx: Tx, actor: Actor, change: PolicyChange): Promise<number> {
  return applyPolicy(tx, actor, await readChange(tx, change), { person: personBehind(actor), approvedBy: [] });
}
