import { SAID } from './cyclonedx.ts';
import { asName, asRecord, jsonOf } from './package.ts';
import { packageOf, parsePurl } from './package-url.ts';

/** One component of an SBOM that somebody wrote, as far as comparing and matching need it. */
export type Component = {
  readonly name: string;
  readonly version: string | null;
  readonly purl: string | null;
  /** As the SBOM says it; several are joined with AND. */
  readonly licence: string | null;
  readonly scope: 'required' | 'optional' | 'excluded';
  /** Whether a hash fixes its bytes. */
  readonly hashed?: true;
  /** Whether the software itself depends on it; absent: the SBOM does not say. */
  readonly direct?: boolean;
  /** What the SBOM says of who gave it up, and when its version was published. */
  readonly deprecated?: string;
  readonly publishedAt?: string;
};

export type ReadSbom = { readonly format: string; readonly components: readonly Component[] };

type Table = Readonly<Record<string, unknown>>;
/** More components than this are no SBOM of one artifact. */
const LIMIT = 200_000;

/** Reads a CycloneDX or SPDX 2.x document in JSON; null where it is neither. */
export function readSbom(text: string): ReadSbom | null {
  const document = asRecord(jsonOf(text));
  if (document === null) return null;
  if (document['bomFormat'] === 'CycloneDX')
    return { format: `CycloneDX ${asName(document['specVersion']) ?? ''}`.trim(), components: fromCyclonedx(document) };
  const version = asName(document['spdxVersion']);
  return version?.startsWith('SPDX-2.') === true ? { format: version.replace('-', ' '), components: fromSpdx(document) } : null;
}

function tables(value: unknown): Table[] {
  return Array.isArray(value) ? (value as unknown[]).map(asRecord).filter((one) => one !== null) : [];
}

function fromCyclonedx(document: Table): Component[] {
  const found: Component[] = [];
  const direct = directRefs(document);
  const open = tables(document['components']).reverse();
  for (let one = open.pop(); one !== undefined && found.length < LIMIT; one = open.pop()) {
    open.push(...tables(one['components']));
    const scope = one['scope'] === 'optional' || one['scope'] === 'excluded' ? one['scope'] : 'required';
    const group = asName(one['group']);
    const name = asName(one['name']) ?? '';
    const licences = tables(one['licenses']).flatMap((choice) => {
      const licence = asRecord(choice['license']);
      return asName(choice['expression'], 2000) ?? asName(licence?.['id']) ?? asName(licence?.['name']) ?? [];
    });
    found.push({
      name: group === null ? name : `${group}/${name}`,
      version: asName(one['version']),
      purl: asName(one['purl'], 8192),
      licence: joined(licences),
      scope,
      ...(tables(one['hashes']).length > 0 ? { hashed: true as const } : {}),
      ...(direct === null ? {} : { direct: direct.has(one['bom-ref']) }),
      ...saidOf(tables(one['properties'])),
    });
  }
  return found;
}

/** What the software itself depends on, by reference; null where the document says nothing of that. */
function directRefs(document: Table): ReadonlySet<unknown> | null {
  const root = asRecord(asRecord(document['metadata'])?.['component'])?.['bom-ref'];
  const own = tables(document['dependencies']).find((one) => root !== undefined && one['ref'] === root)?.['dependsOn'];
  return Array.isArray(own) && own.length > 0 ? new Set(own as unknown[]) : null;
}

function saidOf(properties: readonly Table[]): Pick<Component, 'deprecated' | 'publishedAt'> {
  const of = (name: string): string | null => asName(properties.find((one) => one['name'] === name)?.['value']);
  const [deprecated, publishedAt] = [of(SAID.deprecated), of(SAID.published)];
  return { ...(deprecated === null ? {} : { deprecated }), ...(publishedAt === null ? {} : { publishedAt }) };
}

