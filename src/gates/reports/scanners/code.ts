import { asObject, member, objectAt, objectsAt, objectsIn, textAt } from '../json.ts';
import type { JsonObject } from '../json.ts';
import type { Severity } from '../model.ts';
import { cweIn, lineAt, listFormat, objectFormat, scannerFormat, severityOf, texts, word, type Scan } from './scan.ts';

/** Semgrep's JSON: each result once. Errors of rules don't hide results, but an `error` level without any result does. */
export const semgrep = objectFormat(
  'semgrep',
  'semgrep',
  (root) =>
    Array.isArray(root['results']) &&
    Array.isArray(root['errors']) &&
    objectsIn(root['results']).every((one) => textAt(one, 'check_id') !== null) &&
    root['metrics'] === undefined,
  (scan, root) => {
    for (const result of objectsAt(root, 'results') ?? []) {
      const extra = objectAt(result, 'extra');
      const metadata = objectAt(extra, 'metadata');
      const line = lineAt(objectAt(result, 'start'), 'line');
      const print = textAt(extra, 'fingerprint');
      scan.add({
        rule: textAt(result, 'check_id') ?? 'unknown',
        severity: SEMGREP[(textAt(extra, 'severity') ?? '').toUpperCase()] ?? severityOf(textAt(extra, 'severity')),
        message: textAt(extra, 'message') ?? '',
        file: textAt(result, 'path'),
        line,
        // Without a login Semgrep says so in place of a fingerprint.
        identity: print === null || print === 'requires login' ? (textAt(extra, 'lines') ?? textAt(extra, 'message')) : print,
        once: [textAt(result, 'check_id'), textAt(result, 'path'), line, textAt(extra, 'message')],
        cwe: cweIn(member(metadata, 'cwe')),
        names: texts(member(metadata, 'cve')),
        suppressed: member(extra, 'is_ignored') === true,
      });
    }
  },
);
const SEMGREP: Readonly<Record<string, Severity>> = {
  ERROR: 'high',
  WARNING: 'medium',
  INFO: 'low',
  INVENTORY: 'info',
  EXPERIMENT: 'info',
};

/** Checkov's JSON: one report, or a list of them for each framework. */
export const checkov = scannerFormat(
  'checkov',
  'checkov',
  (root) =>
    (textAt(root, 'check_type') !== null && root['results'] !== undefined) ||
    (root['checkov_version'] !== undefined && root['passed'] !== undefined),
  (scan, root, { list }) => {
    for (const report of list === null ? [root] : objectsIn(list))
      for (const check of objectsAt(objectAt(report, 'results'), 'failed_checks') ?? []) {
        const [line] = Array.isArray(check['file_line_range']) ? (check['file_line_range'] as unknown[]) : [];
        scan.add({
          rule: textAt(check, 'check_id') ?? 'unknown',
          severity: severityOf(textAt(check, 'severity')),
          message: textAt(check, 'check_name') ?? '',
          file: textAt(check, 'file_path'),
          line: typeof line === 'number' ? line : null,
          identity: textAt(check, 'resource') ?? '',
        });
      }
  },
);

/** KICS' JSON: each file of each query. */
export const kics = objectFormat(
  'kics',
  'kics',
  (root) => Array.isArray(root['queries']) && (root['kics_version'] !== undefined || root['severity_counters'] !== undefined),
  (scan, root) => {
    for (const query of objectsAt(root, 'queries') ?? [])
      for (const file of objectsAt(query, 'files') ?? [])
        scan.add({
          rule: textAt(query, 'query_id') ?? textAt(query, 'query_name') ?? 'unknown',
          severity: severityOf(textAt(query, 'severity')),
          message: `${textAt(query, 'query_name') ?? ''}: ${textAt(file, 'actual_value') ?? textAt(query, 'description') ?? ''}`,
          file: textAt(file, 'file_name'),
          line: lineAt(file, 'line'),
          identity: textAt(file, 'similarity_id') ?? textAt(file, 'search_key') ?? '',
          cwe: cweIn(member(query, 'cwe')),
        });
  },
);

