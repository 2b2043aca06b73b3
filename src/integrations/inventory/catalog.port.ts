import type { PolicyName, Tier } from '../../catalog/service.ts';
import type { Tx } from '../../platform/floor.ts';

/** The services of the catalog, as the inventory needs them. */
export type CatalogPort = {
  services(
    tx: Tx,
  ): Promise<readonly { readonly name: string; readonly tier: Tier; readonly policy: PolicyName; readonly repository: string | null }[]>;
};
