import { defineProblem } from '../kernel/problem.ts';

export const noSuchArtifact = defineProblem<{ digest: string }>('artifacts.no-such-artifact', {
  status: 404,
  sentence: ({ digest }) => `There is no artifact ${digest}.`,
  remedy: 'List the artifacts of a service with GET /v1/artifacts?service=NAME.',
});

export const damaged = defineProblem<{ digest: string }>('artifacts.damaged', {
  status: 410,
  sentence: ({ digest }) => `The stored bytes of ${digest} are no longer what their digest says; they are quarantined.`,
  remedy: 'Build the commit again, or restore the bytes from a backup; the next scrub lifts the quarantine by itself.',
});

export const noAttestation = defineProblem<{ digest: string; kind: string }>('artifacts.no-attestation', {
  status: 404,
  sentence: ({ digest, kind }) => `The artifact ${digest} has no ${kind} yet.`,
  remedy: 'It is written and signed within seconds after the build; if it stays missing, GET /v1/artifacts/{digest} says why.',
});

export const nothingToRelease = defineProblem<{ service: string; why: string }>('artifacts.nothing-to-release', {
  status: 409,
  sentence: ({ service, why }) => `${service} has no next version: ${why}.`,
  remedy: 'Give the version yourself, release as a hotfix, or write what changed as conventional commits (feat:, fix:).',
});

export const versionTaken = defineProblem<{ service: string; version: string }>('artifacts.version-taken', {
  status: 409,
  sentence: ({ service, version }) => `${service} ${version} exists already, as a release or as a tag.`,
  remedy: 'A version is given once. Leave the version out to get the next one, or choose another.',
});

export const versionHeld = defineProblem<{ service: string; version: string; lane: string }>('artifacts.version-held', {
  status: 409,
  sentence: ({ service, version, lane }) => `${service} ${version} is held by the branch ${lane}, which is open.`,
  remedy: 'Choose another version, release that branch, or delete it; ym release next SERVICE shows who holds what.',
});

export const badVersion = defineProblem<{ given: string }>('artifacts.bad-version', {
  status: 400,
  sentence: ({ given }) => `"${given}" is no version.`,
  remedy: 'Write it after SemVer 2.0.0, for example 1.4.0 or 1.4.0-rc.1, without a leading v.',
});

export const badVersionSettings = defineProblem<{ file: string; lines: string }>('artifacts.bad-version-settings', {
  status: 400,
  sentence: ({ file, lines }) => `${file} can't be used:\n${lines}`,
  remedy: 'Correct the places shown and commit; the guide on versions and notes has every setting.',
});

export const removed = defineProblem<{ digest: string; at: string }>('artifacts.removed', {
  status: 410,
  sentence: ({ digest, at }) => `The bytes of ${digest} were kept long enough and removed at ${at}.`,
  remedy: 'Build its commit again, or record it with its bytes; `ym retention show` tells how long artifacts are kept.',
});
export const liesElsewhere = defineProblem<{ digest: string; reference: string | null }>('artifacts.lies-elsewhere', {
  status: 409,
  sentence: ({ digest, reference }) =>
    `The bytes of ${digest} are not here: it was recorded by its digest${reference === null ? '' : `, and lies at ${reference}`}.`,
  remedy: 'Fetch it from where it lies, or record it with its bytes: ym record artifact FILE.',
});

export const badEnvelope = defineProblem<{ why: string }>('artifacts.bad-attestation', {
  status: 422,
  sentence: ({ why }) => `This is no attestation that can be kept: ${why}.`,
  remedy: 'Hand in a DSSE envelope, or a Sigstore bundle of one, whose payload is an in-toto statement with subjects that have a sha256.',
});

export const badKey = defineProblem<{ why: string }>('artifacts.bad-recorder-key', {
  status: 422,
  sentence: ({ why }) => `This is no key that attestations can be verified with: ${why}.`,
  remedy: 'Give the public key as SPKI in PEM: Ed25519, or ECDSA on the curve P-256.',
});

export const keyNameTaken = defineProblem<{ name: string }>('artifacts.recorder-key-name-taken', {
  status: 409,
  sentence: ({ name }) => `There is a recorder key ${name}, or a standing one with this very key.`,
  remedy: 'Choose another name, or revoke the other key first.',
});

export const noSuchKey = defineProblem<{ key: string }>('artifacts.no-such-recorder-key', {
  status: 404,
  sentence: ({ key }) => `There is no recorder key ${key}.`,
  remedy: 'See which there are: ym recorder-key list.',
});

export const tooManyAttestations = defineProblem<{ digest: string; most: number }>('artifacts.too-many-attestations', {
  status: 409,
  sentence: ({ digest, most }) => `${most} statements were handed in about ${digest}, and no more are taken.`,
  remedy: 'See what they are: ym artifact show DIGEST. Whoever hands in that many should be asked why.',
});

export const badIdentity = defineProblem<{ why: string }>('artifacts.bad-recorder-identity', {
  status: 422,
  sentence: ({ why }) => `This is no identity that certificates can be held to: ${why}.`,
  remedy: 'Write issuer and subject as the certificate has them; one * may end the subject, after at least a host and an owner.',
});

