import type { JsonObject } from './json.ts';
import { isLicenseId } from './license-id.ts';
import { asObject, member, objectAt, objectsAt, textAt } from './json.ts';
import { ReportFault } from './model.ts';

/** What a bill of materials must hold to be believed: the parts of the CycloneDX schema that say what a component is. */
const VERSIONS = ['1.0', '1.1', '1.2', '1.3', '1.4', '1.5', '1.6', '1.7'];
const SERIAL = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;
/** Types of components, and algorithms of hashes, by the version that brought them. */
const TYPES = new Map(
  Object.entries({
    '1.0': 'application framework library operating-system device',
    '1.1': 'file',
    '1.2': 'container firmware',
    '1.5': 'platform device-driver machine-learning-model data',
    '1.6': 'cryptographic-asset',
  }).flatMap(([version, names]) => names.split(' ').map((name) => [name, version] as const)),
);
const LATER_HASHES: Readonly<Record<string, string>> = {
  'SHA3-384': '1.2', 'BLAKE2b-256': '1.2', 'BLAKE2b-384': '1.2', 'BLAKE2b-512': '1.2', 'BLAKE3': '1.2', 'Streebog-256': '1.7', 'Streebog-512': '1.7',
}; // prettier-ignore
const SCOPES = new Set(['required', 'optional', 'excluded']);
const HASH_LENGTHS: Readonly<Record<string, number>> = {
  'MD5': 32, 'SHA-1': 40, 'SHA-256': 64, 'SHA-384': 96, 'SHA-512': 128, 'SHA3-256': 64, 'SHA3-384': 96, 'SHA3-512': 128,
  'BLAKE2b-256': 64, 'BLAKE2b-384': 96, 'BLAKE2b-512': 128, 'BLAKE3': 64, 'Streebog-256': 64, 'Streebog-512': 128,
}; // prettier-ignore

/** Checks version, serial number and time; answers the version. */
function checkHeader(header: { readonly specVersion: string | null; readonly serialNumber: unknown; readonly timestamp: unknown }): string {
  const { specVersion, serialNumber, timestamp } = header;
  if (specVersion === null || !VERSIONS.includes(specVersion))
    throw new ReportFault(`CycloneDX ${String(specVersion).slice(0, 20)} is not read, 1.0 to 1.7 are`);
  if (serialNumber !== undefined && (typeof serialNumber !== 'string' || !SERIAL.test(serialNumber)))
    throw new ReportFault('"serialNumber" is no urn:uuid');
  if (timestamp !== undefined && (typeof timestamp !== 'string' || !TIMESTAMP.test(timestamp)))
    throw new ReportFault('"metadata.timestamp" is no RFC 3339 time');
  return specVersion;
}

/** A component has a known type, a name, and hashes of the length of their algorithm. */
function checkComponent(component: JsonObject, seen: Seen): void {
  const name = textAt(component, 'name');
  if (name === null) throw new ReportFault('a component has no name');
  const what = `component ${JSON.stringify(name.slice(0, 80))}`;
  const since = TYPES.get(textAt(component, 'type') ?? '');
  if (since === undefined || since > seen.version) throw new ReportFault(`${what} has no type that CycloneDX ${seen.version} knows`);
  const scope = member(component, 'scope');
  if (scope !== undefined && !SCOPES.has(String(scope))) throw new ReportFault(`${what} has no known scope`);
  checkHashes(what, component, seen.version);
  checkLicenses(what, component, seen.version);
  const swid = member(component, 'swid');
  if (swid !== undefined && (textAt(asObject(swid), 'tagId') === null || textAt(asObject(swid), 'name') === null))
    throw new ReportFault(`the SWID of ${what} has no tagId or name`);
  checkRef(what, component, seen);
  checkProperties(what, component);
  checkPedigree(what, component);
  checkVersion(what, component, seen.version);
  for (const inner of objectsAt(component, 'components') ?? []) checkComponent(inner, seen);
}

/** Each hash has a known algorithm and a content of its length. */
function checkHashes(what: string, component: JsonObject, version: string): void {
  for (const hash of objectsAt(component, 'hashes') ?? []) {
    const algorithm = textAt(hash, 'alg') ?? '';
    const length = (LATER_HASHES[algorithm] ?? '1.0') > version ? undefined : HASH_LENGTHS[algorithm];
    const content = textAt(hash, 'content');
    if (length === undefined || content === null || content.length !== length || !/^[0-9a-fA-F]+$/.test(content))
      throw new ReportFault(`a hash of ${what} has no known algorithm or the wrong length`);
  }
}

/** The references given so far, which are unique in a document (its XML schema says so), and its version. */
type Seen = { readonly refs: Set<string>; readonly version: string };

/** Checks all that is known of the schema; answers the version of the document. */
export function checkBom(bom: JsonObject): string {
  const metadata = objectAt(bom, 'metadata');
  const version = checkHeader({
    specVersion: textAt(bom, 'specVersion'),
    serialNumber: member(bom, 'serialNumber'),
    timestamp: member(metadata, 'timestamp'),
  });
  const seen: Seen = { refs: new Set(), version };
  if (metadata !== null) checkMetadata(metadata, seen);
  for (const component of objectsAt(bom, 'components') ?? []) checkComponent(component, seen);
  for (const service of objectsAt(bom, 'services') ?? []) checkService(service, seen);
  for (const citation of objectsAt(bom, 'citations') ?? []) checkCitation(citation);
  for (const dependency of objectsAt(bom, 'dependencies') ?? []) {
    const refs = member(dependency, 'dependsOn');
    const all: unknown[] = [member(dependency, 'ref'), ...(Array.isArray(refs) ? (refs as unknown[]) : [])];
    if (all.some((ref) => typeof ref !== 'string' || ref === '')) throw new ReportFault('a dependency has no ref, or an empty one');
  }
  return version;
}

