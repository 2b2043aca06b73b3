import type { Digest } from '../../kernel/digest.ts';
import type { Tx } from '../../platform/floor.ts';
import { contentsRows, newsOf, type NewsOf } from './contents.store.ts';
import { newsKeyOf } from './news.ts';
import type { Contents, Part } from './part.ts';

/** More packages than this of one artifact are not asked for: nobody knows them all, and nothing is said. */
const MOST = 5000;

/**
 * What an artifact is made of, by its SBOMs, with what registries were heard to say. Null where nobody can say: no SBOM of
 * it was read, one of them can't be read, it names nothing although it says that there is more, or they are too many.
 */
export async function contentsOf(tx: Tx, digest: Digest): Promise<Contents | null> {
  const rows = await contentsRows(tx, digest);
  if (rows.length === 0 || rows.some(({ packages }) => packages === null)) return null;
  const packages = new Map(
    rows
      .flatMap((row) => row.packages ?? [])
      .map((one) => [JSON.stringify([one.purl ?? one.name, one.version, one.scope, one.licence]), one]),
  );
  const incomplete = [...new Set(rows.flatMap((row) => row.incomplete))];
  if (packages.size > MOST || (packages.size === 0 && incomplete.length > 0)) return null;
  const named = [...packages.values()].map((one) => ({ one, key: one.purl === null ? null : newsKeyOf(one.purl) }));
  const asked = named.flatMap(({ one, key }) => (key === null ? [] : [{ package: key, version: one.version ?? '' }]));
  const heard = new Map((asked.length === 0 ? [] : await newsOf(tx, asked)).map((row) => [`${row.package} ${row.version}`, row]));
  return {
    incomplete,
    parts: named.map(({ one, key }): Part => {
      const news = key === null ? undefined : heard.get(`${key} ${one.version ?? ''}`);
      return {
        name: one.name,
        version: one.version,
        purl: one.purl,
        licence: one.licence,
        scope: one.scope,
        hashed: one.hashed === true,
        direct: one.direct ?? null,
        publishedAt: one.publishedAt ?? news?.published ?? null,
        deprecated: one.deprecated ?? news?.deprecated ?? null,
        registry: news === undefined ? null : registryOf(news),
      };
    }),
  };
}

function registryOf({ latest, latestAt }: NewsOf): NonNullable<Part['registry']> {
  return { latest, latestAt };
}
