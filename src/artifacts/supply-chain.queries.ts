import type { Digest } from '../kernel/digest.ts';
import type { Tx } from '../platform/floor.ts';
import { evidenceKeys } from '../platform/keys/signing.commands.ts';
import type { Attestation } from './artifacts.queries.ts';
import { artifactByDigest, attestationsOf, buildsOf } from './artifacts.queries.ts';
import { builderPrefix } from './provenance/provenance.ts';
import { readEnvelope } from './recorded/kept.queries.ts';
import { attestedOf, recordersOf } from './recorded/recorders.queries.ts';
import type { AttestationInput, SupplyChainInput } from './supply-chain.ts';

/** Whose artifacts: the service as the catalog knows it now. */
export type SupplyChainOf = { readonly id: string; readonly name: string; readonly repository: { readonly url: string } | null };

/** Everything that the supply-chain rule reads about these digests; order and number are those of `digests`. */
export async function supplyChainInputs(tx: Tx, service: SupplyChainOf, digests: readonly Digest[]): Promise<SupplyChainInput[]> {
  const inputs: SupplyChainInput[] = [];
  for (const digest of digests) inputs.push(await inputOf(tx, service, digest));
  return inputs;
}

async function inputOf(tx: Tx, service: SupplyChainOf, digest: Digest): Promise<SupplyChainInput> {
  const artifact = await artifactByDigest(tx, digest);
  const attestations = await attestationsOf(tx, digest);
  const builds = [];
  for (const build of await buildsOf(tx, digest)) {
    if (build.service !== service.id) continue;
    const own = attestations.filter((one) => one.build === build.id && one.kind !== 'recorded');
    const statement = attestations.find((one) => one.build === build.id && one.kind === 'recorded');
    builds.push({
      id: build.id,
      state: build.state,
      lastError: build.lastError,
      attestations: await Promise.all(own.map((one) => attestationInput(tx, one))),
      ...(build.recorded === null ? {} : { recorded: statement === undefined ? null : await envelopeInput(tx, statement) }),
    });
  }
  return {
    digest,
    service: { id: service.id, name: service.name },
    artifact:
      artifact === null
        ? null
        : {
            id: artifact.id,
            name: artifact.name,
            revoked: artifact.revoked === null ? null : { at: artifact.revoked.at, reason: artifact.revoked.reason },
            damagedAt: artifact.damagedAt,
          },
    builds,
    keys: [...(await evidenceKeys(tx))],
    expectedSource: service.repository?.url ?? null,
    expectedBuilder: builderPrefix(tx.org),
    ...(builds.some((build) => 'recorded' in build) ? await recordedInputs(tx, service, digest) : {}),
  };
}

/** What others signed about these bytes of the service, and whose signatures count for it now. */
async function recordedInputs(
  tx: Tx,
  service: SupplyChainOf,
  digest: Digest,
): Promise<Pick<SupplyChainInput, 'attested' | 'recorderKeys' | 'recorderIdentities' | 'sigstoreRoots'>> {
  const attested = await attestedOf(tx, service.id, digest);
  const { keys: recorderKeys, identities, roots } = await recordersOf(tx, service.name, attested);
  return {
    attested,
    recorderKeys,
    ...(identities.length === 0 ? {} : { recorderIdentities: identities }),
    ...(roots.length === 0 ? {} : { sigstoreRoots: roots }),
  };
}

async function envelopeInput(tx: Tx, { id, envelope, createdAt }: Attestation) {
  return { id, envelopeDigest: envelope, envelope: await readEnvelope(tx, envelope), signedAt: createdAt };
}

async function attestationInput(tx: Tx, one: Attestation): Promise<AttestationInput> {
  const [envelope, documentThere] = await Promise.all([readEnvelope(tx, one.envelope), tx.floor.blobs.has(one.document)]);
  return {
    id: one.id,
    kind: one.kind === 'sbom' ? 'sbom' : 'provenance',
    envelopeDigest: one.envelope,
    envelope,
    document: one.document,
    documentThere,
    incomplete: one.incomplete,
    signedAt: one.createdAt,
  };
}
