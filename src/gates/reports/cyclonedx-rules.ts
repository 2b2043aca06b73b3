import type { JsonObject } from './json.ts';
import { asObject, member, objectsAt, textAt } from './json.ts';
import { ReportFault } from './model.ts';

/** What a bill of materials must hold to be believed: the parts of the CycloneDX schema that say what a component is. */
const VERSIONS = ['1.2', '1.3', '1.4', '1.5', '1.6', '1.7'];
const SERIAL = /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i;
const TYPES = new Set(
  'application framework library container operating-system device firmware file platform device-driver machine-learning-model data cryptographic-asset'.split(
    ' ',
  ),
);
const SCOPES = new Set(['required', 'optional', 'excluded']);
const HASH_LENGTHS: Readonly<Record<string, number>> = {
  'MD5': 32, 'SHA-1': 40, 'SHA-256': 64, 'SHA-384': 96, 'SHA-512': 128, 'SHA3-256': 64, 'SHA3-384': 96, 'SHA3-512': 128,
  'BLAKE2b-256': 64, 'BLAKE2b-384': 96, 'BLAKE2b-512': 128, 'BLAKE3': 64, 'Streebog-256': 64, 'Streebog-512': 128,
}; // prettier-ignore

/** Checks version, serial number and time; answers the version. */
export function checkHeader(header: {
  readonly specVersion: string | null;
  readonly serialNumber: unknown;
  readonly timestamp: unknown;
}): string {
  const { specVersion, serialNumber, timestamp } = header;
  if (specVersion === null || !VERSIONS.includes(specVersion))
    throw new ReportFault(`CycloneDX ${String(specVersion).slice(0, 20)} is not read, 1.2 to 1.7 are`);
  if (serialNumber !== undefined && (typeof serialNumber !== 'string' || !SERIAL.test(serialNumber)))
    throw new ReportFault('"serialNumber" is no urn:uuid');
  if (timestamp !== undefined && (typeof timestamp !== 'string' || !TIMESTAMP.test(timestamp)))
    throw new ReportFault('"metadata.timestamp" is no RFC 3339 time');
  return specVersion;
}

/** A component has a known type, a name, and hashes of the length of their algorithm. */
export function checkComponent(component: JsonObject): void {
  const name = textAt(component, 'name');
  if (name === null) throw new ReportFault('a component has no name');
  const what = `component ${JSON.stringify(name.slice(0, 80))}`;
  if (!TYPES.has(textAt(component, 'type') ?? '')) throw new ReportFault(`${what} has no known type`);
  const scope = member(component, 'scope');
  if (scope !== undefined && !SCOPES.has(String(scope))) throw new ReportFault(`${what} has no known scope`);
  checkHashes(what, component);
  for (const license of objectsAt(component, 'licenses') ?? []) checkLicense(what, license);
  const swid = member(component, 'swid');
  if (swid !== undefined && (textAt(asObject(swid), 'tagId') === null || textAt(asObject(swid), 'name') === null))
    throw new ReportFault(`the SWID of ${what} has no tagId or name`);
}

/** Each hash has a known algorithm and a content of its length. */
function checkHashes(what: string, component: JsonObject): void {
  for (const hash of objectsAt(component, 'hashes') ?? []) {
    const length = HASH_LENGTHS[textAt(hash, 'alg') ?? ''];
    const content = textAt(hash, 'content');
    if (length === undefined || content === null || content.length !== length || !/^[0-9a-fA-F]+$/.test(content))
      throw new ReportFault(`a hash of ${what} has no known algorithm or the wrong length`);
  }
}

/** A license choice is an expression, or a license with an id or a name, not both. */
function checkLicense(what: string, choice: JsonObject): void {
  const license = asObject(member(choice, 'license'));
  if (license === null && textAt(choice, 'expression') === null && !('expression-details' in choice))
    throw new ReportFault(`a license of ${what} is neither a license nor an expression`);
  if (license !== null && (textAt(license, 'id') === null) === (textAt(license, 'name') === null))
    throw new ReportFault(`a license of ${what} has no id or name, or both`);
}
