/** A finding that was waived, and why. */
export type WaivedFinding = { readonly tool: string; readonly rule: string; readonly falsePositive: boolean };

/** How much a rule of a tool is worth: what it found, and how much of it people called wrong. */
export type RuleSignal = {
  readonly tool: string;
  readonly rule: string;
  readonly found: number;
  readonly waived: number;
  readonly falsePositives: number;
  /** Of what it found, in percent with one digit, rounded down; null where it found nothing. */
  readonly falsePercent: number | null;
};

/**
 * Signal quality for each rule, most false positives first. Each fingerprint counts once, however many reports told it;
 * what was waived as accepted is a waiver and no false positive.
 */
export function signalOf(
  found: readonly { readonly tool: string; readonly rule: string; readonly findings: number }[],
  waived: readonly WaivedFinding[],
): readonly RuleSignal[] {
  const key = (one: { readonly tool: string; readonly rule: string }): string => JSON.stringify([one.tool, one.rule]);
  const counts = new Map<string, { waived: number; falsePositives: number }>();
  for (const one of waived) {
    const count = counts.get(key(one)) ?? { waived: 0, falsePositives: 0 };
    count.waived++;
    if (one.falsePositive) count.falsePositives++;
    counts.set(key(one), count);
  }
  return found
    .map(({ tool, rule, findings }) => {
      const { waived: lifted, falsePositives } = counts.get(key({ tool, rule })) ?? { waived: 0, falsePositives: 0 };
      const falsePercent = findings === 0 ? null : Math.floor((Math.min(falsePositives, findings) * 1000) / findings) / 10;
      return { tool, rule, found: findings, waived: lifted, falsePositives, falsePercent };
    })
    .toSorted((a, b) => (b.falsePercent ?? -1) - (a.falsePercent ?? -1) || b.found - a.found || (key(a) < key(b) ? -1 : 1));
}

/** Whether the reason of a waiver says that the tool was wrong: it begins with the words, as the form asks for. */
export function saysFalsePositive(reason: string): boolean {
  return /^\s*false[ -]positive\b/i.test(reason.slice(0, 100));
}
