import { member, objectAt, objectsAt, objectsIn, textAt } from '../json.ts';
import { cweIn, objectFormat, severityOf, texts } from './scan.ts';

/** Grype's JSON (anchore): one finding for each vulnerability in each version of a component, wherever its files lie. */
export const grype = objectFormat(
  'grype',
  'grype',
  (root) =>
    Array.isArray(root['matches']) &&
    (textAt(objectAt(root, 'descriptor'), 'name') === 'grype' ||
      objectsIn(root['matches']).every((match) => objectAt(match, 'artifact') !== null)),
  (scan, root) => {
    // What Grype was told to ignore (`ignoredMatches`) is no match.
    for (const match of objectsAt(root, 'matches') ?? []) {
      const vulnerability = objectAt(match, 'vulnerability');
      const artifact = objectAt(match, 'artifact');
      const related = objectsAt(match, 'relatedVulnerabilities') ?? [];
      const id = textAt(vulnerability, 'id') ?? 'unknown';
      const [name, version] = [textAt(artifact, 'name') ?? '', textAt(artifact, 'version') ?? ''];
      const words = [vulnerability, ...related].map((one) => textAt(one, 'description')).find((one) => one !== null && one !== '');
      scan.add({
        rule: id,
        severity: severityOf(textAt(vulnerability, 'severity')),
        message: words ?? `${id} in ${name} ${version}`,
        file: textAt((objectsAt(artifact, 'locations') ?? [])[0], 'path'),
        identity: [name, version],
        once: [id, name, version],
        names: [id, ...related.map((one) => textAt(one, 'id'))],
        purl: textAt(artifact, 'purl'),
        component: `${name}@${version}`,
        fixedIn: texts(member(objectAt(vulnerability, 'fix'), 'versions')).join(', '),
        cwe: objectsIn(member(vulnerability, 'cwes')).flatMap((one) => cweIn(member(one, 'cwe'))),
      });
    }
  },
);
