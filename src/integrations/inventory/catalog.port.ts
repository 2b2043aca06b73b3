import type { PolicyName, Tier } from '../../catalog/service.ts';
import type { Tx } from '../../platform/floor.ts';
import type { Asks } from './inventory.ts';

/** A service of the catalog, with what all levels together ask of it in front of production. */
export type CatalogService = {
  readonly name: string;
  readonly tier: Tier;
  readonly policy: PolicyName;
  readonly repository: string | null;
  readonly asks: Asks;
};

/** The services of the catalog, as the inventory needs them. */
export type CatalogPort = {
  services(tx: Tx): Promise<readonly CatalogService[]>;
  /** What would be asked of something that is no service yet. */
  otherwise(tx: Tx, of: { readonly policy: PolicyName; readonly tier: Tier }): Promise<Asks>;
};
