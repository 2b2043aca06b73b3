import { assertStep } from '../kernel/machine.ts';
import type { Digest } from '../kernel/digest.ts';
import type { Instant } from '../kernel/time.ts';
import type { Told } from '../kernel/told.ts';
import type { Tx } from '../platform/floor.ts';
import { buildMachine } from './build-states.ts';
import type { BuildState } from './build-states.ts';

export type ArtifactRow = {
  readonly id: string;
  readonly org_id: string;
  readonly digest: Digest;
  readonly size: number;
  readonly name: string;
  readonly revoked_at: Instant | null;
  readonly revoked_by: string | null;
  readonly revoked_reason: string | null;
  readonly checked_at: Instant;
  readonly damaged_at: Instant | null;
  /** Whether the bytes are here; what was recorded by its digest alone lies elsewhere, at `reference`. */
  readonly kept: boolean;
  readonly reference: string | null;
  /** When retention took the bytes away. */
  readonly removed_at: Instant | null;
  readonly version: number;
  readonly created_at: Instant;
};

/** What the server knew of the build when its job finished. */
export type Made = {
  readonly repository: string | null;
  readonly ref: string | null;
  readonly trust: string;
  readonly executor: string;
  readonly isolation: readonly string[];
  readonly startedAt: Instant;
  readonly finishedAt: Instant;
  readonly planDigest: Digest;
  readonly materials: readonly { readonly path: string; readonly digest: Digest }[];
  readonly inputs: readonly { readonly name: string; readonly digest: Digest }[];
  /** Of what a foreign CI made and told: who told it, and of which run there. */
  readonly recorded?: RecordedBy;
};

export type RecordedBy = {
  readonly told: Told;
  readonly system: string;
  readonly id: string;
  readonly attempt: number;
  readonly url: string | null;
};

export type BuildRow = {
  readonly id: string;
  readonly org_id: string;
  readonly artifact_id: string;
  readonly digest: Digest;
  readonly service_id: string;
  readonly run_id: string;
  readonly job_id: string;
  readonly attempt: number;
  readonly name: string;
  readonly commit_id: string | null;
  readonly made: Made;
  readonly state: BuildState;
  readonly signed_at: Instant | null;
  readonly attempts: number;
  readonly last_error: string | null;
  readonly due_at: Instant;
  readonly version: number;
  readonly created_at: Instant;
};

/** `recorded`: our statement of what was told by whom, of what we did not build. */
export type AttestationKind = 'sbom' | 'provenance' | 'recorded';

export type AttestationRow = {
  readonly id: string;
  readonly artifact_id: string;
  readonly build_id: string;
  readonly digest: Digest;
  readonly kind: AttestationKind;
  readonly predicate_type: string;
  readonly envelope_digest: Digest;
  readonly document_digest: Digest;
  readonly key_id: string;
  readonly incomplete: readonly string[];
  readonly created_at: Instant;
};

/**
 * The artifact of these bytes, made where it is new; its row is locked in either case. Bytes that come later are kept
 * from then on, and where it also lies stays known.
 */
export async function keepArtifact(
  tx: Tx,
  artifact: {
    readonly digest: Digest;
    readonly size: number;
    readonly name: string;
    readonly at: Instant;
    readonly kept?: boolean;
    readonly reference?: string | null;
  },
): Promise<ArtifactRow> {
  const { digest, size, name, at, kept = true, reference = null } = artifact;
  return tx.one<ArtifactRow>(
    `insert into artifact (id, org_id, digest, size, name, checked_at, created_at, kept, reference) values ($1, $2, $3, $4, $5, $6, $6, $7, $8)
     on conflict (org_id, digest) do update set kept = artifact.kept or excluded.kept, removed_at = case when excluded.kept then null else artifact.removed_at end, reference = coalesce(artifact.reference, excluded.reference),
       size = case when excluded.kept then excluded.size else artifact.size end returning *`,
    [tx.floor.newId('art'), tx.org, digest, size, name, at, kept, reference],
  );
}

/** Notes that the bytes of these artifacts are kept no more; answers the digests of those that were. */
export async function markRemoved(tx: Tx, ids: readonly string[], at: Instant): Promise<string[]> {
  const rows = await tx.query<{ digest: string }>(
    `update artifact set kept = false, removed_at = $2, version = version + 1 where id = any($1) and kept returning digest`,
    [ids, at],
  );
  return rows.map((row) => row.digest);
}

