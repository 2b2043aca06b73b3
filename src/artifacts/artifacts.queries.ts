import type { Digest } from '../kernel/digest.ts';
import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import type { ArtifactRow, AttestationKind, AttestationRow, BuildRow, RecordedBy } from './artifact.store.ts';

export type Artifact = {
  readonly id: string;
  readonly digest: Digest;
  readonly name: string;
  readonly size: number;
  readonly revoked: { readonly at: Instant; readonly by: string; readonly reason: string } | null;
  readonly damagedAt: Instant | null;
  readonly kept: boolean;
  /** Where it lies elsewhere, as it was told. */
  readonly reference: string | null;
  /** When retention took the bytes away. */
  readonly removedAt: Instant | null;
  readonly createdAt: Instant;
};

/** One job's making of an artifact. `service` and `run` are ids. */
export type Build = {
  readonly id: string;
  readonly artifact: string;
  readonly digest: Digest;
  readonly name: string;
  readonly size: number;
  readonly service: string;
  readonly run: string;
  readonly job: string;
  readonly commit: string | null;
  readonly trust: string;
  readonly state: 'accepted' | 'signed';
  readonly lastError: string | null;
  /** Of what a foreign CI made and told; null: we made it. */
  readonly recorded: RecordedBy | null;
  readonly createdAt: Instant;
};

export type Attestation = {
  readonly id: string;
  readonly build: string;
  readonly digest: Digest;
  readonly kind: AttestationKind;
  readonly predicateType: string;
  /** The DSSE envelope's blob. */
  readonly envelope: Digest;
  /** The signed document's blob: the CycloneDX SBOM, or the in-toto statement. */
  readonly document: Digest;
  readonly keyId: string;
  readonly incomplete: readonly string[];
  readonly createdAt: Instant;
};

/** The artifact of these bytes in this organisation, or null. */
export async function artifactByDigest(tx: Tx, digest: string): Promise<Artifact | null> {
  const row = await tx.maybe<ArtifactRow>(`select * from artifact where org_id = $1 and digest = $2`, [tx.org, digest]);
  return row === null ? null : toArtifact(row);
}

/** What the jobs of a run made, in the order of their names. */
export async function artifactsOfRun(tx: Tx, run: string): Promise<Build[]> {
  return builds(tx, `run_id = $1`, [run]);
}

/** What was made from a commit; with `service`, only by that one. */
export async function artifactsOfCommit(tx: Tx, commit: string, service?: string): Promise<Build[]> {
  return service === undefined
    ? builds(tx, `commit_id = $1`, [commit])
    : builds(tx, `commit_id = $1 and service_id = $2`, [commit, service]);
}

/** Every build that yielded these bytes. */
export async function buildsOf(tx: Tx, digest: string): Promise<Build[]> {
  return builds(tx, `artifact_build.digest = $1`, [digest]);
}

async function builds(tx: Tx, where: string, params: readonly unknown[]): Promise<Build[]> {
  const rows = await tx.query<BuildRow & { size: number }>(
    `select artifact_build.*, artifact.size from artifact_build join artifact on artifact.id = artifact_id
     where ${where} order by artifact_build.name, artifact_build.created_at, artifact_build.id`,
    params,
  );
  return rows.map(toBuild);
}

/** What is attested of these bytes, oldest first; of one build the SBOM before the provenance. */
export async function attestationsOf(tx: Tx, digest: string): Promise<Attestation[]> {
  const rows = await tx.query<AttestationRow>(
    `select * from attestation where org_id = $1 and digest = $2 order by created_at, build_id, kind desc`,
    [tx.org, digest],
  );
  return rows.map((row) => ({
    id: row.id,
    build: row.build_id,
    digest: row.digest,
    kind: row.kind,
    predicateType: row.predicate_type,
    envelope: row.envelope_digest,
    document: row.document_digest,
    keyId: row.key_id,
    incomplete: row.incomplete,
    createdAt: row.created_at,
  }));
}

export function toArtifact(row: ArtifactRow): Artifact {
  const { revoked_at: at, revoked_by: by, revoked_reason: reason } = row;
  return {
    id: row.id,
    digest: row.digest,
    name: row.name,
    size: row.size,
    revoked: at === null ? null : { at, by: by ?? '', reason: reason ?? '' },
    damagedAt: row.damaged_at,
    kept: row.kept,
    reference: row.reference,
    removedAt: row.removed_at,
    createdAt: row.created_at,
  };
}

export function toBuild(row: BuildRow & { readonly size: number }): Build {
  return {
    id: row.id,
    artifact: row.artifact_id,
    digest: row.digest,
    name: row.name,
    size: row.size,
    service: row.service_id,
    run: row.run_id,
    job: row.job_id,
    commit: row.commit_id,
    trust: row.made.trust,
    state: row.state,
    lastError: row.last_error,
    recorded: row.made.recorded ?? null,
    createdAt: row.created_at,
  };
}
