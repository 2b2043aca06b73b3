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
};

/** The fact `advisories` as rules see it; what a waiver lifts is counted as waived and nowhere else. */
export function countAdvisories(all: readonly AdvisoryFact[], isWaived: (one: AdvisoryFact) => boolean): Record<string, unknown> {
  const open = all.filter((one) => !isWaived(one));
  const of = (severity: AdvisoryFact['severity']): number => open.filter((one) => one.severity === severity).length;
  return {
    total: open.length,
    counts: { critical: of('critical'), high: of('high'), medium: of('medium'), low: of('low'), unrated: of('unknown') },
    fixable: open.filter((one) => one.fixed).length,
    unsure: open.filter((one) => one.verdict === 'unknown').length,
    waived: all.length - open.length,
  };
}
