import { system } from '../../kernel/actor.ts';
import type { Digest } from '../../kernel/digest.ts';
import type { Floor } from '../../platform/floor.ts';
import { insertAttestation, lockBuild } from '../artifact.store.ts';
import { artifactSigned } from '../artifacts.events.ts';
import { writeReference } from '../provenance/reference.ts';
import { SBOM_PREDICATE } from '../provenance/statement.ts';
import { attest } from '../sign.api.ts';

/**
 * States, signed, that a document which was recorded is the SBOM of a recorded build, as it was told. The same again
 * changes nothing. `incomplete`: what it can't tell, in sentences. Signing may go far away, so it is done before the transaction.
 */
export async function attestRecordedSbom(
  floor: Floor,
  org: string,
  of: {
    readonly build: string;
    readonly name: string;
    readonly digest: Digest;
    readonly document: Digest;
    readonly incomplete?: readonly string[];
  },
): Promise<void> {
  const statement = writeReference({ org, name: of.name, digest: of.digest }, of.document);
  const { envelope, key } = await attest(floor, statement);
  await floor.db.tx(org, async (tx) => {
    const build = await lockBuild(tx, of.build);
    if (build === null || build.made.recorded === undefined) return;
    const row = {
      id: tx.floor.newId('att'),
      artifact_id: build.artifact_id,
      build_id: build.id,
      digest: build.digest,
      kind: 'sbom',
      predicate_type: SBOM_PREDICATE,
      envelope_digest: envelope,
      document_digest: of.document,
      key_id: key,
      incomplete: of.incomplete ?? [],
    } as const;
    if (!(await insertAttestation(tx, row, await tx.now()))) return;
    const attestations = [{ id: row.id, kind: row.kind, envelope, document: of.document }];
    const body = { digest: build.digest, build: build.id, run: build.run_id, key, attestations, incomplete: [...(of.incomplete ?? [])] };
    await tx.record(artifactSigned, { subject: build.artifact_id, actor: system(org, 'artifacts'), service: build.service_id, body });
    await tx.notify('artifact', build.artifact_id);
  });
}
