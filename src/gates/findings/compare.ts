/** What became of a finding since the last release. */
export const FINDING_STATES = ['new', 'known', 'fixed'] as const;
export type FindingState = (typeof FINDING_STATES)[number];

/**
 * The findings of now beside those of the last release, by their fingerprints: each of now is new or known, each of then
 * that is not there any more is fixed. Without a release to compare with (`before` null) nothing is new: all is known.
 */
export function compared<Found extends { readonly fingerprint: string }>(
  now: readonly Found[],
  before: readonly Found[] | null,
): readonly (Found & { readonly state: FindingState })[] {
  const old = before === null ? null : new Set(before.map((one) => one.fingerprint));
  const present = new Set(now.map((one) => one.fingerprint));
  const gone = new Map((before ?? []).filter((one) => !present.has(one.fingerprint)).map((one) => [one.fingerprint, one]));
  return [
    ...now.map((one) => ({ ...one, state: old === null || old.has(one.fingerprint) ? ('known' as const) : ('new' as const) })),
    ...[...gone.values()].map((one) => ({ ...one, state: 'fixed' as const })),
  ];
}
