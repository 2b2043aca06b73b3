import type { Digest } from '../../kernel/digest.ts';
import type { Instant } from '../../kernel/time.ts';
import type { Tx } from '../../platform/floor.ts';
import type { Component } from '../sbom/read.ts';

/** A package of an artifact, as its SBOM says it. */
export type KeptPackage = Component;

/** Keeps what an SBOM says of an artifact; `packages` null: it can't be read, or says too much. What is there stays. */
export async function keepContents(
  tx: Tx,
  kept: {
    readonly artifactId: string;
    readonly digest: string;
    readonly document: string;
    readonly packages: readonly KeptPackage[] | null;
    readonly incomplete: readonly string[];
  },
): Promise<void> {
  await tx.write(
    `insert into artifact_contents (org_id, artifact_id, digest, document_digest, packages, incomplete, read_at)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
    [
      tx.org,
      kept.artifactId,
      kept.digest,
      kept.document,
      kept.packages === null ? null : JSON.stringify(kept.packages),
      kept.incomplete,
      await tx.now(),
    ],
  );
}

export type ContentsRow = { readonly packages: readonly KeptPackage[] | null; readonly incomplete: readonly string[] };

/** What the SBOMs of an artifact say, those that were read. */
export function contentsRows(tx: Tx, digest: Digest): Promise<ContentsRow[]> {
  return tx.query<ContentsRow>(
    `select packages, incomplete from artifact_contents where org_id = $1 and digest = $2 order by read_at, document_digest`,
    [tx.org, digest],
  );
}

/** Artifacts with an SBOM that nobody has read yet: those of before it was kept, and where a wake was lost. */
export function unreadContents(tx: Tx, before: Instant, limit: number): Promise<{ digest: string; org: string }[]> {
  return tx.query<{ digest: string; org: string }>(
    `select distinct a.digest, a.org_id as org from attestation a join artifact r on r.org_id = a.org_id and r.digest = a.digest
     where a.kind = 'sbom' and a.created_at < $1 and not exists (select from artifact_contents c
       where c.org_id = a.org_id and c.digest = a.digest and c.document_digest = a.document_digest) limit $2`,
    [before, limit],
  );
}

/** What a registry says of a package; instants in RFC 3339. The empty version of `deprecated` stands for all. */
export type KeptNews = {
  readonly package: string;
  readonly latest: string | null;
  readonly latestAt: Instant | null;
  readonly published: Readonly<Record<string, string>>;
  readonly deprecated: Readonly<Record<string, string>>;
};

/** Keeps what a registry says of a package; false where it says what it said before. */
export async function keepNews(tx: Tx, news: KeptNews, digest: Digest, at: Instant): Promise<boolean> {
  const written = await tx.write(
    `insert into package_news (org_id, package, latest, latest_at, published, deprecated, digest, imported_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (org_id, package) do update set latest = excluded.latest, latest_at = excluded.latest_at, published = excluded.published,
       deprecated = excluded.deprecated, digest = excluded.digest, imported_at = excluded.imported_at, version = package_news.version + 1
       where package_news.digest <> excluded.digest`,
    [tx.org, news.package, news.latest, news.latestAt, JSON.stringify(news.published), JSON.stringify(news.deprecated), digest, at],
  );
  return written === 1;
}

export type NewsOf = {
  readonly package: string;
  readonly version: string;
  readonly latest: string | null;
  readonly latestAt: Instant | null;
  readonly published: string | null;
  readonly deprecated: string | null;
};

/** What registries say of these versions of packages; one row for each that anything is known of. An empty version is none. */
export function newsOf(tx: Tx, asked: readonly { readonly package: string; readonly version: string }[]): Promise<NewsOf[]> {
  return tx.query<NewsOf>(
    `select a.package, a.version, n.latest, n.latest_at as "latestAt", n.published ->> a.version as published,
       coalesce(n.deprecated ->> '', n.deprecated ->> a.version) as deprecated
     from (select distinct package, version from unnest($2::text[], $3::text[]) as given (package, version)) a
     join package_news n on n.org_id = $1 and n.package = a.package`,
    [tx.org, asked.map((one) => one.package), asked.map((one) => one.version)],
  );
}
