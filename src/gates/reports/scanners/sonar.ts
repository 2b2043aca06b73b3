import type { JsonObject } from '../json.ts';
import { asObject, member, objectAt, objectsAt, objectsIn, textAt } from '../json.ts';
import type { Severity } from '../model.ts';
import { cweIn, lineAt, objectFormat, scannerFormat, severityOf, texts, word, type Scan } from './scan.ts';

/** SonarQube's five words; hotspots have a probability instead. */
const SEVERITIES: Readonly<Record<string, Severity>> = {
  BLOCKER: 'critical',
  CRITICAL: 'high',
  MAJOR: 'medium',
  MINOR: 'low',
  INFO: 'info',
};
const sonarSeverity = (text: string | null): Severity => SEVERITIES[(text ?? '').toUpperCase()] ?? severityOf(text);
const CLOSED = new Set(['RESOLVED', 'CLOSED', 'REVIEWED', 'SAFE']);

/** SonarQube's web API: issues and hotspots of a page. A page that is not the last one is refused: the rest is missing. */
export const sonarApi = objectFormat(
  'sonarqube',
  'sonarqube',
  (root) =>
    (Array.isArray(root['issues']) || Array.isArray(root['hotspots'])) && (objectAt(root, 'paging') !== null || root['p'] !== undefined),
  (scan, root) => {
    for (const issue of objectsAt(root, 'issues') ?? []) apiIssue(scan, issue);
    for (const spot of objectsAt(root, 'hotspots') ?? [])
      scan.add({
        rule: textAt(spot, 'ruleKey') ?? textAt(spot, 'securityCategory') ?? 'unknown',
        severity: severityOf(textAt(spot, 'vulnerabilityProbability')),
        message: textAt(spot, 'message') ?? '',
        file: fileOf(textAt(spot, 'component')),
        line: lineAt(spot, 'line'),
        identity: textAt(spot, 'message'),
        suppressed: CLOSED.has(textAt(spot, 'status') ?? ''),
      });
  },
);

function apiIssue(scan: Scan, issue: JsonObject): void {
  const message = textAt(issue, 'message') ?? '';
  const names = [...message.matchAll(/\b(?:CVE-\d{4}-\d{4,10}|GHSA(?:-[a-z0-9]{4}){3})\b/gi)].map((found) => found[0]);
  scan.add({
    rule: textAt(issue, 'rule') ?? 'unknown',
    severity: sonarSeverity(textAt(issue, 'severity')),
    message,
    file: fileOf(textAt(issue, 'component')),
    line: lineAt(issue, 'line') ?? lineAt(objectAt(issue, 'textRange'), 'startLine'),
    identity: textAt(issue, 'hash') ?? message,
    names,
    cwe: cweIn(texts(member(issue, 'tags'))),
    suppressed: CLOSED.has(textAt(issue, 'status') ?? ''),
  });
}

/** `project:path` without the project. */
function fileOf(component: string | null): string {
  const colon = component?.lastIndexOf(':') ?? -1;
  return component === null ? '' : component.slice(colon + 1);
}

/** sonar-report's JSON (github.com/soprasteria/sonar-report): rules, issues and hotspots of a project. */
export const sonarReport = objectFormat(
  'sonar-report',
  'sonarqube',
  (root) =>
    Array.isArray(root['issues']) &&
    (root['sonarBaseURL'] !== undefined || root['sonarComponent'] !== undefined || root['hotspotKeys'] !== undefined),
  (scan, root) => {
    const rules = objectAt(root, 'rules');
    for (const issue of objectsAt(root, 'issues') ?? []) {
      const rule = textAt(issue, 'rule') ?? 'unknown';
      const text = textAt(objectAt(rules, rule), 'htmlDesc') ?? '';
      scan.add({
        rule,
        severity: sonarSeverity(textAt(issue, 'severity')),
        message: textAt(issue, 'message') ?? textAt(issue, 'description') ?? '',
        file: fileOf(textAt(issue, 'component')),
        line: lineAt(issue, 'line'),
        identity: textAt(issue, 'message'),
        cwe: cweIn(text.slice(0, 20_000).replace(/<[^>]{0,2000}>/g, ' ')).slice(0, 1),
        suppressed: CLOSED.has(textAt(issue, 'status') ?? ''),
      });
    }
  },
);

/** The quality gate of a project (`api/qualitygates/project_status`): each condition that does not hold is a finding. */
export const sonarGate = scannerFormat(
  'sonarqube-gate',
  'sonarqube quality gate',
  (root, { list }) => list === null && textAt(objectAt(root, 'projectStatus'), 'status') !== null,
  (scan, root) => {
    const gate = objectAt(root, 'projectStatus');
    const bad = objectsIn(member(gate, 'conditions')).filter((one) => ['ERROR', 'WARN'].includes(textAt(one, 'status') ?? ''));
    for (const one of bad)
      scan.add({
        rule: textAt(one, 'metricKey') ?? 'unknown',
        severity: textAt(one, 'status') === 'ERROR' ? 'high' : 'medium',
        message: `${textAt(one, 'metricKey') ?? ''} is ${word(one, 'actualValue') ?? 'unknown'}, the gate asks for ${textAt(one, 'comparator') ?? ''} ${word(one, 'errorThreshold') ?? ''}`,
      });
    const status = textAt(gate, 'status');
    // A gate that was not computed says nothing good.
    if (status !== 'OK' && bad.length === 0)
      scan.add({ rule: 'status', severity: 'high', message: `The quality gate is ${status ?? 'unknown'}` });
  },
);

/** A list of issues as the API has them, without their page. */
export const sonarIssues = scannerFormat(
  'sonarqube',
  'sonarqube',
  (root, { list }) =>
    list !== null && textAt(root, 'rule') !== null && textAt(root, 'component') !== null && textAt(root, 'project') !== null,
  (scan, _, { list }) => {
    for (const one of list ?? []) apiIssue(scan, asObject(one) ?? {});
  },
);
