import { system } from '../kernel/actor.ts';
import { canonicalBytes } from '../kernel/canonical.ts';
import type { Digest } from '../kernel/digest.ts';
import { Problem } from '../kernel/problem.ts';
import { plus } from '../kernel/time.ts';
import { serviceById } from '../catalog/catalog.queries.ts';
import type { Floor, Sweeper, Task } from '../platform/floor.ts';
import { SIGN_TASK } from './accept.api.ts';
import type { AttestationKind, BuildRow, RecordedBy } from './artifact.store.ts';
import { dueBuilds, insertAttestation, loadBuild, lockBuild, markSigned, markUnsigned } from './artifact.store.ts';
import { artifactSigned } from './artifacts.events.ts';
import { retryAfter } from './build-states.ts';
import { writeReference } from './provenance/reference.ts';
import { writeProvenance } from './provenance/provenance.ts';
import { PROVENANCE_PREDICATE, SBOM_PREDICATE } from './provenance/statement.ts';
import { RECORDED_PREDICATE, writeRecorded } from './recorded/statement.ts';
import { materialsFor } from './sbom/materials.ts';
import { attest } from './sign.api.ts';
import type { Material } from './sbom/sbom.ts';
import { writeSbom } from './sbom/sbom.ts';

const LOCK_FILE_LIMIT = 16 * 1024 ** 2;
/** How many due builds one sweep wakes; the next takes the rest. */
const SWEEP_LIMIT = 100;

type Signed = {
  readonly kind: AttestationKind;
  readonly predicate: string;
  readonly envelope: Digest;
  /** The id of the key that signed it. */
  readonly key: string;
  readonly document: Digest;
  readonly incomplete: readonly string[];
};

/**
 * Writes SBOM and provenance of a build and signs them. Everything comes from the build's row, so a second run writes
 * the same bytes; only the one that finds the row still unsigned records them.
 */
export async function signBuild(floor: Floor, org: string, id: string): Promise<void> {
  const found = await floor.db.read(org, async (tx) => {
    const build = await loadBuild(tx, id);
    return build === null ? null : { build, service: await serviceById(tx, build.service_id) };
  });
  if (found === null || found.build.state !== 'accepted') return;
  const { build, service } = found;
  try {
    if (build.made.recorded !== undefined)
      return await keepSigned(floor, org, build, [await makeRecorded(floor, build, build.made.recorded)]);
    const sbom = await makeSbom(floor, build, service?.name ?? build.service_id, service?.repository?.path ?? '.');
    await keepSigned(floor, org, build, [sbom, await makeProvenance(floor, build)]);
  } catch (error) {
    // A missing key or a full disk is no reason to forget: the row says why, and is tried again.
    floor.log.warn({ err: error, build: id }, 'an artifact could not be signed and will be tried again');
    const why = error instanceof Problem ? error.sentence : error instanceof Error ? error.message : String(error);
    await floor.db.tx(org, async (tx) => {
      const due = plus(await tx.now(), retryAfter(build.attempts + 1));
      await markUnsigned(tx, build, why.slice(0, 500), due);
    });
  }
}

/** Of what a foreign CI made there is no provenance of ours: only the statement of who told what. */
async function makeRecorded(floor: Floor, build: BuildRow, recorded: RecordedBy): Promise<Signed> {
  const { org_id: org, service_id: service, name, digest, commit_id: commit, run_id: run, job_id: job, made } = build;
  const { repository, ref, trust } = made;
  const statement = writeRecorded({ org, service, name, digest, commit, run, job, repository, ref, trust, recorded });
  const document = (await floor.blobs.put(canonicalBytes(statement))).digest;
  return { kind: 'recorded', predicate: RECORDED_PREDICATE, ...(await attest(floor, statement)), document, incomplete: [] };
}

async function makeSbom(floor: Floor, build: BuildRow, service: string, path: string): Promise<Signed> {
  const materials = await Promise.all(materialsFor(path, build.made.materials).map((one) => readMaterial(floor, one)));
  const { bom, incomplete } = writeSbom({
    service,
    artifact: build.name,
    digest: build.digest,
    commit: build.commit_id,
    materials,
    at: build.made.finishedAt,
  });
  const document = (await floor.blobs.put(canonicalBytes(bom))).digest;
  const statement = writeReference({ org: build.org_id, name: build.name, digest: build.digest }, document);
  return {
    kind: 'sbom',
    predicate: SBOM_PREDICATE,
    ...(await attest(floor, statement)),
    document,
    incomplete,
  };
}

/** A lock file's text. One that is gone, damaged or too large makes the SBOM incomplete, and it says so. */
async function readMaterial(floor: Floor, { path, digest }: { readonly path: string; readonly digest: Digest }): Promise<Material> {
  try {
    return { path, text: Buffer.from(await floor.blobs.read(digest, LOCK_FILE_LIMIT)).toString('utf8') };
  } catch (error) {
    if (error instanceof Problem && error.status < 500) return { path, text: null };
    if (error instanceof Problem && error.code.startsWith('platform.blob-')) return { path, text: null };
    throw error;
  }
}

async function makeProvenance(floor: Floor, build: BuildRow): Promise<Signed> {
  const { made } = build;
  const statement = writeProvenance({
    org: build.org_id,
    service: build.service_id,
    run: build.run_id,
    job: build.job_id,
    attempt: build.attempt,
    name: build.name,
    digest: build.digest,
    commit: build.commit_id,
    ...made,
  });
  const document = (await floor.blobs.put(canonicalBytes(statement))).digest;
  return {
    kind: 'provenance',
    predicate: PROVENANCE_PREDICATE,
    ...(await attest(floor, statement)),
    document,
    incomplete: [],
  };
}

async function keepSigned(floor: Floor, org: string, seen: BuildRow, signed: readonly Signed[]): Promise<void> {
  await floor.db.tx(org, async (tx) => {
    const build = await lockBuild(tx, seen.id);
    // Somebody was faster; their bytes are the same.
    if (build === null || build.state !== 'accepted') return;
    const at = await tx.now();
    const rows = signed.map((one) => ({ id: tx.floor.newId('att'), ...one }));
    for (const row of rows) {
      await insertAttestation(
        tx,
        {
          id: row.id,
          artifact_id: build.artifact_id,
          build_id: build.id,
          digest: build.digest,
          kind: row.kind,
          predicate_type: row.predicate,
          envelope_digest: row.envelope,
          document_digest: row.document,
          key_id: row.key,
          incomplete: row.incomplete,
        },
        at,
      );
    }
    await markSigned(tx, build, at);
    await tx.record(artifactSigned, {
      subject: build.artifact_id,
      actor: system(org, 'artifacts'),
      service: build.service_id,
      body: {
        digest: build.digest,
        build: build.id,
        run: build.run_id,
        key: rows[0]?.key ?? '',
        attestations: rows.map(({ id, kind, envelope, document }) => ({ id, kind, envelope, document })),
        incomplete: [...(rows.find((row) => row.kind === 'sbom')?.incomplete ?? [])],
      },
    });
    await tx.notify('artifact', build.artifact_id);
  });
}

export const signTask: Task = {
  name: SIGN_TASK,
  run: async (floor, payload, org) => {
    if (typeof payload['build'] === 'string') await signBuild(floor, org, payload['build']);
  },
};

export const signSweeper: Sweeper = {
  name: 'artifacts.unsigned',
  sweep: async (tx) => {
    for (const build of await dueBuilds(tx, await tx.now(), SWEEP_LIMIT))
      await tx.wake(SIGN_TASK, build.id, { build: build.id, org: build.org_id });
  },
};
