/**
 * What an attestation file holds, in the order of the file: DSSE envelopes and Sigstore bundles, one or a line each
 * (`.intoto.jsonl`), or what `gcloud artifacts docker images describe` prints. Nothing is verified here.
 */
export type Foreign = { readonly payloadType: string; readonly payload: string; readonly signatures: readonly ForeignSignature[] };
export type ForeignSignature = { readonly keyid: string; readonly sig: string; readonly certified: boolean };

export type Entry =
  | { readonly form: 'bundle'; readonly bundle: object }
  /** `beside`: the statement that the file shows beside the signed one; both must say the same. `about`: the digests that the file itself claims. */
  | { readonly form: 'envelope'; readonly envelope: Foreign; readonly beside: unknown; readonly about: readonly string[] };

export type ReadEntries =
  { readonly ok: true; readonly entries: readonly Entry[] } | { readonly ok: false; readonly why: string; readonly place: string };

const MOST_BYTES = 32 * 1024 ** 2;
const MOST_ENTRIES = 200;

/** Reads the file's text; `place` names the line or member that is wrong. */
export function readEntries(text: string): ReadEntries {
  if (text.length > MOST_BYTES) return { ok: false, why: 'it is larger than 32 MB', place: 'file' };
  const whole = parse(text);
  if (whole !== undefined) return collect([[whole, 'file']]);
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length > MOST_ENTRIES) return { ok: false, why: `it has more than ${MOST_ENTRIES} lines`, place: 'file' };
  return collect(lines.map((line, index) => [parse(line), `line ${index + 1}`]));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function collect(values: readonly (readonly [unknown, string])[]): ReadEntries {
  const entries: Entry[] = [];
  for (const [value, place] of values) {
    if (typeof value !== 'object' || value === null) return { ok: false, why: 'it is no JSON object', place };
    const found = entriesOf(value as Record<string, unknown>);
    if (found === null) return { ok: false, why: 'it is neither a DSSE envelope nor a Sigstore bundle', place };
    entries.push(...found);
  }
  return entries.length === 0 ? { ok: false, why: 'it holds no attestation', place: 'file' } : { ok: true, entries };
}

function entriesOf(value: Record<string, unknown>): readonly Entry[] | null {
  if (value['verificationMaterial'] !== undefined) return [{ form: 'bundle', bundle: value }];
  if (value['payload'] !== undefined) {
    const envelope = envelopeOf(value);
    return envelope === null ? null : [{ form: 'envelope', envelope, beside: undefined, about: [] }];
  }
  return value['provenance_summary'] === undefined ? null : describedImage(value);
}

/** The output of gcloud's `describe --show-provenance`. */
function describedImage(value: Record<string, unknown>): readonly Entry[] | null {
  const { digest, fully_qualified_digest: qualified } = (value['image_summary'] ?? {}) as Record<string, unknown>;
  const list = (value['provenance_summary'] as { provenance?: unknown }).provenance;
  if (!Array.isArray(list) || list.length > MOST_ENTRIES || typeof digest !== 'string') return null;
  const claimed = [digest, ...(typeof qualified === 'string' ? [qualified.slice(qualified.lastIndexOf('@') + 1)] : [])];
  return list.flatMap((one: unknown) => {
    const { envelope, build, kind, resourceUri } = (one ?? {}) as Record<string, unknown>;
    const read = envelopeOf((envelope ?? {}) as Record<string, unknown>);
    if (read === null || (kind !== undefined && kind !== 'BUILD')) return [];
    const about = typeof resourceUri === 'string' ? [...claimed, resourceUri.slice(resourceUri.lastIndexOf('@') + 1)] : claimed;
    const { intotoStatement, inTotoSlsaProvenanceV1 } = (build ?? {}) as Record<string, unknown>;
    return [{ form: 'envelope' as const, envelope: read, beside: intotoStatement ?? inTotoSlsaProvenanceV1, about }];
  });
}

function envelopeOf(value: Record<string, unknown>): Foreign | null {
  const { payload, payloadType, signatures } = value;
  if (typeof payload !== 'string' || typeof payloadType !== 'string' || !Array.isArray(signatures) || signatures.length > 50) return null;
  const read = signatures.map((one: unknown) => {
    const { keyid = '', sig, cert } = (one ?? {}) as Record<string, unknown>;
    return typeof keyid === 'string' && typeof sig === 'string' ? { keyid, sig, certified: cert !== undefined && cert !== '' } : null;
  });
  return read.includes(null) ? null : { payload, payloadType, signatures: read as ForeignSignature[] };
}
