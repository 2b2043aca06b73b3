/** What an advisory says of a part of an artifact, as decisions read it. */
export type AdvisoryFact = {
  readonly advisory: string;
  readonly aliases: readonly string[];
  readonly purl: string;
  readonly severity: 'critical' | 'high' | 'medium' | 'low' | 'unknown';
  /** `unknown`: the versions can't be compared, so nobody knows that it is not affected. It counts like one that is. */
  readonly verdict: 'affected' | 'unknown';
  /** A version without it is known. */
  readonly fixed: boolean;
  /** Whether it is known to be exploited, and the day until which it is to be repaired; null: no catalogue was imported. Absent in inputs of before. */
  readonly exploited?: { readonly is: boolean; readonly due: string | null } | null;
};

/**
 * The fact `advisories` as rules see it; what a waiver lifts is counted as waived and nowhere else. `today`: the day of the
 * decision in UTC; a repair that is due on it is not late yet. Without a catalogue nobody knows what is exploited.
 */
export function countAdvisories(
  all: readonly AdvisoryFact[],
  isWaived: (one: AdvisoryFact) => boolean,
  today: string | null = null,
): Record<string, unknown> {
  const open = all.filter((one) => !isWaived(one));
  const of = (severity: AdvisoryFact['severity']): number => open.filter((one) => one.severity === severity).length;
  return {
    total: open.length,
    counts: { critical: of('critical'), high: of('high'), medium: of('medium'), low: of('low'), unrated: of('unknown') },
    fixable: open.filter((one) => one.fixed).length,
    unsure: open.filter((one) => one.verdict === 'unknown').length,
    waived: all.length - open.length,
    ...exploitedOf(open, today),
    vulnerabilities: open.map((one) => ({
      advisory: one.advisory,
      purl: one.purl,
      severity: one.severity,
      fixable: one.fixed,
      ...(one.exploited == null ? {} : { knownExploited: one.exploited.is }),
      ...(one.exploited?.due == null ? {} : { due: one.exploited.due }),
    })),
  };
}

/** How many are known to be exploited, and how many of those are past the day that the catalogue asks for; absent where nobody knows. */
function exploitedOf(open: readonly AdvisoryFact[], today: string | null): Record<string, number> {
  if (open.some(({ exploited }) => exploited == null)) return {};
  return countExploited(
    open.flatMap(({ exploited }) => (exploited?.is === true ? [exploited.due] : [])),
    today,
  );
}

/**
 * What rules see of those that are known to be exploited, given by the day until which each is to be repaired (null: none is
 * named). One that is due today is not late yet; without `today` nobody can say what is late.
 */
export function countExploited(due: readonly (string | null)[], today: string | null): Record<string, number> {
  if (today === null) return { knownExploited: due.length };
  return { knownExploited: due.length, exploitedOverdue: due.filter((day) => day !== null && day < today).length };
}