/** Inserts a build; null where the same attempt named the same artifact before. */
export async function insertBuild(
  tx: Tx,
  build: Omit<BuildRow, 'org_id' | 'state' | 'signed_at' | 'attempts' | 'last_error' | 'version'>,
): Promise<BuildRow | null> {
  return tx.maybe<BuildRow>(
    `insert into artifact_build (id, org_id, artifact_id, digest, service_id, run_id, job_id, attempt, name, commit_id, made, state, due_at, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::jsonb, 'accepted', $12, $13) on conflict (job_id, attempt, name) do nothing returning *`,
    [
      build.id,
      tx.org,
      build.artifact_id,
      build.digest,
      build.service_id,
      build.run_id,
      build.job_id,
      build.attempt,
      build.name,
      build.commit_id,
      JSON.stringify(build.made),
      build.due_at,
      build.created_at,
    ],
  );
}

export async function loadBuild(tx: Tx, id: string): Promise<BuildRow | null> {
  return tx.maybe<BuildRow>(`select * from artifact_build where id = $1`, [id]);
}

export async function lockBuild(tx: Tx, id: string): Promise<BuildRow | null> {
  return tx.maybe<BuildRow>(`select * from artifact_build where id = $1 for update`, [id]);
}

/** Keeps an attestation; false where this document of the build was attested before. */
export async function insertAttestation(tx: Tx, row: Omit<AttestationRow, 'created_at'>, at: Instant): Promise<boolean> {
  const made = await tx.write(
    `insert into attestation (id, org_id, artifact_id, build_id, digest, kind, predicate_type, envelope_digest, document_digest, key_id, incomplete, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) on conflict (build_id, kind, document_digest) do nothing`,
    [
      row.id,
      tx.org,
      row.artifact_id,
      row.build_id,
      row.digest,
      row.kind,
      row.predicate_type,
      row.envelope_digest,
      row.document_digest,
      row.key_id,
      row.incomplete,
      at,
    ],
  );
  return made === 1;
}

/** Moves a locked build to signed. */
export async function markSigned(tx: Tx, build: BuildRow, at: Instant): Promise<void> {
  assertStep(buildMachine, build.state, 'signed');
  const written = await tx.write(
    `update artifact_build set state = 'signed', signed_at = $3, last_error = null, version = version + 1 where id = $1 and version = $2`,
    [build.id, build.version, at],
  );
  if (written !== 1) throw new Error(`build ${build.id} changed under its own lock`);
}

/** Notes why signing failed and when it is due again. */
export async function markUnsigned(tx: Tx, build: BuildRow, error: string, due: Instant): Promise<void> {
  await tx.write(
    `update artifact_build set attempts = attempts + 1, last_error = $3, due_at = $4, version = version + 1 where id = $1 and version = $2 and state = 'accepted'`,
    [build.id, build.version, error, due],
  );
}

/** Unsigned builds whose time has come, oldest first. */
export async function dueBuilds(tx: Tx, now: Instant, limit: number): Promise<{ id: string; org_id: string }[]> {
  return tx.query(`select id, org_id from artifact_build where state = 'accepted' and due_at <= $1 order by due_at limit $2`, [now, limit]);
}

/** Locks the artifact of these bytes. */
export async function lockArtifact(tx: Tx, digest: string): Promise<ArtifactRow | null> {
  return tx.maybe<ArtifactRow>(`select * from artifact where org_id = $1 and digest = $2 for update`, [tx.org, digest]);
}

export async function markRevoked(tx: Tx, artifact: ArtifactRow, by: string, reason: string, at: Instant): Promise<void> {
  const written = await tx.write(
    `update artifact set revoked_at = $3, revoked_by = $4, revoked_reason = $5, version = version + 1 where id = $1 and version = $2`,
    [artifact.id, artifact.version, at, by, reason],
  );
  if (written !== 1) throw new Error(`artifact ${artifact.id} changed under its own lock`);
}

/** Artifacts whose bytes were last read before `before`, longest ago first. */
export async function uncheckedSince(
  tx: Tx,
  before: Instant,
  damagedBefore: Instant,
  limit: number,
): Promise<{ digest: Digest; org_id: string }[]> {
  return tx.query(
    `select digest, org_id from artifact where kept and (checked_at < $1 or (damaged_at is not null and checked_at < $2)) order by checked_at limit $3`,
    [before, damagedBefore, limit],
  );
}

/** Notes what a read of the bytes found. */
export async function markChecked(tx: Tx, artifact: ArtifactRow, at: Instant, damagedAt: Instant | null): Promise<void> {
  await tx.write(`update artifact set checked_at = $3, damaged_at = $4, version = version + 1 where id = $1 and version = $2`, [
    artifact.id,
    artifact.version,
    at,
    damagedAt,
  ]);
}