function fromSpdx(document: Table): Component[] {
  const names = new Map(tables(document['hasExtractedLicensingInfos']).map((info) => [asName(info['licenseId']), asName(info['name'])]));
  const relationships = tables(document['relationships']);
  const described = new Set(relationships.filter((one) => one['relationshipType'] === 'DESCRIBES').map((one) => one['relatedSpdxElement']));
  const excluded = new Set(
    relationships.filter((one) => one['relationshipType'] === 'DEV_DEPENDENCY_OF').map((one) => one['spdxElementId']),
  );
  const optional = new Set(
    relationships.filter((one) => one['relationshipType'] === 'OPTIONAL_DEPENDENCY_OF').map((one) => one['spdxElementId']),
  );
  const direct = new Set(
    relationships
      .filter((one) => one['relationshipType'] === 'DEPENDS_ON' && described.has(one['spdxElementId']))
      .map((one) => one['relatedSpdxElement']),
  );
  return tables(document['packages'])
    .filter((one) => !described.has(one['SPDXID']))
    .slice(0, LIMIT)
    .map((one) => {
      const declared =
        [one['licenseConcluded'], one['licenseDeclared']]
          .map((text) => asName(text, 2000))
          .find((text) => text !== null && text !== 'NOASSERTION' && text !== 'NONE') ?? null;
      const purl = tables(one['externalRefs']).find((ref) => ref['referenceType'] === 'purl');
      const id = one['SPDXID'];
      return {
        name: asName(one['name']) ?? '',
        version: asName(one['versionInfo']),
        purl: asName(purl?.['referenceLocator'], 8192),
        licence: declared === null ? null : (names.get(declared) ?? declared),
        scope: excluded.has(id) ? ('excluded' as const) : optional.has(id) ? ('optional' as const) : ('required' as const),
        ...(tables(one['checksums']).length > 0 ? { hashed: true as const } : {}),
        ...(direct.size === 0 ? {} : { direct: direct.has(id) }),
      };
    });
}

function joined(licences: readonly string[]): string | null {
  if (licences.length <= 1) return licences[0] ?? null;
  return licences.map((one) => (/\sOR\s/i.test(one) ? `(${one})` : one)).join(' AND ');
}

export type Change = { readonly name: string; readonly from: string | null; readonly to: string | null };
export type SbomDiff = {
  readonly added: readonly Component[];
  readonly removed: readonly Component[];
  /** Another version of the same package. */
  readonly changed: readonly Change[];
  readonly licences: readonly Change[];
  readonly unchanged: number;
};

/** What differs between the components of two releases. Packages are known by their purl without version, else by name. */
export function diffSboms(before: readonly Component[], after: readonly Component[]): SbomDiff {
  const [old, now] = [grouped(before), grouped(after)];
  const result = { added: [] as Component[], removed: [] as Component[], changed: [] as Change[], licences: [] as Change[], unchanged: 0 };
  for (const [key, entries] of now) {
    const others = old.get(key) ?? [];
    const fresh = entries.filter((one) => !others.some((other) => other.version === one.version));
    const gone = others.filter((one) => !entries.some((other) => other.version === one.version));
    const pairs = Math.min(fresh.length, gone.length);
    for (let at = 0; at < pairs; at += 1) {
      result.changed.push({ name: fresh[at]?.name ?? '', from: gone[at]?.version ?? null, to: fresh[at]?.version ?? null });
      compareLicences(gone[at], fresh[at], result.licences);
    }
    result.added.push(...fresh.slice(pairs));
    result.removed.push(...gone.slice(pairs));
    for (const one of entries) {
      const same = others.find((other) => other.version === one.version);
      if (same !== undefined) result.unchanged += 1;
      compareLicences(same, one, result.licences);
    }
  }
  for (const [key, entries] of old) if (!now.has(key)) result.removed.push(...entries);
  return result;
}

function compareLicences(before: Component | undefined, after: Component | undefined, into: Change[]): void {
  if (before !== undefined && after !== undefined && before.licence !== after.licence)
    into.push({ name: `${after.name}@${after.version ?? ''}`, from: before.licence, to: after.licence });
}

/** Components by package, in the order of their names, each version once. */
function grouped(components: readonly Component[]): Map<string, Component[]> {
  const found = new Map<string, Component[]>();
  for (const one of components.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))) {
    const purl = one.purl === null ? null : parsePurl(one.purl, true);
    const key = purl === null ? `name:${one.name}` : packageOf(purl);
    const list = found.get(key) ?? [];
    if (!list.some((other) => other.version === one.version)) list.push(one);
    found.set(key, list);
  }
  return found;
}