export const badRoot = defineProblem<{ why: string }>('artifacts.bad-sigstore-root', {
  status: 422,
  sentence: ({ why }) => `This is no Sigstore trust root: ${why}.`,
  remedy: 'Give the trusted_root.json of the instance: gh attestation trusted-root, or cosign trusted-root, writes it; one at a time.',
});

export const recorderTaken = defineProblem<{ kind: string; name: string }>('artifacts.recorder-name-taken', {
  status: 409,
  sentence: ({ kind, name }) => `There is a standing ${kind} ${name}.`,
  remedy: 'Choose another name, or revoke the other first.',
});

export const noSuchRecorder = defineProblem<{ kind: string; id: string }>('artifacts.no-such-recorder', {
  status: 404,
  sentence: ({ kind, id }) => `There is no ${kind} ${id}.`,
  remedy: 'See which there are: ym recorder-identity list, ym sigstore-root list.',
});

export const badAdvisory = defineProblem<{ at: number; why: string }>('artifacts.bad-advisory', {
  status: 400,
  sentence: ({ at, why }) => `Record ${at} is no advisory in the OSV format: ${why}.`,
  remedy: 'Correct or remove it and send them again; none of them was taken.',
});

export const olderCatalogue = defineProblem<{ given: string; known: string }>('artifacts.older-catalogue', {
  status: 409,
  sentence: ({ given, known }) => `This catalogue was released at ${given}; the one that is known was at ${known}.`,
  remedy: 'Fetch the newest one and import that.',
});

export const noSuchDestination = defineProblem<{ name: string }>('artifacts.no-such-destination', {
  status: 404,
  sentence: ({ name }) => `There is no destination ${name}.`,
  remedy: 'See which there are with `ym promotion destinations`; an admin sets one with `ym promotion set`.',
});

export const noDestinationFor = defineProblem<{ environment: string; tier: number }>('artifacts.no-destination-for', {
  status: 409,
  sentence: ({ environment, tier }) => `Nothing of tier ${tier} is promoted on its way to ${environment}: no destination says so.`,
  remedy: 'An admin sets one: ym promotion set NAME --connection REGISTRY --repository PATH --env ENVIRONMENT',
});

export const noSuchPromotion = defineProblem<{ promotion: string }>('artifacts.no-such-promotion', {
  status: 404,
  sentence: ({ promotion }) => `There is no promotion ${promotion}.`,
  remedy: 'See those of an artifact with `ym promotion list --digest DIGEST`.',
});

export const badDestination = defineProblem<{ why: string }>('artifacts.bad-destination', {
  status: 422,
  sentence: ({ why }) => `This can't be a destination: ${why}.`,
  remedy: 'Write the repository in small letters, with {service} and {artifact} where each has its own: acme/release/{service}.',
});

export const badPromotion = defineProblem<{ why: string }>('artifacts.bad-promotion', {
  status: 409,
  sentence: ({ why }) => `It can't be promoted so: ${why}.`,
  remedy: 'Name a release that holds the artifact, and a destination of its environment and tier: `ym promotion destinations`.',
});

export const otherTag = defineProblem<{ tag: string | null; asked: string }>('artifacts.other-tag', {
  status: 409,
  sentence: ({ tag, asked }) => `It was promoted there ${tag === null ? 'without a tag' : `as ${tag}`}, not as ${asked}.`,
  remedy: 'What was promoted keeps its name. Promote it as part of another release, or to another destination.',
});

export const notSignedYet = defineProblem<{ why: string }>('artifacts.not-signed-yet', {
  status: 409,
  sentence: ({ why }) => `It can't be promoted yet: ${why}.`,
  remedy: 'It is tried again by itself; what is attested of it is written within seconds after its build.',
});

export const noImage = defineProblem<{ digest: string }>('artifacts.no-image', {
  status: 409,
  sentence: ({ digest }) => `${digest} was not recorded as an image in a registry, so there is no image to open.`,
  remedy: 'Record images with their reference, as HOST/NAME@DIGEST: ym record artifact --reference. Of files: ym artifact files DIGEST',
});
export const hasSbom = defineProblem<{ digest: string }>('artifacts.has-sbom', {
  status: 409,
  sentence: ({ digest }) => `${digest} has an SBOM already.`,
  remedy: 'See it with: ym artifact sbom DIGEST',
});
export const imageTooLarge = defineProblem<{ what: string; most: string }>('artifacts.image-too-large', {
  status: 422,
  sentence: ({ what, most }) => `The image is not read: ${what} are more than ${most}.`,
  remedy: 'Make the SBOM where the image is built (ym sbom make), and record it with the build.',
});
export const notRebuildable = defineProblem<{ digest: string }>('artifacts.not-rebuildable', {
  status: 409,
  sentence: ({ digest }) => `No run here made ${digest} from a commit, so there is nothing to run again.`,
  remedy: 'What another CI built is built again there; record it, and compare: ym artifact reproduce DIGEST --run RUN',
});
export const noRebuild = defineProblem<{ run: string; why: string }>('artifacts.no-rebuild', {
  status: 409,
  sentence: ({ run, why }) => `The run ${run} is no rebuild of this artifact: ${why}.`,
  remedy: 'Run the same commit again, or let ym do it: ym artifact reproduce DIGEST',
});