function checkMetadata(metadata: JsonObject, seen: Seen): void {
  const root = objectAt(metadata, 'component');
  if (root !== null) checkComponent(root, seen);
  checkLicenses('the document', metadata, seen.version);
  checkProperties('the document', metadata);
  if (member(metadata, 'distribution') !== undefined) throw new ReportFault('"metadata" has no "distribution"');
}

const FLOWS = new Set(['inbound', 'outbound', 'bi-directional', 'unknown']);

function checkService(service: JsonObject, seen: Seen): void {
  const name = textAt(service, 'name');
  if (name === null) throw new ReportFault('a service has no name');
  const what = `service ${JSON.stringify(name.slice(0, 80))}`;
  checkRef(what, service, seen);
  checkLicenses(what, service, seen.version);
  checkProperties(what, service);
  for (const data of objectsAt(service, 'data') ?? [])
    if (!FLOWS.has(textAt(data, 'flow') ?? '')) throw new ReportFault(`data of ${what} has no known flow`);
  for (const inner of objectsAt(service, 'services') ?? []) checkService(inner, seen);
}

/** From 1.7: who or what a statement comes from, and to which place of the document it belongs. */
function checkCitation(citation: JsonObject): void {
  const has = (key: string): boolean => member(citation, key) !== undefined;
  if (!has('attributedTo') && !has('process')) throw new ReportFault('a citation is attributed to nobody and to no process');
  if (has('pointers') === has('expressions')) throw new ReportFault('a citation has neither pointers nor expressions, or both');
}

function checkRef(what: string, holder: JsonObject, seen: Seen): void {
  const ref = member(holder, 'bom-ref');
  if (ref === undefined) return;
  if (typeof ref !== 'string' || ref === '') throw new ReportFault(`the bom-ref of ${what} is empty`);
  if (seen.refs.has(ref)) throw new ReportFault(`the bom-ref of ${what} is given twice`);
  seen.refs.add(ref);
}

function checkProperties(what: string, holder: JsonObject): void {
  for (const property of objectsAt(holder, 'properties') ?? [])
    if (textAt(property, 'name') === null) throw new ReportFault(`a property of ${what} has no name`);
}

const PATCHES = new Set(['unofficial', 'monkey', 'backport', 'cherry-pick']);
const ISSUES = new Set(['defect', 'enhancement', 'security']);

function checkPedigree(what: string, component: JsonObject): void {
  for (const patch of objectsAt(objectAt(component, 'pedigree'), 'patches') ?? []) {
    if (!PATCHES.has(textAt(patch, 'type') ?? '')) throw new ReportFault(`a patch of ${what} has no known type`);
    checkText(`a patch of ${what}`, objectAt(objectAt(patch, 'diff'), 'text'));
    for (const issue of objectsAt(patch, 'resolves') ?? [])
      if (!ISSUES.has(textAt(issue, 'type') ?? '')) throw new ReportFault(`an issue of ${what} has no known type`);
  }
}

/** Before 1.4 there has to be one. From 1.7: only what is external may have a range of versions, and then it has no version. */
function checkVersion(what: string, component: JsonObject, version: string): void {
  if (version < '1.4' && textAt(component, 'version') === null)
    throw new ReportFault(`${what} has no version, which CycloneDX ${version} asks for`);
  if (member(component, 'versionRange') === undefined) return;
  if (member(component, 'isExternal') !== true) throw new ReportFault(`${what} has a range of versions and is not external`);
  if (member(component, 'version') !== undefined) throw new ReportFault(`${what} has a version and a range of versions`);
}

function checkText(what: string, text: JsonObject | null): void {
  const encoding = member(text, 'encoding');
  if (encoding !== undefined && encoding !== 'base64') throw new ReportFault(`the text of ${what} has no known encoding`);
}

/** Each choice is a license with an id or a name, or an expression; before 1.7 they don't stand beside one another. */
function checkLicenses(what: string, holder: JsonObject, version: string): void {
  const choices = objectsAt(holder, 'licenses') ?? [];
  const expressions = choices.filter((choice) => asObject(member(choice, 'license')) === null);
  for (const choice of choices) checkLicense(what, choice, version);
  if (version < '1.7' && expressions.length > 0 && choices.length > 1)
    throw new ReportFault(`the licenses of ${what} mix an expression with others`);
}

function checkLicense(what: string, choice: JsonObject, version: string): void {
  const license = asObject(member(choice, 'license'));
  const isExpression = textAt(choice, 'expression') !== null || member(choice, 'expression-details') !== undefined;
  if ((license === null) !== isExpression) throw new ReportFault(`a license of ${what} is neither a license nor an expression, or both`);
  if (license === null) return;
  const id = textAt(license, 'id');
  // The first two versions let a license be empty.
  if (version < '1.2' && id === null) return;
  if ((id === null) === (textAt(license, 'name') === null)) throw new ReportFault(`a license of ${what} has no id or name, or both`);
  if (id !== null && !isLicenseId(id)) throw new ReportFault(`${JSON.stringify(id.slice(0, 80))} is no license of SPDX`);
  checkText(`a license of ${what}`, objectAt(license, 'text'));
  checkProperties(`a license of ${what}`, license);
}
