import type { JsonObject } from '../json.ts';
import { asObject, member, objectAt, objectsAt, objectsIn, textAt } from '../json.ts';
import { ReportFault, clip } from '../model.ts';
import { cweIn, lineAt, listFormat, objectFormat, scannerFormat, severityOf, streamFormat, texts, word, type Scan } from './scan.ts';

/** `name@version` of a package URL, without what stands before its name. */
function named(purl: string | null): string | null {
  return purl === null ? null : (purl.split(/[?#]/, 1)[0]?.split('/').at(-1) ?? null);
}

/** Semgrep's supply chain findings, as its API lists them (`vulns`): one for each place that names the dependency. */
export const semgrepSupply = objectFormat(
  'semgrep-supply-chain',
  'semgrep',
  (root) => Array.isArray(root['vulns']) && objectsIn(root['vulns']).every((one) => objectAt(one, 'advisory') !== null),
  (scan, root) => {
    for (const one of objectsAt(root, 'vulns') ?? []) {
      const [advisory, place, found] = [
        objectAt(one, 'advisory'),
        objectAt(one, 'dependencyFileLocation'),
        objectAt(one, 'matchedDependency'),
      ];
      const references = objectAt(advisory, 'references');
      const [name, version] = [textAt(found, 'name') ?? '', textAt(found, 'versionSpecifier') ?? ''];
      const title = textAt(one, 'title') ?? textAt(advisory, 'title') ?? '';
      const status = textAt(objectAt(one, 'triage'), 'status') ?? '';
      scan.add({
        rule: textAt(advisory, 'ruleId') ?? 'unknown',
        severity: severityOf(textAt(advisory, 'severity')),
        message: title,
        file: textAt(place, 'path'),
        line: lineAt(place, 'startLine'),
        identity: [word(one, 'repositoryId'), name, version],
        once: [title, word(one, 'repositoryId'), textAt(place, 'path'), lineAt(place, 'startLine')],
        names: texts(member(references, 'cveIds')),
        component: `${name}@${version}`,
        fixedIn: textAt(objectAt(one, 'closestSafeDependency'), 'versionSpecifier'),
        cwe: cweIn(member(references, 'cweIds')),
        suppressed: ['DISMISSED', 'IGNORED', 'FIXED'].includes(status.toUpperCase()),
      });
    }
  },
);

/** `snyk iac test --json`: one file, or a list of them. */
export const snykIac = scannerFormat(
  'snyk-iac',
  'snyk',
  (root) => Array.isArray(root['infrastructureAsCodeIssues']),
  (scan, root, { list }) => {
    for (const file of list === null ? [root] : objectsIn(list)) {
      const path = textAt(file, 'targetFile') ?? textAt(file, 'displayTargetFile');
      for (const one of objectsAt(file, 'infrastructureAsCodeIssues') ?? []) iacIssue(scan, one, path);
    }
  },
);

function iacIssue(scan: Scan, one: JsonObject, path: string | null): void {
  const where = member(one, 'path');
  scan.add({
    rule: textAt(one, 'id') ?? textAt(one, 'publicId') ?? 'unknown',
    severity: severityOf(textAt(one, 'severity')),
    message: textAt(one, 'title') ?? textAt(one, 'msg') ?? '',
    file: path,
    line: lineAt(one, 'lineNumber'),
    identity: Array.isArray(where) ? texts(where).join('.') : (textAt(one, 'msg') ?? ''),
    suppressed: member(one, 'isIgnored') === true,
  });
}

/** SonarQube's report of the risks of dependencies (`api/v2/sca/risk-reports`): vulnerabilities and forbidden licences. */
export const sonarRisks = listFormat(
  'sonarqube-risks',
  'sonarqube',
  (root) => textAt(root, 'riskTitle') !== null && textAt(root, 'riskType') !== null,
  (scan, risks) => {
    for (const one of risks) {
      const id = textAt(one, 'vulnerabilityId');
      const purl = textAt(one, 'packageUrl');
      scan.add({
        rule: id === null || id === '-' || id === '' ? (textAt(one, 'riskType') ?? 'unknown') : id,
        severity: RISKS[(textAt(one, 'riskSeverity') ?? '').toUpperCase()] ?? severityOf(textAt(one, 'riskSeverity')),
        message: textAt(one, 'riskTitle') ?? '',
        file: purl,
        identity: [textAt(one, 'riskTitle')],
        names: [id === '-' ? null : id],
        purl,
        component: named(purl),
        cwe: cweIn(member(one, 'cweIds')),
        suppressed: ['ACCEPT', 'SAFE', 'FIXED'].includes((textAt(one, 'riskStatus') ?? '').toUpperCase()),
      });
    }
  },
);
const RISKS = { BLOCKER: 'critical' } as Readonly<Record<string, 'critical'>>;

/** Staticcheck's JSON (`-f json`): one object in a line. What it is told to ignore comes as `ignored`, and is no finding. */
export const staticcheck = streamFormat(
  'staticcheck',
  'staticcheck',
  (root) => textAt(root, 'code') !== null && textAt(objectAt(root, 'location'), 'file') !== null && 'end' in root,
  (scan, items) => {
    for (const one of items) {
      if (textAt(one, 'severity') === 'ignored') continue;
      const place = objectAt(one, 'location');
      scan.add({
        rule: textAt(one, 'code') ?? 'unknown',
        severity: severityOf(textAt(one, 'severity')),
        message: textAt(one, 'message') ?? '',
        file: textAt(place, 'file'),
        line: lineAt(place, 'line'),
      });
    }
  },
);

/** golangci-lint's JSON. Most of its linters rate nothing: what has no severity is taken as medium. */
export const golangciLint = objectFormat(
  'golangci-lint',
  'golangci-lint',
  (root) => ('Issues' in root && objectAt(root, 'Report') !== null) || objectsIn(root['Issues']).some((one) => 'FromLinter' in one),
  (scan, root) => {
    for (const one of objectsAt(root, 'Issues') ?? []) {
      const place = objectAt(one, 'Pos');
      scan.add({
        rule: textAt(one, 'FromLinter') ?? 'unknown',
        severity: severityOf(textAt(one, 'Severity')),
        message: textAt(one, 'Text') ?? '',
        file: textAt(place, 'Filename'),
        line: lineAt(place, 'Line'),
        identity: [textAt(one, 'Text'), texts(member(one, 'SourceLines')).join('\n')],
      });
    }
    const error = textAt(objectAt(root, 'Report'), 'Error');
    if (error !== null && error !== '') throw new ReportFault(`golangci-lint says that its run did not succeed: ${clip(error, 200)}`);
  },
);

/** `{"results": []}` (or `null`): what osv-scanner and tfsec write where they found nothing, without a word of who they are. */
export const noResults = objectFormat(
  'empty-list',
  'unknown',
  (root) => {
    const [only, ...more] = Object.keys(root);
    if (only !== 'results' || more.length > 0) return false;
    return root['results'] === null || (Array.isArray(root['results']) && root['results'].length === 0);
  },
  () => undefined,
);

/** `bun audit --json`: advisories by the name of the package. */
export const bunAudit = objectFormat(
  'bun-audit',
  'bun audit',
  (root) =>
    Object.keys(root).length > 0 &&
    Object.values(root).every(
      (list) => Array.isArray(list) && list.length > 0 && list.every((one) => textAt(asObject(one), 'vulnerable_versions') !== null),
    ),
  (scan, root) => {
    for (const [name, list] of Object.entries(root))
      for (const one of objectsIn(list)) {
        const advisory = textAt(one, 'url')?.split('/').at(-1) ?? word(one, 'id') ?? 'unknown';
        scan.add({
          rule: advisory,
          severity: severityOf(textAt(one, 'severity')),
          message: textAt(one, 'title') ?? advisory,
          identity: name,
          names: [advisory],
          component: `${name} ${textAt(one, 'vulnerable_versions') ?? ''}`.trim(),
          cwe: cweIn(member(one, 'cwe')),
        });
      }
  },
);
