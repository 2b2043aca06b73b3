import { canonicalJson } from '../kernel/canonical.ts';
import type { Digest } from '../kernel/digest.ts';
import { digestOfValue } from '../kernel/digest.ts';
import { merged, type Catalog } from './catalog.ts';

/** One difference between the catalog and the file. */
export type CatalogChange = {
  readonly act: 'create' | 'change' | 'remove';
  readonly kind: 'team' | 'environment' | 'service';
  readonly name: string;
  /** Which fields differ; all of them for `create`, none for `remove`. */
  readonly fields: readonly { readonly field: string; readonly before: unknown; readonly after: unknown }[];
};

export type CatalogPlan = {
  /** Names the changes and the whole catalog they were computed from. */
  readonly digest: Digest;
  readonly changes: readonly CatalogChange[];
  readonly unchanged: number;
  /** The organisation's policy after the change, where it differs. */
  readonly policy: { readonly before: string | null; readonly after: string | null } | null;
};

const KINDS = [
  ['team', 'teams'],
  ['environment', 'environments'],
  ['service', 'services'],
] as const;

/**
 * What turns `current` into what `file` says: teams before environments before services, by name. Without `prune`,
 * what the file does not name stays. The digest covers both sides, so a plan seen by a person can't be applied to
 * anything else.
 */
export function planApply(current: Catalog, file: Catalog, prune: boolean): CatalogPlan {
  const wanted = merged(current, file, prune);
  const changes = KINDS.flatMap(([kind, key]) => diff(kind, current[key], wanted[key]));
  const total = KINDS.reduce((sum, [, key]) => sum + Object.keys(wanted[key]).length, 0);
  const policy = current.policy === wanted.policy ? null : { before: current.policy, after: wanted.policy };
  return {
    digest: digestOfValue({ v: 1, from: digestOfValue(current), to: digestOfValue(wanted) }),
    changes,
    unchanged: total - changes.filter((change) => change.act !== 'remove').length,
    policy,
  };
}

function diff(
  kind: CatalogChange['kind'],
  current: Readonly<Record<string, object>>,
  wanted: Readonly<Record<string, object>>,
): CatalogChange[] {
  const names = [...new Set([...Object.keys(current), ...Object.keys(wanted)])].toSorted();
  return names.flatMap((name): CatalogChange[] => {
    const before = Object.hasOwn(current, name) ? current[name] : undefined;
    const after = Object.hasOwn(wanted, name) ? wanted[name] : undefined;
    if (after === undefined) return [{ act: 'remove', kind, name, fields: [] }];
    const fields = Object.entries(after)
      .map(([field, value]) => ({
        field,
        before: before === undefined ? null : ((before as Record<string, unknown>)[field] ?? null),
        after: value as unknown,
      }))
      .filter((field) => before === undefined || canonicalJson(field.before) !== canonicalJson(field.after));
    if (before !== undefined && fields.length === 0) return [];
    return [{ act: before === undefined ? 'create' : 'change', kind, name, fields }];
  });
}

/** The environments whose configuration a change of a service touches. */
export function touchedEnvironments(change: CatalogChange): string[] {
  const field = change.fields.find((one) => one.field === 'configuration');
  if (field === undefined) return [];
  const before = (field.before ?? {}) as Record<string, unknown>;
  const after = (field.after ?? {}) as Record<string, unknown>;
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => canonicalJson(before[name] ?? null) !== canonicalJson(after[name] ?? null))
    .toSorted();
}
