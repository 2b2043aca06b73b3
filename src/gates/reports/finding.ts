import { digestOfValue } from '../../kernel/digest.ts';
import type { Finding, Severity } from './model.ts';
import { LIMITS, ReportFault, clip } from './model.ts';

type Raw = Omit<Finding, 'fingerprint'> & {
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
  readonly #seen = new Map<string, number>();

  add({ identity, file, ...raw }: Raw): void {
    if (this.#list.length >= LIMITS.findings) throw new ReportFault(`the report has more than ${LIMITS.findings} findings`);
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
      purl: raw.purl === null ? null : clip(raw.purl, 1000),
      fingerprint: nth === 0 ? base : digestOfValue([base, nth]),
    });
  }

  get all(): readonly Finding[] {
    return this.#list;
  }
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
