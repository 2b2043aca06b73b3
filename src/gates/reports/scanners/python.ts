import { member, objectAt, objectsAt, objectsIn, textAt } from '../json.ts';
import { cweIn, lineAt, listFormat, objectFormat, severityOf, texts, word, type Scan } from './scan.ts';
import type { JsonObject } from '../json.ts';

/** Bandit's JSON: each result. */
export const bandit = objectFormat(
  'bandit',
  'bandit',
  (root) =>
    Array.isArray(root['results']) &&
    root['metrics'] !== undefined &&
    (textAt(objectsIn(root['results'])[0], 'test_id') !== null || root['generated_at'] !== undefined),
  (scan, root) => {
    for (const result of objectsAt(root, 'results') ?? [])
      scan.add({
        rule: textAt(result, 'test_id') ?? textAt(result, 'test_name') ?? 'unknown',
        severity: severityOf(textAt(result, 'issue_severity')),
        message: textAt(result, 'issue_text') ?? '',
        file: textAt(result, 'filename'),
        line: lineAt(result, 'line_number'),
        // The code is quoted with the numbers of its lines.
        identity: (textAt(result, 'code') ?? '').replace(/^\d+ /gm, ''),
        cwe: cweIn(member(objectAt(result, 'issue_cwe'), 'id')),
      });
  },
);

function pip(scan: Scan, packages: readonly JsonObject[]): void {
  for (const one of packages) {
    const [name, version] = [textAt(one, 'name') ?? '', textAt(one, 'version') ?? ''];
    for (const vulnerability of objectsAt(one, 'vulns') ?? []) {
      const id = textAt(vulnerability, 'id') ?? 'unknown';
      scan.add({
        rule: id,
        severity: 'medium',
        message: textAt(vulnerability, 'description') ?? `${id} in ${name} ${version}`,
        identity: [name, version],
        names: [id, ...texts(member(vulnerability, 'aliases'))],
        purl: `pkg:pypi/${name.toLowerCase()}@${version}`,
        component: `${name}@${version}`,
        fixedIn: texts(member(vulnerability, 'fix_versions')).join(', '),
      });
    }
  }
}

/** pip-audit before 2.0: a list of packages. It rates nothing; each is taken as medium. */
export const pipAuditOld = listFormat(
  'pip-audit',
  'pip-audit',
  (root) => Array.isArray(root['vulns']) && textAt(root, 'name') !== null,
  pip,
);
/** pip-audit since 2.0. */
export const pipAudit = objectFormat(
  'pip-audit',
  'pip-audit',
  (root) =>
    Array.isArray(root['dependencies']) &&
    (Array.isArray(root['fixes']) ||
      objectsIn(root['dependencies']).every((one) => Array.isArray(one['vulns']) || textAt(one, 'skip_reason') !== null)),
  (scan, root) => pip(scan, objectsAt(root, 'dependencies') ?? []),
);

/** Safety's JSON (2 and later): `vulnerabilities`, none of which it rates by default. */
export const safety = objectFormat(
  'safety',
  'safety',
  (root) => objectAt(root, 'report_meta') !== null && Array.isArray(root['vulnerabilities']),
  (scan, root) => {
    for (const one of objectsAt(root, 'vulnerabilities') ?? []) {
      const [name, version] = [textAt(one, 'package_name') ?? '', textAt(one, 'analyzed_version') ?? ''];
      const id = word(one, 'vulnerability_id') ?? 'unknown';
      scan.add({
        rule: id,
        severity: severityOf(textAt(objectAt(objectAt(one, 'severity'), 'cvssv3'), 'base_severity')),
        message: textAt(one, 'advisory') ?? '',
        identity: [name, version],
        names: [textAt(one, 'CVE')],
        purl: `pkg:pypi/${name.toLowerCase()}@${version}`,
        component: `${name}@${version}`,
        fixedIn: texts(member(one, 'fixed_versions')).join(', '),
      });
    }
  },
);
