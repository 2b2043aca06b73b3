import { checkAttestations, checkBlobs } from './blobs.ts';
import type { Check } from './check.ts';
import { checkDecisions, checkPolicies } from './decisions.ts';
import { checkFacts } from './facts.ts';
import { trustSchema, type MissingEvidence } from './format.ts';
import { checkHistory, openCheckpoint } from './history.ts';
import { checkKeys, lessRevoked } from './keys.ts';
import { openManifest, readBundle } from './open.ts';
import { checkPromotions } from './promotions.ts';
import { checkMissing, checkStory } from './story.ts';

export type Verified = {
  /** Every check passed. A bundle with missing evidence can be ok; then `missing` says what it lacks. */
  readonly ok: boolean;
  readonly checks: readonly Check[];
  readonly release: string | null;
  readonly madeAt: string | null;
  readonly ledger: { readonly origin: string; readonly size: number } | null;
  readonly facts: number;
  readonly missing: readonly MissingEvidence[];
};

/**
 * Verifies an evidence bundle offline. Pure: the bytes, what the asker trusts (a parsed trust file), and optionally a
 * checkpoint that he kept and that must be part of the bundle's log. Reads no network, no clock, no file; trusts no key
 * that the bundle brings along. Docs: docs/guide/verify-evidence.md.
 *
 * The order is the argument: the file is a bundle (form), its maker signed it (manifest, sections), the log is the one
 * that was signed (checkpoint) and that others saw (history), the facts are in that log (facts), what they rest on is
 * whole and signed by keys that counted (blobs, keys, attestations, policies), the decisions follow from it (decisions), the acts follow from the decisions
 * (story), what was sent to registries is what was signed of it (promotions), and what is not here is named (missing).
 */
export function verifyBundle(bytes: Uint8Array, trust: unknown, options: { readonly checkpoint?: string } = {}): Verified {
  const trusted = trustSchema.safeParse(trust);
  if (!trusted.success)
    return refused([{ name: 'trust', ok: false, why: 'the trust file holds no keys in the form {"keys": [{"keyId", "publicKeyPem"}]}' }]);
  const { bundle, check: form } = readBundle(bytes);
  if (bundle === null) return refused([form]);
  const { manifest, checks: signed } = openManifest(bundle, trusted.data);
  if (manifest === null) return refused([form, ...signed]);
  const opened = { bundle, manifest, trust: trusted.data };
  const { checkpoint, check: point } = openCheckpoint(opened);
  const base = [form, ...signed, point];
  if (checkpoint === null) return refused(base);
  const { facts, check: proven } = checkFacts(opened, checkpoint);
  // What follows is judged by the keys that the ledger leaves.
  const left = { ...opened, trust: lessRevoked(opened.trust, facts) };
  const checks = [
    ...base,
    checkHistory(opened, checkpoint, options.checkpoint ?? null),
    proven,
    checkBlobs(opened),
    checkKeys(bundle.manifest.signatures[0]?.keyid ?? '', facts),
    checkAttestations(left, facts),
    checkPolicies(opened),
    checkDecisions(opened, facts),
    checkStory(opened, facts),
    checkPromotions(left, facts),
    checkMissing(left, facts),
  ];
  return {
    ok: checks.every((check) => check.ok),
    checks,
    release: manifest.release,
    madeAt: manifest.madeAt,
    ledger: { origin: checkpoint.origin, size: checkpoint.size },
    facts: facts.length,
    missing: manifest.missing,
  };
}

function refused(checks: readonly Check[]): Verified {
  return { ok: false, checks, release: null, madeAt: null, ledger: null, facts: 0, missing: [] };
}
