import { readYaml } from '../../kernel/yaml.ts';
import { FindingList, vulnerabilityIn } from './finding.ts';
import type { JsonObject } from './json.ts';
import { asObject, objectAt, objectsAt, objectsIn, textAt } from './json.ts';
import type { ByteStream, Contents } from './model.ts';
import { LIMITS, ReportFault } from './model.ts';
import { decodeText, linesOf } from './text.ts';
import { childrenOf, readRecords, textOf } from './xml-records.ts';

const VERSION = /^SPDX-2\.[0-3]$/;
const MOST = 200_000;

type Reference = { readonly category: string | null; readonly type: string | null; readonly locator: string | null };
export type SpdxPackage = { name: string | null; version: string | null; readonly references: Reference[] };

/** SPDX 2.0 to 2.3: packages, and the vulnerabilities that their security references name. */
export class SpdxDocument {
  version: string | null = null;
  components = 0;
  withPurl = 0;
  readonly #findings = new FindingList();

  add({ name, version, references }: SpdxPackage): void {
    if (name === null || name === '') throw new ReportFault('a package has no name');
    if (++this.components > MOST) throw new ReportFault('the document has too many packages');
    const purl = references.find(({ type, locator }) => type === 'purl' && locator?.startsWith('pkg:') === true)?.locator ?? null;
    if (purl !== null) this.withPurl++;
    const seen = new Set<string>();
    for (const { category, type, locator } of references) {
      if (
        category?.toUpperCase() !== 'SECURITY' ||
        type === null ||
        !['advisory', 'url', 'fix', 'swid'].includes(type.split('/').at(-1) ?? '')
      )
        continue;
      const id = type.endsWith('fix') ? null : vulnerabilityIn([locator]);
      if (id === null || seen.has(id)) continue;
      seen.add(id);
      const component = `${name}@${version ?? ''}`;
      this.#findings.add({
        tool: 'spdx',
        rule: id,
        severity: 'medium',
        location: purl ?? component,
        file: purl ?? component,
        identity: 'advisory',
        message: `${id} is named by ${component}`,
        cve: id,
        purl,
        component,
      });
    }
  }

  get contents(): Contents {
    if (this.version === null || !VERSION.test(this.version))
      throw new ReportFault(`SPDX ${String(this.version).slice(0, 20)} is not read, SPDX-2.0 to SPDX-2.3 are`);
    if (this.components === 0) throw new ReportFault('the document lists no packages', 'empty');
    const sbom = { components: this.components, withPurl: this.withPurl, specVersion: this.version };
    // It has no place for vulnerabilities: where none is named, nobody looked.
    const found = this.#findings.contents;
    return found.findings.length === 0 ? { sbom } : { sbom, ...found };
  }
}

/** SPDX as JSON. */
export function readSpdxJson(root: JsonObject): Contents {
  const document = new SpdxDocument();
  document.version = textAt(root, 'spdxVersion');
  for (const one of objectsAt(root, 'packages') ?? []) {
    const references = objectsIn(one['externalRefs']).map((each) => ({
      category: textAt(each, 'referenceCategory'),
      type: textAt(each, 'referenceType'),
      locator: textAt(each, 'referenceLocator'),
    }));
    document.add({ name: textAt(one, 'name'), version: textAt(one, 'versionInfo'), references });
  }
  return document.contents;
}

/** SPDX as YAML: the members of its JSON. Limits are those of all YAML here: 1 MB, no tags, no merge keys. */
export async function readSpdxYaml(bytes: ByteStream): Promise<Contents> {
  const parts: string[] = [];
  for await (const part of decodeText(bytes, LIMITS.jsonBytes)) parts.push(part);
  const read = readYaml(parts.join('').replace(/^\uFEFF/, ''), 'document');
  if (!read.ok) {
    const [first] = read.diagnostics;
    const place = first === undefined ? {} : { place: { line: first.range.start.line, column: first.range.start.column } };
    throw new ReportFault(`not YAML that is read: ${first?.message ?? 'unknown'}`, 'unreadable', place);
  }
  const root = asObject(read.document.value);
  if (root === null) throw new ReportFault('the document is no map');
  return readSpdxJson(root);
}

export const isSpdxJson = (root: JsonObject): boolean =>
  textAt(root, 'spdxVersion') !== null &&
  (Array.isArray(root['packages']) ||
    textAt(root, 'SPDXID') !== null ||
    root['@context'] !== undefined ||
    objectAt(root, 'creationInfo') !== null);

/** SPDX as XML (`<Document>`). */
export async function readSpdxXml(bytes: ByteStream): Promise<Contents> {
  const document = new SpdxDocument();
  await readRecords(bytes, {
    isRecord: (name, path) => path.length === 1 && (name === 'packages' || name === 'spdxVersion'),
    record(node) {
      if (node.name === 'spdxVersion') {
        document.version = node.text.trim();
        return;
      }
      const references = childrenOf(node, 'externalRefs').map((each) => ({
        category: textOf(each, 'referenceCategory'),
        type: textOf(each, 'referenceType'),
        locator: textOf(each, 'referenceLocator'),
      }));
      document.add({ name: textOf(node, 'name'), version: textOf(node, 'versionInfo'), references });
    },
  });
  return document.contents;
}

/** SPDX as tag and value. Text between `<text>` and `</text>` may go over lines and is nobody's tag. */
export async function readSpdxTags(bytes: ByteStream): Promise<Contents> {
  const document = new SpdxDocument();
  let open: SpdxPackage | null = null;
  let text = false;
  for await (const raw of linesOf(decodeText(bytes, LIMITS.jsonBytes))) {
    if (text) {
      text = !raw.includes('</text>');
      continue;
    }
    const [, tag, value = ''] = /^([A-Za-z]+):\s*(.*)$/.exec(raw.trim()) ?? [];
    if (tag === undefined) continue;
    if (value.includes('<text>') && !value.includes('</text>')) text = true;
    if (tag === 'SPDXVersion') document.version = value.trim();
    else if (tag === 'PackageName') {
      if (open !== null) document.add(open);
      open = { name: value.trim(), version: null, references: [] };
    } else if (open !== null && tag === 'PackageVersion') open.version = value.trim();
    else if (open !== null && tag === 'ExternalRef') {
      const [category = null, type = null, locator = null] = value.trim().split(/\s+/);
      open.references.push({ category, type, locator });
    }
  }
  if (text) throw new ReportFault('a text has no end: the document is cut short');
  if (open !== null) document.add(open);
  return document.contents;
}
