import { z } from 'zod';
import { defineEvent } from '../kernel/event.ts';
import { told } from '../pipelines/pipelines.events.ts';

const text = z.string();
const optional = z.string().nullable();
const count = z.number().int();

export const artifactPublished = defineEvent({
  type: 'artifact.published',
  subject: 'art',
  means: 'A job made bytes and uploaded them; they are kept under their digest.',
  body: z.object({
    digest: text,
    name: text,
    size: count,
    build: text,
    run: text,
    job: text,
    attempt: count,
    commit: optional,
    repository: optional,
    ref: optional,
    trust: text,
    executor: text,
    plan: text,
  }),
});

export const artifactSigned = defineEvent({
  type: 'artifact.signed',
  subject: 'art',
  means: 'SBOM and provenance of a build were written and signed.',
  body: z.object({
    digest: text,
    build: text,
    run: text,
    key: text,
    attestations: z.array(z.object({ id: text, kind: text, envelope: text, document: text })),
    /** What the SBOM says that it can't know. */
    incomplete: z.array(text),
  }),
});

export const artifactRevoked = defineEvent({
  type: 'artifact.revoked',
  subject: 'art',
  means: 'Somebody took an artifact out of use for ever: it never ships again.',
  body: z.object({ digest: text, reasonDigest: text }),
});

export const artifactDamaged = defineEvent({
  type: 'artifact.damaged',
  subject: 'art',
  means: 'The stored bytes of an artifact are no longer what their digest says; it is quarantined.',
  body: z.object({ digest: text, found: text }),
});

export const artifactRepaired = defineEvent({
  type: 'artifact.repaired',
  subject: 'art',
  means: 'The bytes of a quarantined artifact are again what their digest says.',
  body: z.object({ digest: text }),
});

export const versionGiven = defineEvent({
  type: 'version.given',
  subject: 'svc',
  means: 'A version number was given to a commit of a service; it is never given again.',
  body: z.object({ number: text, tag: text, commit: text, bump: text, from: optional }),
});

export const versionReserved = defineEvent({
  type: 'version.reserved',
  subject: 'svc',
  means: 'An open hotfix branch holds a number: no other branch is given it.',
  body: z.object({ number: text, lane: text }),
});

export const versionFreed = defineEvent({
  type: 'version.freed',
  subject: 'svc',
  means: 'A branch holds a number no longer: it is gone, or what is released contains it.',
  body: z.object({ number: text, lane: text }),
});

export const attestationRecorded = defineEvent({
  type: 'attestation.recorded',
  subject: 'svc',
  means:
    'A signed statement of somebody else about an artifact was handed in; `key` or `identity` is who registered had signed it, if one had.',
  body: z.object({
    digest: text,
    predicateType: text,
    envelope: text,
    key: optional,
    identity: z.object({ name: text, subject: text, issuer: text, repository: optional }).optional(),
    told,
  }),
});

export const recorderKeyAdded = defineEvent({
  type: 'recorder-key.added',
  subject: 'rky',
  means: 'An admin trusts a key to sign attestations of builds that were recorded and not made here.',
  body: z.object({ name: text, key: text, services: z.array(text).nullable() }),
});

export const recorderKeyRevoked = defineEvent({
  type: 'recorder-key.revoked',
  subject: 'rky',
  means: 'A key is trusted no more: what it signed proves nothing from now on.',
  body: z.object({ name: text, key: text }),
});

export const recorderIdentityAdded = defineEvent({
  type: 'recorder-identity.added',
  subject: 'rid',
  means: 'An admin trusts an identity of Sigstore certificates to sign attestations of builds that were recorded and not made here.',
  body: z.object({ name: text, issuer: text, identity: text, repository: optional, services: z.array(text).nullable() }),
});

export const recorderIdentityRevoked = defineEvent({
  type: 'recorder-identity.revoked',
  subject: 'rid',
  means: 'An identity is trusted no more: what it signed proves nothing from now on.',
  body: z.object({ name: text, issuer: text, identity: text }),
});

export const sigstoreRootAdded = defineEvent({
  type: 'sigstore-root.added',
  subject: 'sgr',
  means: 'An admin trusts a Sigstore instance: its certificate authorities, logs and time stamp authorities.',
  body: z.object({ name: text, document: text }),
});

export const sigstoreRootRevoked = defineEvent({
  type: 'sigstore-root.revoked',
  subject: 'sgr',
  means: 'A Sigstore instance is trusted no more: no certificate is judged by it from now on.',
  body: z.object({ name: text, document: text }),
});

