import { severityOfScore } from '../finding.ts';
import type { JsonObject } from '../json.ts';
import { member, numberAt, objectAt, objectsAt, objectsIn, textAt } from '../json.ts';
import type { ByteStream, Contents, Severity } from '../model.ts';
import type { XmlNode } from '../xml-records.ts';
import { child, childrenOf, readRecords, textOf } from '../xml-records.ts';
import { cweIn, objectFormat, Scan, severityOf } from './scan.ts';

/**
 * OWASP Dependency-Check's XML: each vulnerability of each dependency, also of those that it found to be the same as
 * another (related, since 6.0 with their names). What a suppression file lifted is none.
 */
export async function readDependencyCheckXml(bytes: ByteStream): Promise<Contents> {
  const scan = new Scan('dependency-check');
  await readRecords(bytes, {
    isRecord: (name) => name === 'dependency',
    record(node) {
      const vulnerabilities = child(node, 'vulnerabilities');
      if (vulnerabilities === null) return;
      const related = childrenOf(child(node, 'relatedDependencies'), 'relatedDependency').filter((one) => textOf(one, 'fileName') !== null);
      for (const one of childrenOf(vulnerabilities, 'vulnerability')) for (const holder of [node, ...related]) add(scan, one, holder, node);
    },
  });
  return scan.contents;
}

function add(scan: Scan, one: XmlNode, holder: XmlNode, dependency: XmlNode): void {
  const name = textOf(one, 'name') ?? 'unknown';
  const file = textOf(holder, 'fileName') ?? textOf(holder, 'filePath') ?? '';
  const identifiers = [holder, dependency].flatMap((each) => child(each, 'identifiers')?.children ?? []);
  const purl = identifiers.map((each) => textOf(each, 'id') ?? '').find((id) => id.startsWith('pkg:'));
  const cwes = [textOf(one, 'cwe'), ...childrenOf(child(one, 'cwes'), 'cwe').map((each) => each.text.trim())];
  scan.add({
    rule: name,
    severity: rating(textOf(one, 'severity'), [
      textOf(one, 'cvssV3', 'baseScore'),
      textOf(one, 'cvssV4', 'baseScore'),
      textOf(one, 'cvssV2', 'score'),
      textOf(one, 'cvssScore'),
    ]),
    message: textOf(one, 'description') ?? name,
    file: textOf(holder, 'filePath') ?? file,
    identity: file,
    names: [name],
    purl: purl ?? null,
    component: file,
    cwe: cweIn(cwes.filter((each) => each !== null)),
    once: [name, cwes, file.toLowerCase()],
  });
}

function rating(word: string | null, scores: readonly (string | null)[]): Severity {
  const score = scores.find((one) => one !== null && /^\d{1,2}(?:\.\d+)?$/.test(one));
  return word === null || word === ''
    ? score === undefined || score === null
      ? 'high'
      : severityOfScore(Number(score))
    : severityOf(word);
}

/** The same as JSON. */
export const dependencyCheckJson = objectFormat(
  'dependency-check',
  'dependency-check',
  (root) => Array.isArray(root['dependencies']) && objectAt(root, 'scanInfo') !== null,
  (scan, root) => {
    for (const dependency of objectsAt(root, 'dependencies') ?? []) {
      // As in the XML: what was found to be the same as this one has its weaknesses too.
      const related = (objectsAt(dependency, 'relatedDependencies') ?? []).filter((one) => textAt(one, 'fileName') !== null);
      for (const one of objectsAt(dependency, 'vulnerabilities') ?? [])
        for (const holder of [dependency, ...related]) addJson(scan, one, holder, dependency);
    }
  },
);

function addJson(scan: Scan, one: JsonObject, holder: JsonObject, dependency: JsonObject): void {
  const file = textAt(holder, 'fileName') ?? '';
  const packages = [holder, dependency].flatMap((each) => [
    ...objectsIn(member(each, 'packages')),
    ...objectsIn(member(each, 'packageIds')),
  ]);
  const purl = packages.map((each) => textAt(each, 'id') ?? '').find((id) => id.startsWith('pkg:'));
  const score = numberAt(objectAt(one, 'cvssv3'), 'baseScore') ?? numberAt(objectAt(one, 'cvssv4'), 'baseScore');
  scan.add({
    rule: textAt(one, 'name') ?? 'unknown',
    severity: severityOf(textAt(one, 'severity') ?? textAt(objectAt(one, 'cvssv3'), 'baseSeverity'), severityOfScore(score ?? 7)),
    message: textAt(one, 'description') ?? '',
    file: textAt(holder, 'filePath') ?? file,
    identity: file,
    names: [textAt(one, 'name')],
    purl: purl ?? null,
    component: file,
    cwe: cweIn(member(one, 'cwes')),
    once: [textAt(one, 'name'), member(one, 'cwes') ?? null, file.toLowerCase()],
  });
}
