import { member, objectAt, objectsAt, objectsIn, textAt, asObject } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { ReportFault } from '../model.ts';
import { cweIn, lineAt, objectFormat, severityOf, texts, word, type Scan } from './scan.ts';

/**
 * The generic JSON for every tool that has no format of its own here: `{"findings": [{"title", "severity", ...}]}`. See
 * docs/guide/reports.md. A finding without a title or a severity refuses the report: what it is can't be said.
 */
export const genericJson = objectFormat(
  'generic',
  'generic',
  (root) =>
    Array.isArray(root['findings']) &&
    root['meta'] === undefined &&
    objectsIn(root['findings']).every((one) => objectAt(one, 'vulnerability') === null),
  (scan, root) => {
    const tool = textAt(root, 'tool') ?? textAt(root, 'type') ?? textAt(root, 'name') ?? 'generic';
    for (const one of objectsAt(root, 'findings') ?? []) generic(scan, one, tool);
  },
);

function generic(scan: Scan, one: JsonObject, tool: string): void {
  const title = textAt(one, 'title');
  const severity = textAt(one, 'severity');
  if (title === null || severity === null) throw new ReportFault(`a finding has no ${title === null ? 'title' : 'severity'}`);
  const names = [textAt(one, 'cve'), ...texts(member(one, 'vulnerability_ids')), ...texts(member(one, 'aliases'))];
  const [endpoint] = objectsIn(member(one, 'endpoints'));
  const [name, version] = [textAt(one, 'component_name'), word(one, 'component_version')];
  scan.add(
    {
      rule: textAt(one, 'rule') ?? word(one, 'vuln_id_from_tool') ?? names.find((each) => each !== null) ?? title,
      severity: severityOf(severity),
      message: title,
      file: textAt(one, 'file_path') ?? textAt(one, 'file') ?? textAt(endpoint, 'host'),
      line: lineAt(one, 'line'),
      identity: word(one, 'unique_id_from_tool') ?? textAt(one, 'fingerprint') ?? [title, textAt(one, 'description')],
      names,
      purl: textAt(one, 'purl'),
      component: name === null ? null : `${name}@${version ?? ''}`,
      fixedIn: word(one, 'fix_version') ?? word(one, 'fixed_in'),
      cwe: [...cweIn(member(one, 'cwe')), ...cweIn(member(one, 'cwes'))],
      suppressed: member(one, 'false_p') === true || member(one, 'suppressed') === true,
    },
    tool,
  );
}

/** The same as CSV: `Title` and `Severity` are the columns that must be there; without a word the severity is medium. Rows of one title, text and severity are one. */
export function readGenericCsv(scan: Scan, rows: readonly Readonly<Record<string, string>>[]): void {
  for (const row of rows) {
    const title = row['Title'] ?? '';
    const severity = row['Severity'] ?? '';
    if (title === '' && severity === '') continue;
    if (title === '') throw new ReportFault('a row has no Title');
    const names = [row['CVE'], row['Vulnerability Id'], row['VulnerabilityId']].flatMap((one) => one ?? []);
    scan.add({
      rule: names.find((one) => one !== '') ?? title,
      severity: severityOf(severity),
      message: title,
      file: row['FilePath'] ?? row['Url'] ?? '',
      line: lineAt(asObject(row), 'Line'),
      identity: [title, row['Description'] ?? ''],
      once: [severity, title, row['Description'] ?? ''],
      names,
      cwe: cweIn(row['CweId'] ?? ''),
      fixedIn: row['fix_version'] ?? row['FixVersion'] ?? null,
      suppressed: /^true$/i.test(row['FalsePositive'] ?? ''),
    });
  }
}

/** PMD's CSV. Priority 1 is the worst of 5. */
export function readPmdCsv(scan: Scan, rows: readonly Readonly<Record<string, string>>[]): void {
  for (const row of rows)
    scan.add({
      rule: `${row['Rule set'] ?? ''}/${row['Rule'] ?? ''}`,
      severity: (['critical', 'high', 'medium', 'low', 'info'] as const)[Number(row['Priority'] ?? 3) - 1] ?? 'medium',
      message: row['Description'] ?? '',
      file: row['File'] ?? '',
      line: lineAt(asObject(row), 'Line'),
    });
}
