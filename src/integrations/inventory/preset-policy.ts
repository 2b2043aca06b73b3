import type { PolicyName, Tier } from '../../catalog/service.ts';
import { policyDocumentSchema, policyFrom } from '../../gates/policy/document.ts';
import { presetDocument } from '../../gates/policy/presets.ts';
import { asksOf, type Asks } from './inventory.ts';

/** What a preset asks in front of production: where no server is asked, and what all levels add is not known. */
export function presetAsks({ policy, tier }: { readonly policy: PolicyName; readonly tier: Tier }): Asks {
  const document = presetDocument(policy);
  if (document === null) throw new Error(`there is no preset ${policy}`);
  return asksOf(policyFrom(policyDocumentSchema.parse(document), 1).tiers[tier].production);
}
