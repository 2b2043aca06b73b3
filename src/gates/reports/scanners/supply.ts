import { asObject, member, objectAt, objectsAt, objectsIn, textAt } from '../json.ts';
import type { JsonObject } from '../json.ts';
import { severityOfScore } from '../finding.ts';
import type { Severity } from '../model.ts';
import { cweIn, objectFormat, scannerFormat, severityOf, texts, word, type Scan } from './scan.ts';

/** cargo audit's JSON: vulnerabilities. Its warnings (unmaintained, yanked) are none. */
export const cargoAudit = objectFormat(
  'cargo-audit',
  'cargo audit',
  (root) =>
    Array.isArray(member(objectAt(root, 'vulnerabilities'), 'list')) && (root['lockfile'] !== undefined || root['database'] !== undefined),
  (scan, root) => {
    for (const one of objectsAt(objectAt(root, 'vulnerabilities'), 'list') ?? []) {
      const advisory = objectAt(one, 'advisory');
      const [name, version] = [textAt(objectAt(one, 'package'), 'name') ?? '', textAt(objectAt(one, 'package'), 'version') ?? ''];
      const id = textAt(advisory, 'id') ?? 'unknown';
      scan.add({
        rule: id,
        severity: severityOfVector(textAt(advisory, 'cvss')) ?? 'high',
        message: textAt(advisory, 'title') ?? textAt(advisory, 'description') ?? id,
        identity: [name, version],
        names: [id, ...texts(member(advisory, 'aliases'))],
        purl: `pkg:cargo/${name}@${version}`,
        component: `${name}@${version}`,
        fixedIn: texts(member(objectAt(one, 'versions'), 'patched')).join(', '),
      });
    }
  },
);

/** The severity of a CVSS 3 vector (FIRST, CVSS 3.1 section 7), or null where it is none. */
export function severityOfVector(vector: string | null): Severity | null {
  const score = vector === null ? null : cvss3(vector);
  return score === null ? null : severityOfScore(score);
}

const WEIGHTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AV: { N: 0.85, A: 0.62, L: 0.55, P: 0.2 },
  AC: { L: 0.77, H: 0.44 },
  UI: { N: 0.85, R: 0.62 },
  C: { H: 0.56, L: 0.22, N: 0 },
  I: { H: 0.56, L: 0.22, N: 0 },
  A: { H: 0.56, L: 0.22, N: 0 },
};

