import { canonicalJson } from '../../kernel/canonical.ts';
import { digestOfValue } from '../../kernel/digest.ts';
import { keysAt, openEnvelope } from '../../kernel/dsse.ts';
import { checked, type Check } from './check.ts';
import {
  bundleSchema,
  MANIFEST_TYPE,
  manifestSchema,
  MAX_BUNDLE_BYTES,
  SECTIONS,
  type Bundle,
  type Manifest,
  type Trust,
} from './format.ts';

/** The bundle as an object, or why the bytes are none. Only the one canonical spelling of a bundle is a bundle. */
export function readBundle(bytes: Uint8Array): { readonly bundle: Bundle | null; readonly check: Check } {
  const no = (why: string) => ({ bundle: null, check: { name: 'form', ok: false, why } });
  if (bytes.length > MAX_BUNDLE_BYTES) return no(`the file has ${bytes.length} bytes; bundles have at most ${MAX_BUNDLE_BYTES}`);
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    const parsed = bundleSchema.safeParse(value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      return no(`${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'wrong form'}`);
    }
    if (canonicalJson(value) !== text) return no('the file is not the canonical spelling of its content');
    return { bundle: parsed.data, check: { name: 'form', ok: true, why: `${bytes.length} bytes of canonical JSON` } };
  } catch (error) {
    return no(`the file can't be read as JSON: ${error instanceof Error ? error.message.slice(0, 200) : 'unknown'}`);
  }
}

/** The manifest, once a trusted key signed it and every section has the digest that it names. */
export function openManifest(bundle: Bundle, trust: Trust): { readonly manifest: Manifest | null; readonly checks: readonly Check[] } {
  // A manifest dates itself, so that a key whose worth has ended opens none: the server makes the bundle again with its present key.
  const opened = openEnvelope(bundle.manifest, MANIFEST_TYPE, keysAt(trust.keys, null));
  if (!opened.ok) {
    const ended = openEnvelope(bundle.manifest, MANIFEST_TYPE, trust.keys).ok;
    const why = ended ? 'it is signed by a key that was revoked, and nothing proves when; ask for the bundle again' : opened.why;
    return { manifest: null, checks: [{ name: 'manifest', ok: false, why }] };
  }
  const manifest = readManifest(opened.payload);
  if (manifest === null)
    return { manifest: null, checks: [{ name: 'manifest', ok: false, why: 'the signed manifest has the wrong form' }] };
  const changed = SECTIONS.filter((name) => digestOfValue(bundle.sections[name]) !== manifest.sections[name]);
  const { facts, attestations, decisions, blobs } = bundle.sections;
  const counts = { facts: facts.length, attestations: attestations.length, decisions: decisions.length, blobs: Object.keys(blobs).length };
  const miscounted = (Object.keys(counts) as (keyof typeof counts)[]).filter((name) => counts[name] !== manifest.counts[name]);
  return {
    manifest,
    checks: [
      { name: 'manifest', ok: true, why: `signed by ${opened.keyId.slice(0, 16)}` },
      checked(
        'sections',
        [
          ...changed.map((name) => `the section "${name}" is not the one that was signed`),
          ...miscounted.map((name) => `${counts[name]} ${name} where ${manifest.counts[name]} were signed`),
        ],
        'every section is the one that was signed',
      ),
    ],
  };
}

function readManifest(payload: Uint8Array): Manifest | null {
  try {
    return manifestSchema.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
  } catch {
    return null;
  }
}