/** tfsec's JSON; what passed is no finding. */
export const tfsec = objectFormat(
  'tfsec',
  'tfsec',
  (root) =>
    Array.isArray(root['results']) &&
    objectsIn(root['results']).length > 0 &&
    objectsIn(root['results']).every((one) => 'rule_id' in one && 'location' in one),
  (scan, root) => {
    for (const result of objectsAt(root, 'results') ?? []) {
      if (member(result, 'passed') === true || member(result, 'status') === 1) continue;
      const place = objectAt(result, 'location');
      scan.add({
        rule: textAt(result, 'long_id') ?? textAt(result, 'rule_id') ?? 'unknown',
        severity: severityOf(textAt(result, 'severity')),
        message: textAt(result, 'description') ?? textAt(result, 'rule_description') ?? '',
        file: textAt(place, 'filename'),
        line: lineAt(place, 'start_line'),
        identity: [textAt(result, 'resource'), textAt(result, 'description')],
      });
    }
  },
);

/** Hadolint's JSON. */
export const hadolint = listFormat(
  'hadolint',
  'hadolint',
  (root) => textAt(root, 'code') !== null && textAt(root, 'level') !== null && 'file' in root,
  (scan, items) => {
    for (const one of items)
      scan.add({
        rule: textAt(one, 'code') ?? 'unknown',
        severity: severityOf(textAt(one, 'level')),
        message: textAt(one, 'message') ?? '',
        file: textAt(one, 'file'),
        line: lineAt(one, 'line'),
      });
  },
);

/** gosec's JSON. */
export const gosec = objectFormat(
  'gosec',
  'gosec',
  (root) =>
    Array.isArray(root['Issues']) &&
    (root['Stats'] !== undefined || root['GosecVersion'] !== undefined || root['Golang errors'] !== undefined),
  (scan, root) => {
    for (const one of objectsAt(root, 'Issues') ?? [])
      scan.add({
        rule: textAt(one, 'rule_id') ?? 'unknown',
        severity: severityOf(textAt(one, 'severity')),
        message: textAt(one, 'details') ?? '',
        file: textAt(one, 'file'),
        line: lineAt({ line: (word(one, 'line') ?? '').split('-', 1)[0] }, 'line'),
        identity: (textAt(one, 'code') ?? '').replace(/^\d+: /gm, ''),
        cwe: cweIn(member(objectAt(one, 'cwe'), 'id')),
        suppressed: objectsIn(member(one, 'suppressions')).length > 0,
      });
  },
);

/** Brakeman's JSON. */
export const brakeman = objectFormat(
  'brakeman',
  'brakeman',
  (root) => Array.isArray(root['warnings']) && textAt(objectAt(root, 'scan_info'), 'brakeman_version') !== null,
  (scan, root) => {
    for (const one of objectsAt(root, 'warnings') ?? [])
      scan.add({
        rule: textAt(one, 'check_name') ?? textAt(one, 'warning_type') ?? 'unknown',
        severity: ({ High: 'high', Medium: 'medium', Weak: 'low' }[textAt(one, 'confidence') ?? ''] as Severity | undefined) ?? 'medium',
        message: textAt(one, 'message') ?? '',
        file: textAt(one, 'file'),
        line: lineAt(one, 'line'),
        identity: textAt(one, 'fingerprint') ?? textAt(one, 'code') ?? '',
        cwe: cweIn(member(one, 'cwe_id')),
      });
  },
);

