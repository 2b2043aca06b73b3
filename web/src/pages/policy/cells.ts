/** Tiers and kinds of environment in words, those of one kind together: `production for tiers 1 and 2, staging for tier 1`. */
export function cells(changed: readonly { readonly tier: number; readonly kind: string }[]): string {
  if (changed.length === 0) return 'nothing';
  if (changed.length === 12) return 'every tier and kind of environment';
  const kinds = [...new Set(changed.map(({ kind }) => kind))];
  return kinds
    .map((kind) =>
      ofKind(
        kind,
        changed.filter((cell) => cell.kind === kind).map(({ tier }) => tier),
      ),
    )
    .join(', ');
}

function ofKind(kind: string, found: readonly number[]): string {
  const tiers = [...new Set(found)].toSorted((one, other) => one - other);
  if (tiers.length === 3) return `${kind} for every tier`;
  return tiers.length === 1 ? `${kind} for tier ${tiers[0]}` : `${kind} for tiers ${tiers.join(' and ')}`;
}
