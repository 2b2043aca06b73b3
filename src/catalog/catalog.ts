import type { Environment } from './environment.ts';
import type { PolicyName, Service } from './service.ts';

/** A whole catalog, as a file says it or as it stands: by name, without ids. What a plan compares. */
export type Catalog = {
  /** The policy of services that name none; null: the file doesn't say. */
  readonly policy: PolicyName | null;
  readonly teams: Readonly<Record<string, TeamEntry>>;
  readonly environments: Readonly<Record<string, EnvironmentEntry>>;
  readonly services: Readonly<Record<string, ServiceEntry>>;
};

/** `members`: lower-cased e-mail addresses, sorted. */
export type TeamEntry = { readonly title: string | null; readonly members: readonly string[] };
export type EnvironmentEntry = Omit<Environment, 'id' | 'name' | 'version'>;
/** `policy` null: that of the organisation. */
export type ServiceEntry = Omit<Service, 'id' | 'name' | 'teamId' | 'version' | 'policy'> & { readonly policy: PolicyName | null };

export const EMPTY_CATALOG: Catalog = { policy: null, teams: {}, environments: {}, services: {} };
export const DEFAULT_POLICY: PolicyName = 'standard';

/** The catalog after applying `file` to `current`: with `prune` only what the file names is left. */
export function merged(current: Catalog, file: Catalog, prune: boolean): Catalog {
  if (prune) return { ...file, policy: file.policy ?? current.policy };
  return {
    policy: file.policy ?? current.policy,
    teams: { ...current.teams, ...file.teams },
    environments: { ...current.environments, ...file.environments },
    services: { ...current.services, ...file.services },
  };
}
