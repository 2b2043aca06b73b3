import type { z } from 'zod';
import { serviceByName } from '../catalog/catalog.queries.ts';
import type { artifactSchema, buildSchema } from '../contract/artifacts.ts';
import type { Tx } from '../platform/floor.ts';
import type { BuildRow } from './artifact.store.ts';
import type { Attestation, Build } from './artifacts.queries.ts';
import { artifactByDigest, attestationsOf, buildsOf, toBuild } from './artifacts.queries.ts';
import { noSuchArtifact } from './artifacts.problems.ts';
import { handedIn } from './recorded/recorders.queries.ts';
import { signerView } from './recorded/signer.views.ts';

export type BuildView = z.infer<typeof buildSchema>;
export type ArtifactView = z.infer<typeof artifactSchema>;
/** All services, or the ids of those that the asker may see. */
export type Visible = 'all' | ReadonlySet<string>;

export type BuildsAsked = {
  readonly service?: string | undefined;
  readonly commit?: string | undefined;
  readonly run?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
};

/** A page of builds, newest first. `service` is a name. A cursor is the last build seen; an unknown one has nothing after it. */
export async function buildPage(tx: Tx, asked: BuildsAsked, visible: Visible): Promise<{ items: BuildView[]; next: string | null }> {
  const rows = await tx.query<BuildRow & { size: number; service_name: string }>(
    `select artifact_build.*, artifact.size, service.name as service_name
     from artifact_build join artifact on artifact.id = artifact_id join service on service.id = artifact_build.service_id
     where ($1::text is null or service.name = $1) and ($2::text is null or commit_id = $2) and ($3::text is null or run_id = $3)
       and ($4::text[] is null or artifact_build.service_id = any($4))
       and ($5::text is null or (artifact_build.created_at, artifact_build.id) < (select created_at, id from artifact_build where id = $5))
     order by artifact_build.created_at desc, artifact_build.id desc limit $6`,
    [
      asked.service ?? null,
      asked.commit ?? null,
      asked.run ?? null,
      visible === 'all' ? null : [...visible],
      asked.cursor ?? null,
      asked.limit + 1,
    ],
  );
  const items = rows.slice(0, asked.limit).map((row) => viewOf(toBuild(row), row.service_name));
  return { items, next: rows.length > asked.limit ? (items.at(-1)?.id ?? null) : null };
}

/** One artifact as far as the asker may see it. What only services beyond that have built doesn't exist for him. */
export async function artifactView(tx: Tx, digest: string, visible: Visible): Promise<ArtifactView> {
  const artifact = await artifactByDigest(tx, digest);
  const builds = (await buildsOf(tx, digest)).filter((build) => visible === 'all' || visible.has(build.service));
  if (artifact === null || builds.length === 0) throw noSuchArtifact({ digest });
  const names = await serviceNames(tx, builds);
  const shown = new Set(builds.map((build) => build.id));
  const handed = [];
  for (const service of new Set(builds.map((build) => build.service))) handed.push(...(await handedIn(tx, service, artifact.digest)));
  return {
    ...artifact,
    handedIn: handed.map(({ signer, ...one }) => ({ ...one, ...signerView(signer) })),
    builds: builds.map((build) => viewOf(build, names.get(build.service) ?? build.service)),
    attestations: (await attestationsOf(tx, digest)).filter((one) => shown.has(one.build)).map(attestationView),
  };
}

/** The services that made an artifact, as far as the asker may see them: what is done with it is asked of each. */
export async function makersOf(tx: Tx, digest: string, visible: Visible): Promise<{ service: string; team: string }[]> {
  const { builds } = await artifactView(tx, digest, visible);
  const makers = [];
  for (const name of new Set(builds.map((build) => build.service))) {
    const service = await serviceByName(tx, name);
    if (service !== null) makers.push({ service: service.name, team: service.team });
  }
  return makers;
}

export function attestationView(one: Attestation): ArtifactView['attestations'][number] {
  return { ...one, incomplete: [...one.incomplete] };
}

function viewOf(build: Build, service: string): BuildView {
  return { ...build, service };
}

async function serviceNames(tx: Tx, builds: readonly Build[]): Promise<Map<string, string>> {
  const rows = await tx.query<{ id: string; name: string }>(`select id, name from service where id = any($1)`, [
    builds.map((build) => build.service),
  ]);
  return new Map(rows.map((row) => [row.id, row.name]));
}