function cvss3(vector: string): number | null {
  if (!/^CVSS:3\.[01]\//.test(vector) || vector.length > 200) return null;
  const parts = new Map(
    vector
      .split('/')
      .slice(1)
      .map((part) => part.split(':', 2) as [string, string]),
  );
  const changed = parts.get('S') === 'C';
  const weight = (key: string): number => WEIGHTS[key]?.[parts.get(key) ?? ''] ?? Number.NaN;
  const rights = { N: 0.85, L: changed ? 0.68 : 0.62, H: changed ? 0.5 : 0.27 }[parts.get('PR') ?? ''] ?? Number.NaN;
  const base = 1 - (1 - weight('C')) * (1 - weight('I')) * (1 - weight('A'));
  const impact = changed ? 7.52 * (base - 0.029) - 3.25 * (base - 0.02) ** 15 : 6.42 * base;
  const reach = 8.22 * weight('AV') * weight('AC') * rights * weight('UI');
  if (Number.isNaN(impact) || Number.isNaN(reach)) return null;
  return impact <= 0 ? 0 : roundUp(Math.min((changed ? 1.08 : 1) * (impact + reach), 10));
}

/** Roundup of the specification (appendix A): to one digit, in whole numbers so that no float creeps in. */
function roundUp(value: number): number {
  const whole = Math.round(value * 100_000);
  return whole % 10_000 === 0 ? whole / 100_000 : (Math.floor(whole / 10_000) + 1) / 10;
}

/** OSV-Scanner's JSON: each vulnerability of each package. */
export const osvScanner = objectFormat(
  'osv-scanner',
  'osv-scanner',
  (root) =>
    Array.isArray(root['results']) &&
    (objectsIn(root['results']).some((one) => Array.isArray(one['packages'])) || root['experimental_config'] !== undefined),
  (scan, root) => {
    for (const result of objectsAt(root, 'results') ?? [])
      for (const one of objectsAt(result, 'packages') ?? [])
        for (const vulnerability of objectsAt(one, 'vulnerabilities') ?? [])
          osv(scan, vulnerability, objectAt(one, 'package'), textAt(objectAt(result, 'source'), 'path'));
  },
);

const ECOSYSTEMS: Readonly<Record<string, string>> = {
  'npm': 'npm', 'pypi': 'pypi', 'go': 'golang', 'crates.io': 'cargo', 'maven': 'maven', 'nuget': 'nuget', 'packagist': 'composer', 'rubygems': 'gem', 'hex': 'hex', 'pub': 'pub',
}; // prettier-ignore

function osv(scan: Scan, one: JsonObject, found: JsonObject | null, file: string | null): void {
  const id = textAt(one, 'id') ?? 'unknown';
  const [name, version, ecosystem] = [textAt(found, 'name') ?? '', textAt(found, 'version') ?? '', textAt(found, 'ecosystem') ?? ''];
  const specific = objectAt(one, 'database_specific');
  const scores = objectsIn(member(one, 'severity')).map((each) => severityOfVector(textAt(each, 'score')));
  const type = ECOSYSTEMS[ecosystem.toLowerCase().split(':', 1)[0] ?? ''];
  const fixed = objectsIn(member(one, 'affected')).flatMap((each) =>
    objectsIn(member(each, 'ranges')).flatMap((range) =>
      objectsIn(member(range, 'events')).flatMap((event) => textAt(event, 'fixed') ?? []),
    ),
  );
  scan.add({
    rule: id,
    severity: scores.find((each) => each !== null) ?? severityOf(textAt(specific, 'severity')),
    message: textAt(one, 'summary') ?? textAt(one, 'details') ?? id,
    file,
    identity: [name, version],
    names: [id, ...texts(member(one, 'aliases'))],
    purl: type === undefined ? null : `pkg:${type}/${type === 'maven' ? name.replace(':', '/') : name.replace(/^@/, '%40')}@${version}`,
    component: `${name}@${version}`,
    fixedIn: fixed.join(', '),
    cwe: [
      ...cweIn(member(specific, 'cwe_ids')),
      ...objectsIn(member(one, 'affected')).flatMap((each) =>
        objectsIn(member(objectAt(each, 'database_specific'), 'cwes')).flatMap((cwe) => cweIn(member(cwe, 'cweId'))),
      ),
    ],
  });
}

/** OWASP Dependency-Track's finding packaging format. */
export const dependencyTrack = objectFormat(
  'dependency-track',
  'dependency-track',
  (root) =>
    textAt(objectAt(root, 'meta'), 'application') === 'Dependency-Track' ||
    objectsIn(root['findings']).some((one) => objectAt(one, 'component') !== null && objectAt(one, 'vulnerability') !== null),
  (scan, root) => {
    for (const one of objectsAt(root, 'findings') ?? []) {
      const [component, vulnerability, analysis] = [objectAt(one, 'component'), objectAt(one, 'vulnerability'), objectAt(one, 'analysis')];
      const [name, version] = [textAt(component, 'name') ?? '', textAt(component, 'version') ?? ''];
      const aliases = objectsIn(member(vulnerability, 'aliases')).flatMap((each) =>
        Object.entries(each).flatMap(([key, value]) => (key.endsWith('Id') && typeof value === 'string' ? [value] : [])),
      );
      const id = textAt(vulnerability, 'vulnId') ?? 'unknown';
      scan.add({
        rule: id,
        severity: severityOf(textAt(vulnerability, 'severity')),
        message: textAt(vulnerability, 'title') ?? textAt(vulnerability, 'description') ?? `${id} in ${name} ${version}`,
        file: textAt(component, 'purl') ?? name,
        identity: [name, version],
        names: [id, ...aliases],
        purl: textAt(component, 'purl'),
        component: `${name}@${version}`,
        cwe: [
          ...cweIn(member(vulnerability, 'cweId')),
          ...objectsIn(member(vulnerability, 'cwes')).flatMap((each) => cweIn(member(each, 'cweId'))),
        ],
        suppressed: member(analysis, 'isSuppressed') === true,
      });
    }
  },
);

/** govulncheck's JSON: since 1.0 a stream of messages, before it one document. One finding for each vulnerability of a module. */
export const govulncheck = scannerFormat(
  'govulncheck',
  'govulncheck',
  (root, { values, list }) =>
    textAt(objectAt(root, 'config'), 'scanner_name') === 'govulncheck' ||
    Array.isArray(root['Vulns']) ||
    (root['Vulns'] === null && objectAt(root, 'Calls') !== null) ||
    (list ?? values).some((one) => textAt(objectAt(asObject(one), 'finding'), 'osv') !== null),
  (scan, root, { values, list }) => {
    for (const one of objectsIn(root['Vulns'])) {
      const entry = objectAt(one, 'OSV');
      if (entry === null) continue;
      const name = textAt(one, 'ModPath') ?? textAt(one, 'PkgPath') ?? '';
      goFinding(scan, entry, { name, version: '', fixed: null, once: textAt(entry, 'id') });
    }
    const messages = (list ?? values).map(asObject);
    const entries = new Map(
      messages
        .map((one) => objectAt(one, 'osv'))
        .filter((one) => one !== null)
        .map((one) => [textAt(one, 'id'), one]),
    );
    for (const one of messages.map((message) => objectAt(message, 'finding')).filter((each) => each !== null)) {
      const id = textAt(one, 'osv');
      const [frame] = objectsIn(member(one, 'trace'));
      const at = {
        name: textAt(frame, 'module') ?? '',
        version: textAt(frame, 'version') ?? '',
        fixed: textAt(one, 'fixed_version'),
        once: id,
      };
      goFinding(scan, entries.get(id) ?? { id: id ?? 'unknown' }, at);
    }
  },
);

function goFinding(scan: Scan, entry: JsonObject, at: { name: string; version: string; fixed: string | null; once: string | null }): void {
  const id = textAt(entry, 'id') ?? 'unknown';
  const { name, version, fixed, once } = at;
  scan.add({
    rule: id,
    // The Go vulnerability database rates nothing; others may add a severity to it.
    severity: severityOf(textAt(objectAt(entry, 'database_specific'), 'severity') ?? textAt(entry, 'severity'), 'info'),
    message: textAt(entry, 'summary') ?? textAt(entry, 'details') ?? id,
    identity: name,
    once,
    names: [id, ...texts(member(entry, 'aliases'))],
    purl: name === '' ? null : `pkg:golang/${name}${version === '' ? '' : `@${version}`}`,
    component: name,
    fixedIn: fixed,
  });
}

/** Snyk's JSON of `snyk test` (open source and container), one project or a list. What was filtered by policy is not told. */
export const snyk = scannerFormat(
  'snyk',
  'snyk',
  (root) =>
    Array.isArray(root['vulnerabilities']) &&
    (root['ok'] !== undefined || root['dependencyCount'] !== undefined || root['packageManager'] !== undefined),
  (scan, root, { list }) => {
    for (const project of list === null ? [root] : objectsIn(list)) {
      const file = textAt(project, 'displayTargetFile') ?? textAt(project, 'targetFile') ?? textAt(project, 'path');
      for (const one of objectsAt(project, 'vulnerabilities') ?? []) snykIssue(scan, one, file);
      for (const application of objectsAt(project, 'applications') ?? [])
        for (const one of objectsAt(application, 'vulnerabilities') ?? []) snykIssue(scan, one, textAt(application, 'targetFile') ?? file);
    }
  },
);

function snykIssue(scan: Scan, one: JsonObject, file: string | null): void {
  const id = textAt(one, 'id') ?? 'unknown';
  const [name, version] = [textAt(one, 'packageName') ?? textAt(one, 'moduleName') ?? '', textAt(one, 'version') ?? ''];
  const identifiers = objectAt(one, 'identifiers');
  scan.add({
    rule: id,
    severity: severityOf(textAt(one, 'severity')),
    message: textAt(one, 'title') ?? `${id} in ${name} ${version}`,
    file: file ?? '',
    identity: [name, version, texts(member(one, 'from')).join(' > ')],
    names: [...texts(member(identifiers, 'CVE')), ...texts(member(identifiers, 'GHSA'))],
    component: `${name}@${version}`,
    fixedIn: texts(member(one, 'fixedIn')).join(', '),
    cwe: cweIn(member(identifiers, 'CWE')),
  });
}

/** GitHub's Dependabot alerts: of the GraphQL API (`vulnerabilityAlerts`) and of the REST API. */
export const githubVulnerabilities = objectFormat(
  'github-vulnerabilities',
  'dependabot',
  (root) => objectAt(root, 'data') !== null && JSON.stringify(root).slice(0, 20_000).includes('"vulnerabilityAlerts"'),
  (scan, root) => {
    for (const alert of alertsIn(objectAt(root, 'data'), 0)) {
      const vulnerability = objectAt(alert, 'securityVulnerability');
      const advisory = objectAt(vulnerability, 'advisory');
      const name = textAt(objectAt(vulnerability, 'package'), 'name') ?? '';
      const names = objectsIn(member(advisory, 'identifiers')).map((each) => textAt(each, 'value'));
      scan.add({
        rule: textAt(advisory, 'ghsaId') ?? names.find((each) => each !== null) ?? textAt(alert, 'id') ?? 'unknown',
        severity: severityOf(textAt(vulnerability, 'severity') ?? textAt(advisory, 'severity')),
        message: textAt(advisory, 'summary') ?? textAt(advisory, 'description') ?? name,
        file: textAt(alert, 'vulnerableManifestPath'),
        identity: [name, textAt(alert, 'id') ?? word(alert, 'number')],
        names,
        component: `${name} ${textAt(alert, 'vulnerableRequirements') ?? ''}`.trim(),
        fixedIn: textAt(objectAt(vulnerability, 'firstPatchedVersion'), 'identifier'),
        cwe: objectsIn(member(objectAt(advisory, 'cwes'), 'nodes')).flatMap((each) => cweIn(member(each, 'cweId'))),
        suppressed: ['FIXED', 'DISMISSED'].includes(textAt(alert, 'state') ?? ''),
      });
    }
  },
);

/** The alerts of every repository of an answer, wherever the query put them. */
function alertsIn(value: unknown, depth: number): JsonObject[] {
  if (Array.isArray(value)) return value.flatMap((one) => alertsIn(one, depth));
  const object = asObject(value);
  if (object === null || depth > 6) return [];
  const own = objectsIn(member(objectAt(object, 'vulnerabilityAlerts'), 'nodes'));
  return [...own, ...Object.entries(object).flatMap(([key, inner]) => (key === 'vulnerabilityAlerts' ? [] : alertsIn(inner, depth + 1)))];
}
