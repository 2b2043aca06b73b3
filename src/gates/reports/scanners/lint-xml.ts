import type { ByteStream, Contents, Severity } from '../model.ts';
import { wholeNumber } from '../text.ts';
import { child, childrenOf, readRecords, textOf } from '../xml-records.ts';
import { cweIn, Scan, severityOf } from './scan.ts';

/** SpotBugs' XML: each `BugInstance` that its hash tells apart. Priority 1 is the worst; correctness and security weigh as it says. */
export async function readSpotBugs(bytes: ByteStream): Promise<Contents> {
  const scan = new Scan('spotbugs');
  await readRecords(bytes, {
    isRecord: (name) => name === 'BugInstance',
    record(node) {
      const { attributes } = node;
      const line = childrenOf(node, 'SourceLine')[0] ?? child(child(node, 'Method') ?? child(node, 'Class'), 'SourceLine');
      const type = attributes['type'] ?? 'unknown';
      const hash = attributes['instanceHash'];
      scan.add({
        rule: type,
        ...(hash === undefined ? {} : { once: [type, hash] }),
        severity: ({ 1: 'high', 2: 'medium', 3: 'low' } as const)[attributes['priority'] ?? ''] ?? 'info',
        message:
          textOf(node, 'ShortMessage') ??
          textOf(node, 'LongMessage') ??
          `${type} in ${child(node, 'Class')?.attributes['classname'] ?? ''}`,
        file: line?.attributes['sourcepath'] ?? child(node, 'Class')?.attributes['classname'] ?? null,
        line: wholeNumber(line?.attributes['start']),
        identity: hash ?? [
          child(node, 'Class')?.attributes['classname'],
          child(node, 'Method')?.attributes['name'],
          child(node, 'Field')?.attributes['name'],
        ],
        cwe: cweIn(wholeNumber(attributes['cweid']) ?? []),
      });
    },
  });
  return scan.contents;
}

/** Checkstyle's XML, which many linters write: each `<error>` of a `<file>`. */
export async function readCheckstyle(bytes: ByteStream): Promise<Contents> {
  const scan = new Scan('checkstyle');
  let file = '';
  await readRecords(bytes, {
    isRecord: (name) => name === 'error',
    open(name, attributes) {
      if (name === 'file') file = attributes['name'] ?? '';
    },
    record({ attributes }) {
      const severity = severityOf(attributes['severity']);
      scan.add({
        rule: attributes['source'] ?? 'unknown',
        severity,
        message: attributes['message'] ?? '',
        file,
        line: wholeNumber(attributes['line']),
      });
    },
  });
  return scan.contents;
}

const PRIORITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low', 'info'];

/** PMD's XML: each `<violation>` of a `<file>`. */
export async function readPmd(bytes: ByteStream): Promise<Contents> {
  const scan = new Scan('pmd');
  let file = '';
  await readRecords(bytes, {
    isRecord: (name) => name === 'violation',
    open(name, attributes) {
      if (name === 'file') file = attributes['name'] ?? '';
    },
    record({ attributes, text }) {
      const severity = PRIORITIES[Number(attributes['priority'] ?? 3) - 1] ?? 'medium';
      scan.add({
        rule: `${attributes['ruleset'] ?? ''}/${attributes['rule'] ?? ''}`,
        severity,
        message: text.trim(),
        file,
        line: wholeNumber(attributes['beginline']),
      });
    },
  });
  return scan.contents;
}

/** Cppcheck's XML (version 2): each `<error>` with its first place. */
export async function readCppcheck(bytes: ByteStream): Promise<Contents> {
  const scan = new Scan('cppcheck');
  await readRecords(bytes, {
    isRecord: (name, path) => name === 'error' && path.at(-1) === 'errors',
    record(node) {
      const { attributes } = node;
      const place = child(node, 'location')?.attributes;
      // What it says of itself (a file that was not there) has no place and the severity information.
      scan.add({
        rule: attributes['id'] ?? 'unknown',
        severity:
          ({ error: 'high', warning: 'medium' }[attributes['severity'] ?? ''] as Severity | undefined) ??
          severityOf(attributes['severity'], 'low'),
        message: attributes['msg'] ?? '',
        file: place?.['file'] ?? attributes['file0'] ?? null,
        line: wholeNumber(place?.['line']),
        identity: attributes['verbose'] ?? attributes['msg'],
        cwe: cweIn(wholeNumber(attributes['cwe']) ?? []),
      });
    },
  });
  return scan.contents;
}
