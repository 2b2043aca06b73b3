import type { JsonObject } from '../json.ts';
import { asObject, member, objectAt, objectsAt, objectsIn, textAt } from '../json.ts';
import { cweIn, lineAt, listFormat, objectFormat, severityOf, streamFormat, texts, word, type Scan } from './scan.ts';

/** npm audit since npm 7 (`auditReportVersion` 2): one finding for each package that is vulnerable, also through others. */
export const npmAudit = objectFormat(
  'npm-audit',
  'npm audit',
  (root) =>
    root['auditReportVersion'] !== undefined ||
    (objectAt(root, 'vulnerabilities') !== null &&
      Object.values(objectAt(root, 'vulnerabilities') ?? {}).some((one) => Array.isArray(member(asObject(one), 'via')))),
  (scan, root) => {
    for (const [name, value] of Object.entries(objectAt(root, 'vulnerabilities') ?? {})) {
      const one = asObject(value);
      const via = objectsIn(member(one, 'via'));
      const range = textAt(one, 'range') ?? '';
      const through = texts(member(one, 'via'));
      const advisories = via.map((each) => textAt(each, 'url')?.split('/').at(-1) ?? word(each, 'source'));
      const fix = member(one, 'fixAvailable');
      scan.add({
        rule: advisories.find((id) => id !== null && id !== undefined) ?? `via ${through.join(', ')}`,
        severity: severityOf(textAt(one, 'severity')),
        message:
          via.length === 0
            ? `${name} ${range} depends on ${through.join(', ')}`
            : via.map((each) => textAt(each, 'title') ?? '').join('; '),
        file: texts(member(one, 'nodes'))[0] ?? null,
        identity: name,
        names: advisories.flatMap((id) => id ?? []),
        component: `${name} ${range}`.trim(),
        fixedIn: asObject(fix) === null ? null : `${textAt(asObject(fix), 'name') ?? ''}@${textAt(asObject(fix), 'version') ?? ''}`,
        cwe: via.flatMap((each) => cweIn(member(each, 'cwe'))),
      });
    }
  },
);

function advisory(scan: Scan, one: JsonObject, fallbackVersion: string | null = null): void {
  const name = textAt(one, 'module_name') ?? '';
  const findings = objectsAt(one, 'findings') ?? [];
  const version = textAt(findings[0], 'version') ?? fallbackVersion ?? '';
  const id = textAt(one, 'github_advisory_id') ?? word(one, 'id') ?? 'unknown';
  scan.add({
    rule: id,
    severity: severityOf(textAt(one, 'severity')),
    message: textAt(one, 'title') ?? textAt(one, 'overview') ?? id,
    file: texts(member(findings[0], 'paths'))[0] ?? null,
    identity: [name, id],
    once: [textAt(one, 'title'), name, word(one, 'id')],
    names: [textAt(one, 'github_advisory_id'), ...texts(member(one, 'cves'))],
    purl: version === '' ? null : `pkg:npm/${name.replace(/^@/, '%40')}@${version}`,
    component: `${name}@${version}`,
    fixedIn: textAt(one, 'patched_versions'),
    cwe: cweIn(member(one, 'cwe')),
  });
}

/** npm audit of npm 6, pnpm audit, and yarn npm audit --json of Yarn 2 to 3: `advisories` by number. */
export const npmAudit6 = objectFormat(
  'npm-audit-6',
  'npm audit',
  (root) => objectAt(root, 'advisories') !== null && (root['metadata'] !== undefined || root['actions'] !== undefined),
  (scan, root) => {
    for (const one of Object.values(objectAt(root, 'advisories') ?? {})) advisory(scan, asObject(one) ?? {});
  },
);

/** yarn audit --json of Yarn 1: lines; and of Yarn 4: a tree of advisories, one in a line. */
export const yarnAudit = streamFormat(
  'yarn-audit',
  'yarn audit',
  (_, { values }) => values.some((value) => isYarn(asObject(value))),
  (scan, lines) => {
    for (const line of lines) {
      const children = objectAt(line, 'children');
      if (textAt(line, 'type') === 'auditAdvisory') advisory(scan, objectAt(objectAt(line, 'data'), 'advisory') ?? {});
      else if (children !== null) {
        const name = textAt(line, 'value') ?? '';
        const versions = texts(member(children, 'Tree Versions'));
        const url = textAt(children, 'URL');
        scan.add({
          rule: url?.split('/').at(-1) ?? word(children, 'ID') ?? 'unknown',
          severity: severityOf(textAt(children, 'Severity')),
          message: textAt(children, 'Issue') ?? '',
          identity: [name, word(children, 'ID')],
          names: [url?.split('/').at(-1) ?? null],
          component: `${name}@${versions.join(', ')}`,
          purl: versions[0] === undefined ? null : `pkg:npm/${name.replace(/^@/, '%40')}@${versions[0]}`,
        });
      }
    }
  },
);

function isYarn(line: JsonObject | null): boolean {
  const tree = textAt(line, 'value') !== null && textAt(objectAt(line, 'children'), 'Severity') !== null;
  return tree || ['auditAdvisory', 'auditSummary', 'auditAction'].includes(textAt(line, 'type') ?? '');
}

/** ESLint's JSON formatter: each message; a parsing error has no rule and counts as an error. */
export const eslint = listFormat(
  'eslint',
  'eslint',
  (root) => textAt(root, 'filePath') !== null && Array.isArray(root['messages']),
  (scan, files) => {
    for (const file of files)
      for (const message of objectsAt(file, 'messages') ?? [])
        scan.add({
          rule: textAt(message, 'ruleId') ?? 'parsing-error',
          severity: member(message, 'severity') === 1 ? 'medium' : member(message, 'severity') === 0 ? 'info' : 'high',
          message: textAt(message, 'message') ?? '',
          file: textAt(file, 'filePath'),
          line: lineAt(message, 'line'),
        });
  },
);
