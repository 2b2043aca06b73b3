import type { Actor } from '../kernel/actor.ts';
import { actorLabel, personBehind } from '../kernel/actor.ts';
import { renderDiagnostics } from '../kernel/diagnostic.ts';
import { digestOfValue, type Digest } from '../kernel/digest.ts';
import type { Tx } from '../platform/floor.ts';
import { policyChanged } from './gates.events.ts';
import { noSuchPolicy, policyInvalid, policyOtherName, policyStale } from './gates.problems.ts';
import { insertVersion, lockedVersion } from './policy.store.ts';
import type { PolicyDocument } from './policy/document.ts';
import type { Policy } from './policy/policy.ts';
import { presetDocument } from './policy/presets.ts';
import { readPolicy } from './policy/read.ts';

export type PolicyChange = {
  readonly name: string;
  readonly source: string;
  /** The version that the change was made from. */ readonly version: number;
};

/** A change that was read and is right. */
export type ReadChange = PolicyChange & { readonly policy: Policy; readonly document: PolicyDocument; readonly digest: Digest };

/** Reads a change under the policy's lock. Throws `gates.*` where there is no such policy, it has changed meanwhile, or the document is wrong. */
export async function readChange(tx: Tx, change: PolicyChange): Promise<ReadChange> {
  if (presetDocument(change.name) === null) throw noSuchPolicy({ policy: change.name }, 'params.policy');
  const current = await lockedVersion(tx, change.name);
  if (current !== change.version) throw policyStale({ policy: change.name, version: current });
  const read = readPolicy(change.source, `${change.name}.yaml`, current + 1);
  if (!read.ok)
    throw policyInvalid(
      {
        count: read.diagnostics.length,
        text: renderDiagnostics(change.source, read.diagnostics),
        diagnostics: read.diagnostics.slice(0, 50),
      },
      'body.source',
    );
  if (read.policy.name !== change.name) throw policyOtherName({ named: read.policy.name, policy: change.name }, 'body.source');
  return { ...change, policy: read.policy, document: read.document, digest: digestOfValue(read.policy.tiers) };
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
): Promise<Policy> {
  const { policy, document, source, digest, name, version: before } = change;
  const { version } = policy;
  await insertVersion(tx, { name, version, document, source, digest, actor: actorLabel(actor), person, at: await tx.now() });
  const body = { name, version, digest, before, person, ...(approvedBy.length === 0 ? {} : { approvedBy: [...approvedBy] }) };
  await tx.record(policyChanged, { subject: `policy:${name}`, actor, body });
  return policy;
}

/** Reads a change and puts it in force at once. */
export async function changePolicy(tx: Tx, actor: Actor, change: PolicyChange): Promise<Policy> {
  return applyPolicy(tx, actor, await readChange(tx, change), { person: personBehind(actor), approvedBy: [] });
}