export const advisoriesImported = defineEvent({
  type: 'advisories.imported',
  subject: 'org',
  means: 'Advisories were taken that are new or changed; what holds what they speak of is matched again.',
  body: z.object({ taken: count, records: text }),
});

export const packageNewsImported = defineEvent({
  type: 'packages.imported',
  subject: 'org',
  means: 'What registries say of packages was taken: it is new, or other than before.',
  body: z.object({ taken: count, packages: text }),
});

export const exploitedImported = defineEvent({
  type: 'knownexploited.imported',
  subject: 'org',
  means: 'A newer catalogue of vulnerabilities that are known to be exploited took the place of the one before.',
  body: z.object({ catalogue: text, released: text, entries: count, digest: text }),
});

export const advisoryMatched = defineEvent({
  type: 'advisory.matched',
  subject: 'art',
  means: 'An advisory speaks of a package of an artifact: affected, or unknown where its versions can not be compared.',
  body: z.object({ digest: text, advisory: text, purl: text, verdict: text }),
});

export const advisoryEnded = defineEvent({
  type: 'advisory.ended',
  subject: 'art',
  means: 'An advisory was changed or withdrawn and no longer speaks of an artifact.',
  body: z.object({ digest: text, advisory: text, purl: text }),
});

export const destinationSet = defineEvent({
  type: 'promotion-destination.set',
  subject: 'pdn',
  means: 'Where artifacts are promoted to was said: a repository of a connected registry, for an environment and tiers.',
  body: z.object({ name: text, connection: text, repository: text, environment: optional, tiers: z.array(count).nullable() }),
});

export const destinationRemoved = defineEvent({
  type: 'promotion-destination.removed',
  subject: 'pdn',
  means: 'Nothing is promoted there any more; what was stays where it is.',
  body: z.object({ name: text }),
});

export const promotionAsked = defineEvent({
  type: 'promotion.asked',
  subject: 'prm',
  means: 'Somebody wants an artifact promoted to a destination.',
  body: z.object({ digest: text, destination: text, release: optional, environment: optional, tag: optional }),
});

export const promotionRefused = defineEvent({
  type: 'promotion.refused',
  subject: 'prm',
  means: 'An artifact may not be promoted, and was not named there.',
  body: z.object({ digest: text, destination: text, verdict: text, decision: optional, reasons: z.array(text) }),
});

export const promotionFailed = defineEvent({
  type: 'promotion.failed',
  subject: 'prm',
  means: 'An artifact could not be promoted, and is not tried again by itself.',
  body: z.object({ digest: text, destination: text, why: text }),
});

export const artifactPromoted = defineEvent({
  type: 'artifact.promoted',
  subject: 'art',
  means: 'An artifact lies in a registry under its digest, read back from outside, with what is attested of it.',
  body: z.object({
    promotion: text,
    digest: text,
    name: text,
    destination: text,
    location: text,
    manifest: optional,
    tag: optional,
    release: optional,
    environment: optional,
    decision: optional,
    record: text,
    summary: text,
    carried: count,
    /** The keys that signed record and summary. Where they are told, an evidence bundle must hold both, or say why not. */
    signers: z.array(text).optional(),
  }),
});

export const artifactReproduced = defineEvent({
  type: 'artifact.reproduced',
  subject: 'art',
  means: 'The commit of an artifact was built again; `same` says whether it gave the same bytes, `causes` where it did not.',
  body: z.object({ digest: text, other: text, build: text, rebuild: text, same: z.boolean(), runners: text, causes: z.array(text) }),
});

/** Everything this slice announces. */
export const artifactEvents = [
  artifactPublished,
  artifactSigned,
  artifactRevoked,
  artifactDamaged,
  artifactRepaired,
  versionGiven,
  versionReserved,
  versionFreed,
  attestationRecorded,
  recorderKeyAdded,
  recorderKeyRevoked,
  recorderIdentityAdded,
  recorderIdentityRevoked,
  sigstoreRootAdded,
  sigstoreRootRevoked,
  advisoriesImported,
  packageNewsImported,
  exploitedImported,
  advisoryMatched,
  advisoryEnded,
  destinationSet,
  destinationRemoved,
  promotionAsked,
  promotionRefused,
  promotionFailed,
  artifactPromoted,
  artifactReproduced,
];
