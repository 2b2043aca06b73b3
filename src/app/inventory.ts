import { allServices } from '../catalog/catalog.queries.ts';
import type { Service } from '../catalog/service.ts';
import { policyFor, servicesWithRules } from '../gates/levels.queries.ts';
import { asksOf, type Asks } from '../integrations/inventory/inventory.ts';
import type { CatalogPort } from '../integrations/inventory/catalog.port.ts';
import type { Tx } from '../platform/floor.ts';
import { latestRelease } from '../releases/releases.queries.ts';

/** No team: what is asked of a repository that belongs to no service yet. */
const NOBODY = { id: '', teamId: '', team: '' } as const;

/**
 * The services of the catalog with what is asked of each in the end in front of production: its policy with the
 * organisation's minimum, its team's rules, and what its repository asks at the commit of its newest release.
 */
export const inventoryCatalog: CatalogPort = {
  services: async (tx) => {
    const withRules = await servicesWithRules(tx);
    // Services of one team under one policy are asked the same, but for what their repositories ask.
    const known = new Map<string, Asks>();
    const found = [];
    for (const service of await allServices(tx)) {
      const own = withRules.has(service.id);
      const key = `${service.policy} ${service.teamId} ${service.tier}`;
      const asks = (own ? undefined : known.get(key)) ?? (await asked(tx, service, own));
      if (!own) known.set(key, asks);
      const { name, tier, policy, repository } = service;
      found.push({ name, tier, policy, repository: repository?.url ?? null, asks });
    }
    return found;
  },
  otherwise: async (tx, { policy, tier }) => asksOf((await policyFor(tx, { ...NOBODY, policy }, null)).tiers[tier].production),
};

async function asked(tx: Tx, service: Service, own: boolean): Promise<Asks> {
  const commit = own ? ((await latestRelease(tx, service.id))?.commit ?? null) : null;
  return asksOf((await policyFor(tx, service, commit)).tiers[service.tier].production);
}
