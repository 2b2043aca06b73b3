import semver from 'semver';
import { asName, asRecord, jsonOf } from '../sbom/package.ts';
import { parsePurl } from '../sbom/package-url.ts';
import type { PackageNews } from './health.ts';

/** A package as registries name it: `npm @acme/shop`, `pypi flask`. */
export type NamedNews = { readonly key: string; readonly news: PackageNews };

type Table = Readonly<Record<string, unknown>>;

/** The package of a purl as {@link NamedNews} names it; null where it is no purl. */
export function newsKeyOf(purl: string): string | null {
  const parsed = parsePurl(purl, true);
  if (parsed === null) return null;
  const name = `${parsed.namespace === null ? '' : `${parsed.namespace}/`}${parsed.name}`;
  return `${parsed.type} ${parsed.type === 'pypi' ? normal(name) : name}`;
}

/**
 * What a registry said of one package, from the document that it serves: npm's packument (`npm view NAME --json` has the
 * parts that are needed), PyPI's `/pypi/NAME/json`, or crates.io's `/api/v1/crates/NAME`. Null: it is none of them.
 */
export function readNews(text: string): NamedNews | null {
  const document = asRecord(jsonOf(text));
  if (document === null) return null;
  return fromNpm(document) ?? fromPypi(document) ?? fromCrates(document);
}

function fromNpm(document: Table): NamedNews | null {
  const [name, tags, time] = [asName(document['name']), asRecord(document['dist-tags']), asRecord(document['time'])];
  if (name === null || tags === null || time === null) return null;
  const published = new Map(
    Object.entries(time).flatMap(([version, at]) => (semver.valid(version) !== null && isInstant(at) ? [[version, at]] : [])),
  );
  const deprecated = new Map<string | null, string>();
  for (const [version, entry] of Object.entries(asRecord(document['versions']) ?? {})) {
    const words = asRecord(entry)?.['deprecated'];
    if (typeof words === 'string' && words !== '') deprecated.set(version, words);
  }
  // `npm view` of one version says it beside the name.
  const own = document['deprecated'];
  if (typeof own === 'string' && own !== '') deprecated.set(null, own);
  const latest = asName(tags['latest']);
  return { key: `npm ${name}`, news: { published, deprecated, latest: latestOf(latest, published) } };
}

function fromPypi(document: Table): NamedNews | null {
  const [info, releases] = [asRecord(document['info']), asRecord(document['releases'])];
  const name = asName(info?.['name']);
  if (info === null || releases === null || name === null) return null;
  const published = new Map<string, string>();
  const deprecated = new Map<string | null, string>();
  for (const [version, files] of Object.entries(releases)) {
    const all = Array.isArray(files) ? (files as unknown[]).map(asRecord).filter((file) => file !== null) : [];
    const times = all.flatMap((file) => (isInstant(file['upload_time_iso_8601']) ? file['upload_time_iso_8601'] : [])).sort();
    if (times[0] !== undefined) published.set(version, times[0]);
    if (all.length > 0 && all.every((file) => file['yanked'] === true))
      deprecated.set(version, asName(all[0]?.['yanked_reason']) ?? 'it was yanked');
  }
  const classifiers = Array.isArray(info['classifiers']) ? info['classifiers'] : [];
  if (classifiers.includes('Development Status :: 7 - Inactive')) deprecated.set(null, 'its makers call it inactive');
  return { key: `pypi ${normal(name)}`, news: { published, deprecated, latest: latestOf(asName(info['version']), published) } };
}

function fromCrates(document: Table): NamedNews | null {
  const [crate, versions] = [asRecord(document['crate']), document['versions']];
  const name = asName(crate?.['id']);
  if (crate === null || name === null || !Array.isArray(versions)) return null;
  const published = new Map<string, string>();
  const deprecated = new Map<string | null, string>();
  for (const entry of versions as unknown[]) {
    const [version, at, yanked] = [asName(asRecord(entry)?.['num']), asRecord(entry)?.['created_at'], asRecord(entry)?.['yanked']];
    if (version !== null && isInstant(at)) published.set(version, at);
    if (version !== null && yanked === true) deprecated.set(version, 'it was yanked');
  }
  const latest = asName(crate['max_stable_version']) ?? asName(crate['max_version']);
  return { key: `cargo ${name}`, news: { published, deprecated, latest: latestOf(latest, published) } };
}

function latestOf(version: string | null, published: ReadonlyMap<string, string>): PackageNews['latest'] {
  return version === null ? null : { version, at: published.get(version) ?? null };
}

function isInstant(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 40 && /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value));
}

function normal(name: string): string {
  return name.toLowerCase().replaceAll(/[-_.]+/g, '-');
}
