import { digestOfValue } from '../../kernel/digest.ts';
import type { Contents, Finding } from './model.ts';
import { LIMITS, ReportFault, SEVERITIES } from './model.ts';

/**
 * Several files of one report as one: tests and findings are added up. Coverage and bills of materials are not, for two
 * files may speak of the same lines.
 */
export function merged(all: readonly Contents[]): Contents {
  const [first] = all;
  if (first === undefined || all.length === 1) return first ?? {};
  if (all.some(({ coverage, sbom }) => coverage !== undefined || sbom !== undefined))
    throw new ReportFault('the archive holds several files of coverage or components: give them one by one');
  const tests = all.flatMap((one) => one.tests ?? []);
  const lists = all.flatMap((one) => (one.findings === undefined ? [] : [one.findings]));
  if ((tests.length > 0 && tests.length < all.length) || (lists.length > 0 && lists.length < all.length))
    throw new ReportFault('the files of the archive speak of different things: give them one by one');
  const sum = (key: keyof (typeof tests)[number]): number => tests.reduce((total, one) => total + one[key], 0);
  return {
    ...(tests.length === 0
      ? {}
      : {
          tests: {
            total: sum('total'),
            passed: sum('passed'),
            failed: sum('failed'),
            errored: sum('errored'),
            skipped: sum('skipped'),
            flaky: sum('flaky'),
            durationMs: sum('durationMs'),
            suites: sum('suites'),
          },
          failures: all.flatMap((one) => one.failures ?? []),
        }),
    ...(lists.length === 0 ? {} : kept(numbered(lists.flat()), all)),
  };
}

/** No more than one report may keep; the rest is counted. */
function kept(findings: readonly Finding[], all: readonly Contents[]): Pick<Contents, 'findings' | 'beyond'> {
  const beyond = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  for (const severity of SEVERITIES) for (const one of all) beyond[severity] += one.beyond?.[severity] ?? 0;
  for (const { severity } of findings.slice(LIMITS.findings)) beyond[severity]++;
  const more = SEVERITIES.some((severity) => beyond[severity] > 0);
  return { findings: findings.slice(0, LIMITS.findings), ...(more ? { beyond } : {}) };
}

/** The same finding in two files stays two. */
function numbered(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Map<string, number>();
  return findings.map((finding) => {
    const nth = seen.get(finding.fingerprint) ?? 0;
    seen.set(finding.fingerprint, nth + 1);
    return nth === 0 ? finding : { ...finding, fingerprint: digestOfValue([finding.fingerprint, 'file', nth]) };
  });
}