/** GitHub's code scanning alerts (REST). What was fixed or dismissed there is told as suppressed. */
export const githubCode = listFormat(
  'github-code-scanning',
  'github code scanning',
  (root) => objectAt(root, 'most_recent_instance') !== null && objectAt(root, 'rule') !== null,
  (scan, alerts) => {
    for (const one of alerts) {
      const [rule, instance] = [objectAt(one, 'rule'), objectAt(one, 'most_recent_instance')];
      scan.add(
        {
          rule: textAt(rule, 'id') ?? 'unknown',
          severity: severityOf(textAt(rule, 'security_severity_level') ?? textAt(rule, 'severity')),
          message: textAt(objectAt(instance, 'message'), 'text') ?? textAt(rule, 'description') ?? '',
          file: textAt(objectAt(instance, 'location'), 'path'),
          line: lineAt(objectAt(instance, 'location'), 'start_line'),
          identity: ['alert', word(one, 'number')],
          cwe: cweIn(texts(member(rule, 'tags')).map((tag) => tag.replace(/^external\/cwe\//, ''))),
          suppressed: textAt(one, 'state') !== 'open',
        },
        textAt(objectAt(one, 'tool'), 'name') ?? undefined,
      );
    }
  },
);

/** Code Climate's issues, which GitLab calls code quality. */
export const codeQuality = listFormat(
  'code-quality',
  'code quality',
  (root) => textAt(root, 'fingerprint') !== null && textAt(objectAt(root, 'location'), 'path') !== null && 'description' in root,
  (scan, issues) => {
    for (const one of issues) {
      const place = objectAt(one, 'location');
      scan.add({
        rule: textAt(one, 'check_name') ?? 'unknown',
        severity: severityOf(textAt(one, 'severity')),
        message: textAt(one, 'description') ?? '',
        file: textAt(place, 'path'),
        line: lineAt(objectAt(place, 'lines'), 'begin') ?? lineAt(objectAt(objectAt(place, 'positions'), 'begin'), 'line'),
        identity: textAt(one, 'fingerprint'),
      });
    }
  },
);

/** GitLab's security reports (sast, dast, dependency, container, secret detection, ...), schemas 2 to 15. */
export const gitlab = objectFormat(
  'gitlab-security',
  'gitlab',
  (root) =>
    Array.isArray(root['vulnerabilities']) &&
    (objectsIn(root['vulnerabilities']).some((one) => Array.isArray(one['identifiers'])) || onlyGitlab(root)),
  (scan, root) => {
    const scanner = objectAt(objectAt(root, 'scan'), 'scanner');
    for (const one of objectsAt(root, 'vulnerabilities') ?? []) gitlabFinding(scan, one, textAt(scanner, 'name'));
  },
);

/** A report that found nothing shows itself by having no members but those of the schema. */
function onlyGitlab(root: JsonObject): boolean {
  const own = ['version', 'schema', 'scan', 'vulnerabilities', 'remediations', 'dependency_files', '__comment__'];
  return Object.keys(root).every((key) => own.includes(key));
}

function gitlabFinding(scan: Scan, one: JsonObject, scanner: string | null): void {
  const place = objectAt(one, 'location');
  const dependency = objectAt(place, 'dependency');
  const [name, version] = [textAt(objectAt(dependency, 'package'), 'name'), textAt(dependency, 'version')];
  const identifiers = objectsIn(member(one, 'identifiers'));
  const [first] = identifiers;
  const address = [textAt(place, 'hostname'), textAt(place, 'path')].flatMap((part) => part ?? []).join('');
  scan.add(
    {
      rule: textAt(first, 'value') ?? textAt(one, 'cve') ?? textAt(one, 'id') ?? 'unknown',
      severity: severityOf(textAt(one, 'severity'), 'info'),
      message: textAt(one, 'message') ?? textAt(one, 'name') ?? textAt(one, 'description') ?? '',
      file: textAt(place, 'file') ?? (address === '' ? textAt(place, 'image') : address),
      line: lineAt(place, 'start_line'),
      identity: [textAt(one, 'id'), name, version, textAt(place, 'param')],
      names: identifiers
        .filter((each) => ['cve', 'ghsa', 'osvdb', 'gemnasium'].includes(textAt(each, 'type') ?? ''))
        .map((each) => textAt(each, 'value') ?? textAt(each, 'name')),
      component: name === null ? null : `${name}@${version ?? ''}`,
      fixedIn: null,
      cwe: identifiers.filter((each) => textAt(each, 'type')?.toLowerCase() === 'cwe').flatMap((each) => cweIn(asObject(each)?.['value'])),
    },
    scanner ?? textAt(objectAt(one, 'scanner'), 'name') ?? undefined,
  );
}
