import type { JsonObject } from '../json.ts';
import { member, objectAt, objectsAt, objectsIn, textAt } from '../json.ts';
import { cweIn, lineAt, listFormat, objectFormat, severityOf, texts, type Scan } from './scan.ts';

const LISTS = ['Vulnerabilities', 'Misconfigurations', 'Secrets', 'Licenses'];
const isResult = (one: JsonObject): boolean => textAt(one, 'Target') !== null;

/** Trivy's JSON since schema 2: vulnerabilities, misconfigurations that failed, secrets and licenses of each target. */
export const trivy = objectFormat(
  'trivy',
  'trivy',
  (root) =>
    (root['SchemaVersion'] !== undefined && (textAt(root, 'ArtifactName') !== null || Array.isArray(root['Results']))) ||
    (Array.isArray(root['Results']) && objectsIn(root['Results']).some(isResult)),
  (scan, root) => results(scan, objectsAt(root, 'Results') ?? []),
);

/** Trivy before schema 2: a list of targets. */
export const trivyLegacy = listFormat(
  'trivy',
  'trivy',
  (root) => isResult(root) && (LISTS.some((key) => key in root) || textAt(root, 'Type') !== null),
  results,
);

/** `trivy k8s`: the same for each resource of a cluster. */
export const trivyCluster = objectFormat(
  'trivy-k8s',
  'trivy',
  (root) =>
    textAt(root, 'ClusterName') !== null && ['Vulnerabilities', 'Misconfigurations', 'Resources', 'Findings'].some((key) => key in root),
  (scan, root) => {
    for (const key of ['Vulnerabilities', 'Misconfigurations', 'Resources', 'Findings'])
      for (const resource of objectsAt(root, key) ?? []) {
        const about = ['Namespace', 'Kind', 'Name'].flatMap((word) => textAt(resource, word) ?? []).join('/');
        results(scan, objectsAt(resource, 'Results') ?? [], `${about} `);
      }
  },
);

function results(scan: Scan, targets: readonly JsonObject[], about = ''): void {
  for (const target of targets) {
    const place = `${about}${textAt(target, 'Target') ?? ''}`;
    for (const one of objectsAt(target, 'Vulnerabilities') ?? []) vulnerability(scan, one, place);
    for (const one of objectsAt(target, 'Misconfigurations') ?? []) misconfiguration(scan, one, place);
    for (const one of objectsAt(target, 'Secrets') ?? [])
      scan.add({
        rule: textAt(one, 'RuleID') ?? 'secret',
        severity: severityOf(textAt(one, 'Severity')),
        message: textAt(one, 'Title') ?? '',
        file: place,
        line: lineAt(one, 'StartLine'),
        identity: textAt(one, 'Match') ?? '',
      });
    for (const one of objectsAt(target, 'Licenses') ?? [])
      scan.add({
        rule: `license ${textAt(one, 'Name') ?? 'unknown'}`,
        severity: severityOf(textAt(one, 'Severity')),
        message: `${textAt(one, 'PkgName') ?? textAt(one, 'FilePath') ?? ''} is under ${textAt(one, 'Name') ?? 'an unknown license'} (${textAt(one, 'Category') ?? 'no category'})`,
        file: textAt(one, 'FilePath') || place,
        identity: textAt(one, 'PkgName') ?? '',
        component: textAt(one, 'PkgName'),
      });
  }
}

function vulnerability(scan: Scan, one: JsonObject, place: string): void {
  const id = textAt(one, 'VulnerabilityID') ?? 'unknown';
  const [name, version] = [textAt(one, 'PkgName') ?? '', textAt(one, 'InstalledVersion') ?? ''];
  const path = textAt(one, 'PkgPath');
  scan.add({
    rule: id,
    severity: severityOf(textAt(one, 'Severity'), 'info'),
    message: textAt(one, 'Title') ?? textAt(one, 'Description') ?? `${id} in ${name} ${version}`,
    file: path === null || path === '' ? place : path,
    identity: [name, version],
    names: [id, ...texts(member(one, 'VendorIDs'))],
    purl: textAt(objectAt(one, 'PkgIdentifier'), 'PURL'),
    component: `${name}@${version}`,
    fixedIn: textAt(one, 'FixedVersion'),
    cwe: cweIn(member(one, 'CweIDs')),
  });
}

function misconfiguration(scan: Scan, one: JsonObject, place: string): void {
  const status = textAt(one, 'Status');
  if (status === 'PASS' || status === 'EXCEPTION') return;
  const cause = objectAt(one, 'CauseMetadata');
  scan.add({
    rule: textAt(one, 'ID') ?? textAt(one, 'AVDID') ?? 'unknown',
    severity: severityOf(textAt(one, 'Severity')),
    message: textAt(one, 'Message') || textAt(one, 'Title') || '',
    file: place,
    line: lineAt(cause, 'StartLine'),
    identity: [textAt(cause, 'Resource'), textAt(one, 'Message')],
  });
}
