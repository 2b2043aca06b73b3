import type { PolicyName, Tier } from '../../catalog/service.ts';
import { presetDocument } from '../../gates/policy/presets.ts';
import type { Asks } from './inventory.ts';

/** What a preset asks of a tier in production. A policy of one's own is judged as the preset that it is named after. */
export function productionPolicy(policy: PolicyName, tier: Tier): Asks {
  const document = presetDocument(policy);
  if (document === null) throw new Error(`there is no preset ${policy}`);
  const { checks, supplyChain, approval, lifecycle } = document.tiers[tier].production;
  return {
    rules: checks.map((id) => document.checks[id]?.rule ?? ''),
    sbom: supplyChain.sbom,
    provenance: supplyChain.provenance,
    approval: approval !== null,
    verifiedBefore: lifecycle.verifiedBefore,
  };
}
