import type { JsonObject } from '../json.ts';
import { asObject, member, numberAt, objectAt, objectsAt, objectsIn, textAt } from '../json.ts';
import { scannerFormat, severityOf, texts, type Scan } from './scan.ts';

const KINDS =
  /^(?:Cluster)?(?:VulnerabilityReport|ConfigAuditReport|ExposedSecretReport|RbacAssessmentReport|InfraAssessmentReport|ComplianceReport)$/;

/** Reports that Trivy's operator keeps in a cluster: one, a list of them, or `items` of kubectl. */
export const trivyOperator = scannerFormat(
  'trivy-operator',
  'trivy-operator',
  (root) => isReport(root) || objectsIn(root['items']).some(isReport),
  (scan, root, { list, values }) => {
    const found = root['items'] === undefined ? (list ?? values) : objectsIn(root['items']);
    for (const one of found) report(scan, asObject(one) ?? {});
  },
);

function isReport(one: JsonObject): boolean {
  return /aquasecurity\.github\.io/.test(textAt(one, 'apiVersion') ?? '') && KINDS.test(textAt(one, 'kind') ?? '');
}

function report(scan: Scan, one: JsonObject): void {
  const labels = objectAt(objectAt(one, 'metadata'), 'labels');
  const about = ['namespace', 'kind', 'name'].flatMap((key) => textAt(labels, `trivy-operator.resource.${key}`) ?? []).join('/');
  const container = textAt(labels, 'trivy-operator.container.name');
  const place = `${about}${container === null ? '' : `/${container}`}` || (textAt(objectAt(one, 'metadata'), 'name') ?? '');
  const body = objectAt(one, 'report');
  for (const each of objectsAt(body, 'vulnerabilities') ?? []) {
    const [name, version, id] = [
      textAt(each, 'resource') ?? '',
      textAt(each, 'installedVersion') ?? '',
      textAt(each, 'vulnerabilityID') ?? 'unknown',
    ];
    scan.add({
      rule: id,
      severity: severityOf(textAt(each, 'severity')),
      message: textAt(each, 'title') ?? id,
      file: `${place} ${textAt(each, 'target') ?? ''}`.trim(),
      identity: [name, version],
      names: [id],
      purl: textAt(each, 'packagePURL'),
      component: `${name}@${version}`,
      fixedIn: textAt(each, 'fixedVersion'),
    });
  }
  for (const each of objectsAt(body, 'checks') ?? []) {
    if (member(each, 'success') === true) continue;
    scan.add({
      rule: textAt(each, 'checkID') ?? textAt(each, 'title') ?? 'unknown',
      severity: severityOf(textAt(each, 'severity')),
      message: texts(member(each, 'messages'))[0] ?? textAt(each, 'title') ?? '',
      file: place,
    });
  }
  for (const each of objectsAt(body, 'secrets') ?? [])
    scan.add({
      rule: textAt(each, 'ruleID') ?? 'secret',
      severity: severityOf(textAt(each, 'severity')),
      message: textAt(each, 'title') ?? '',
      file: `${place} ${textAt(each, 'target') ?? ''}`.trim(),
      identity: textAt(each, 'match') ?? '',
    });
  compliance(scan, one, place);
}

/** A compliance report tells each control and how often it failed. */
function compliance(scan: Scan, one: JsonObject, place: string): void {
  const status = objectAt(one, 'status');
  const controls = objectsAt(objectAt(status, 'summaryReport'), 'controlCheck') ?? [];
  for (const each of controls) {
    if ((numberAt(each, 'totalFail') ?? 0) === 0) continue;
    scan.add({
      rule: textAt(each, 'id') ?? 'unknown',
      severity: severityOf(textAt(each, 'severity')),
      message: textAt(each, 'name') ?? '',
      file: place,
    });
  }
  for (const control of objectsAt(objectAt(status, 'detailReport'), 'results') ?? [])
    for (const each of objectsAt(control, 'checks') ?? []) {
      if (member(each, 'success') === true) continue;
      scan.add({
        rule: textAt(control, 'id') ?? textAt(each, 'checkID') ?? 'unknown',
        severity: severityOf(textAt(each, 'severity') ?? textAt(control, 'severity')),
        message: texts(member(each, 'messages'))[0] ?? textAt(each, 'title') ?? textAt(control, 'name') ?? '',
        file: textAt(each, 'target') ?? place,
      });
    }
}
