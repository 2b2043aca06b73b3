import type { Carried, CarriedDocument, Copied, PromotionJob } from '../../artifacts/promotion/registry.port.ts';
import type { Floor } from '../../platform/floor.ts';
import type { Connection, Credential } from '../connections/vendor.ts';

/** A connection opened for one promotion. `others`: the organisation's other registries, for what lies there. */
export type RegistryAt = {
  readonly floor: Floor;
  readonly connection: Connection;
  readonly credential: Credential;
  readonly others: readonly { readonly connection: Connection; readonly credential: Credential }[];
};

/** How one kind of registry takes what is promoted. See `RegistryPort` for the order of calls. */
export type Format = {
  readonly vendor: string;
  /** What is wrong with the name of a repository, in words; null: nothing. */
  wrong(repository: string): string | null;
  location(at: RegistryAt, job: PromotionJob): Promise<string>;
  copy(
    at: RegistryAt,
    job: PromotionJob,
    along: { readonly statements: readonly Carried[]; readonly documents: readonly CarriedDocument[] },
    beforeTag: () => Promise<void>,
  ): Promise<Copied>;
};
