import type { Actor } from '../kernel/actor.ts';
import { actorLabel, personBehind } from '../kernel/actor.ts';
import { renderDiagnostics } from '../kernel/diagnostic.ts';
import { digestOfValue } from '../kernel/digest.ts';
import type { Tx } from '../platform/floor.ts';
import { policyChanged } from './gates.events.ts';
import { noSuchPolicy, policyInvalid, policyOtherName, policyStale } from './gates.problems.ts';
import { insertVersion, lockedVersion } from './policy.store.ts';
import type { Policy } from './policy/policy.ts';
import { presetDocument } from './policy/presets.ts';
import { readPolicy } from './policy/read.ts';

export type PolicyChange = {
  readonly name: string;
  readonly source: string;
  /** The version that the change was made from. */ readonly version: number;
};

/** Makes a new version of a policy. From here on decisions read it; releases whose own rules it leaves alone keep their approvals. */
export async function changePolicy(tx: Tx, actor: Actor, change: PolicyChange): Promise<Policy> {
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
  const digest = digestOfValue(read.policy.tiers);
  const person = personBehind(actor);
  const { version } = read.policy;
  await insertVersion(tx, {
    name: change.name,
    version,
    document: read.document,
    source: change.source,
    digest,
    actor: actorLabel(actor),
    person,
    at: await tx.now(),
  });
  await tx.record(policyChanged, {
    subject: `policy:${change.name}`,
    actor,
    body: { name: change.name, version, digest, before: current, person },
  });
  return read.policy;
}
