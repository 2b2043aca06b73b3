import { digestOfValue } from '../../kernel/digest.ts';
import type { Finding, Severity, SeverityCounts } from './model.ts';
import { LIMITS, SEVERITIES, clip } from './model.ts';

type Optional = 'component' | 'fixedIn' | 'cwe' | 'aliases' | 'vex' | 'suppressed' | 'purl' | 'cve';
type Raw = Omit<Finding, 'fingerprint' | Optional> &
  Partial<Pick<Finding, Optional>> & {
    /** What identifies the finding beside tool, rule and file: the tool's own fingerprints, or the words found. */
    readonly identity: unknown;
    readonly file: string;
  };

/**
 * Collects findings and gives each its fingerprint. Two findings that nothing tells apart get a number each, in the
 * order of the report, so that waiving one does not waive the other.
 */
export class FindingList {
  readonly #list: Finding[] = [];
  readonly #beyond: Record<Severity, number> = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  readonly #seen = new Map<string, number>();

  add({ identity, file, ...raw }: Raw): void {
    if (this.#list.length >= LIMITS.findings) {
      this.#beyond[raw.severity]++;
      return;
    }
    const tool = clip(raw.tool, 200) || 'unknown';
    const rule = clip(raw.rule, 300) || 'unknown';
    const base = digestOfValue([tool, rule, clip(file, 1000), identity]);
    const nth = this.#seen.get(base) ?? 0;
    this.#seen.set(base, nth + 1);
    this.#list.push({
      ...raw,
      tool,
      rule,
      location: clip(raw.location, 1000),
      message: clip(raw.message, 500),
      cve: some(raw.cve, 100),
      purl: some(raw.purl, 1000),
      component: some(raw.component, 500),
      fixedIn: some(raw.fixedIn, 300),
      cwe: [...new Set(raw.cwe ?? [])].filter((one) => Number.isInteger(one) && one > 0 && one < 1_000_000).slice(0, 20),
      aliases: [...new Set(raw.aliases ?? [])].slice(0, 50).map((one) => clip(one, 100)),
      suppressed: raw.suppressed ?? false,
      vex: raw.vex ?? null,
      fingerprint: nth === 0 ? base : digestOfValue([base, nth]),
    });
  }

  /** Counts findings that have no words of their own. */
  count(severity: Severity, count: number): void {
    this.#beyond[severity] += count;
  }

  /** What was found; what is past the limit is counted. */
  get contents(): { readonly findings: readonly Finding[]; readonly beyond?: SeverityCounts } {
    const more = Object.values(this.#beyond).some((count) => count > 0);
    return { findings: this.#list, ...(more ? { beyond: this.#beyond } : {}) };
  }
}

/** How many there are of each severity, and of all. */
export function countsOf(findings: readonly Finding[], beyond?: SeverityCounts): SeverityCounts & { readonly total: number } {
  const counts = { critical: 0, high: 0, medium: 0, low: 0, info: 0, total: 0 };
  for (const { severity } of findings) counts[severity]++;
  for (const severity of SEVERITIES) counts[severity] += beyond?.[severity] ?? 0;
  counts.total = SEVERITIES.reduce((sum, severity) => sum + counts[severity], 0);
  return counts;
}

function some(text: string | null | undefined, length: number): string | null {
  return text === null || text === undefined || text.trim() === '' ? null : clip(text, length);
}

/** Words of a message with what moves taken out: numbers, and runs of space. */
export function steadyWords(text: string): string {
  return clip(text, 2000).replace(/\d+/g, '#');
}

/** The first identifier of a known vulnerability in the texts given: a CVE before a GHSA. */
export function vulnerabilityIn(texts: readonly (string | null)[]): string | null {
  for (const pattern of [/\bCVE-\d{4}-\d{4,10}\b/i, /\bGHSA(?:-[a-z0-9]{4}){3}\b/i]) {
    for (const text of texts) {
      const found = text === null ? null : pattern.exec(text.slice(0, 2000));
      if (found) return found[0].toUpperCase();
    }
  }
  return null;
}

/** CVSS's qualitative scale, on which GitHub's `security-severity` and CycloneDX scores are given. */
export function severityOfScore(score: number): Severity {
  if (!Number.isFinite(score)) return 'critical';
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  return score > 0 ? 'low' : 'info';
}
