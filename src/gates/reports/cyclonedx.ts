import { FindingList, severityOfScore } from './finding.ts';
import type { JsonObject } from './json.ts';
import { member, objectAt, objectsAt, textAt } from './json.ts';
import type { Finding, SbomCounts, Severity, SeverityCounts, Vex } from './model.ts';
import { ReportFault, SEVERITIES } from './model.ts';
import { checkBom } from './cyclonedx-rules.ts';
import { STATES } from './cyclonedx-vex.ts';

export type Bom = {
  readonly sbom: SbomCounts;
  /** Absent: it does not speak of vulnerabilities. */ readonly findings?: readonly Finding[];
  readonly beyond?: SeverityCounts;
};

/**
 * CycloneDX 1.0 to 1.7: components, and vulnerabilities as findings. Analysis states that clear a vulnerability
 * (`not_affected`, `false_positive`, `resolved`) are kept as VEX, and mark it suppressed.
 */
export function readBom(bom: JsonObject): Bom {
  if (textAt(bom, 'bomFormat') !== 'CycloneDX') throw new ReportFault('"bomFormat" is not "CycloneDX"');
  const specVersion = checkBom(bom);
  const components: JsonObject[] = [];
  const collect = (list: readonly JsonObject[] | null): void => {
    for (const component of list ?? []) {
      components.push(component);
      collect(objectsAt(component, 'components'));
    }
  };
  const listed = objectsAt(bom, 'components');
  collect(listed);
  const root = objectAt(objectAt(bom, 'metadata'), 'component');
  const vulnerabilities = objectsAt(bom, 'vulnerabilities');
  if (listed === null && vulnerabilities === null) throw new ReportFault('the bill of materials lists no components', 'empty');
  const purls = new Map([...components, ...(root === null ? [] : [root])].map((one) => [textAt(one, 'bom-ref'), textAt(one, 'purl')]));
  const findings = new FindingList();
  for (const vulnerability of vulnerabilities ?? []) addVulnerability(vulnerability, purls, findings);
  const withPurl = components.filter((component) => (textAt(component, 'purl') ?? '') !== '').length;
  return {
    sbom: { components: components.length, withPurl, specVersion },
    ...(vulnerabilities === null ? {} : findings.contents),
  };
}

function addVulnerability(vulnerability: JsonObject, purls: ReadonlyMap<string | null, string | null>, findings: FindingList): void {
  const id = textAt(vulnerability, 'id') ?? 'unknown';
  const vex = vexOf(objectAt(vulnerability, 'analysis'));
  const refs = (objectsAt(vulnerability, 'affects') ?? []).map((one) => textAt(one, 'ref'));
  // A vulnerability that names nothing it affects still counts once.
  for (const ref of refs.length === 0 ? [null] : refs) {
    const purl = purls.get(ref) ?? (ref?.startsWith('pkg:') ? ref : null);
    findings.add({
      tool: textAt(objectAt(vulnerability, 'source'), 'name') ?? 'cyclonedx',
      rule: id,
      severity: severityOf(vulnerability),
      location: purl ?? ref ?? '',
      file: purl ?? ref ?? '',
      identity: 'vulnerability',
      cve: /^(?:CVE|GHSA)-/i.test(id) ? id.slice(0, 100) : null,
      purl,
      cwe: cweOf(member(vulnerability, 'cwes')),
      aliases: (objectsAt(vulnerability, 'references') ?? []).flatMap((one) => textAt(one, 'id') ?? []),
      suppressed: vex?.status === 'not_affected' || vex?.status === 'fixed',
      vex,
      message: textAt(vulnerability, 'description') ?? textAt(vulnerability, 'detail') ?? id,
    });
  }
}

function vexOf(analysis: JsonObject | null): Vex | null {
  const status = STATES[textAt(analysis, 'state') ?? ''];
  if (status === undefined) return null;
  return { status, justification: textAt(analysis, 'justification'), statement: textAt(analysis, 'detail'), source: 'CycloneDX' };
}

function cweOf(list: unknown): number[] {
  return Array.isArray(list) ? list.filter((one): one is number => typeof one === 'number') : [];
}

/** The worst rating given. Without any it is taken as high: not rated is not harmless. */
function severityOf(vulnerability: JsonObject): Severity {
  const rated = (objectsAt(vulnerability, 'ratings') ?? []).flatMap((rating): Severity[] => {
    const word = textAt(rating, 'severity');
    const known = word === 'none' ? 'info' : SEVERITIES.find((severity) => severity === word);
    if (known !== undefined) return [known];
    const score = member(rating, 'score');
    return typeof score === 'number' ? [severityOfScore(score)] : [];
  });
  return SEVERITIES.find((severity) => rated.includes(severity)) ?? 'high';
}
