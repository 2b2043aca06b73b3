import type { Diagnostic } from '../kernel/diagnostic.ts';
import { inOrder } from '../kernel/diagnostic.ts';
import { checkShape } from '../kernel/yaml-shape.ts';
import { readYaml } from '../kernel/yaml.ts';
import { EMPTY_CATALOG, merged, type Catalog, type EnvironmentEntry, type ServiceEntry, type TeamEntry } from './catalog.ts';
import { checkCatalog } from './check.ts';
import { writtenCatalog, type WrittenCatalog } from './written.ts';

/** Where the catalog is kept. */
export const CATALOG_FILE = 'yardmaster.yaml';

export type CatalogRead =
  | { readonly ok: true; readonly catalog: Catalog; readonly warnings: readonly Diagnostic[] }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[] };

/**
 * Reads `yardmaster.yaml`, all errors at once. What it refers to must exist in it or in `current` (what is applied
 * already); with `prune` only in the file, because the rest is about to be removed.
 */
export function readCatalog(text: string, file: string, current: Catalog = EMPTY_CATALOG, prune = false): CatalogRead {
  const yaml = readYaml(text, file);
  if (!yaml.ok) return yaml;
  const shape = checkShape(yaml.document, writtenCatalog);
  if (!shape.ok) return shape;
  const catalog = meaningOf(shape.value);
  const all = inOrder(checkCatalog(yaml.document, catalog, merged(current, catalog, prune)));
  if (all.some((one) => one.severity === 'error')) return { ok: false, diagnostics: all };
  return { ok: true, catalog, warnings: all };
}

function meaningOf(written: WrittenCatalog): Catalog {
  return {
    policy: written.policy,
    teams: mapped(written.teams, (team): TeamEntry => ({
      title: team?.title ?? null,
      members: [...new Set(team?.members.map((email) => email.toLowerCase()))].toSorted(),
    })),
    environments: mapped(written.environments, ({ 'deployed-by': deployedBy, ...environment }): EnvironmentEntry => ({
      ...environment,
      deployedBy,
      protected: environment.protected ?? environment.kind === 'production',
    })),
    services: mapped(written.services, (service): ServiceEntry => ({
      team: service.team,
      tier: service.tier,
      repository: service.repository,
      stack: service.stack,
      dependsOn: service['depends-on'],
      policy: service.policy,
      run: service.run,
      configuration: service.configuration,
      observeOnly: service['observe-only'],
    })),
  };
}

function mapped<From, To>(all: Readonly<Record<string, From>>, to: (from: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, to(one)]));
}
