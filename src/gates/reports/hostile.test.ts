import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ReportKind } from './model.ts';
import { readReport } from './read.ts';
import { TOO_LONG_MS } from '../../testing/patience.ts';

async function* bytes(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536);
}
async function* repeated(head: string, piece: string, times: number, tail = ''): AsyncGenerator<Uint8Array> {
  yield Buffer.from(head);
  const block = Buffer.from(piece.repeat(1000));
  for (let done = 0; done < times; done += 1000) yield block;
  yield Buffer.from(tail);
}

/** Work done by this process: unlike the clock it does not run while others do. */
const cpuMs = () => process.cpuUsage().user / 1000;

const lol = (body: string) =>
  `<?xml version="1.0"?><!DOCTYPE coverage [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]><testsuite><testcase name="${body}"/></testsuite>`;

test.each<[string, string]>([
  ['an entity', lol('&b;')],
  ['an external entity', '<!DOCTYPE testsuite [<!ENTITY x SYSTEM "file:///etc/passwd">]><testsuite><testcase name="&x;"/></testsuite>'],
  ['a parameter entity', '<!DOCTYPE testsuite [<!ENTITY % x SYSTEM "http://127.0.0.1:1/"> %x;]><testsuite><testcase/></testsuite>'],
  ['an external DTD', '<!DOCTYPE testsuite SYSTEM "http://127.0.0.1:1/x.dtd"><testsuite><testcase/></testsuite>'],
  ['an undefined entity', '<testsuite><testcase name="&nbsp;"/></testsuite>'],
  ['a default attribute', '<!DOCTYPE testsuite [<!ATTLIST testcase status CDATA "passed">]><testsuite><testcase/></testsuite>'],
])('%s is refused', async (_, xml) => {
  expect(await readReport('junit', bytes(Buffer.from(xml)))).toMatchObject({ state: 'unreadable' });
});

test('the known DTD of Cobertura is passed over only without an internal part and only for Cobertura', async () => {
  const body = '<coverage><class filename="a"><line number="1" hits="1"/></class></coverage>';
  const doctype = (rest: string) => `<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd"${rest}>`;
  const state = async (kind: ReportKind, xml: string) => (await readReport(kind, bytes(Buffer.from(xml)))).state;
  expect(await state('cobertura', doctype('') + body)).toBe('ok');
  expect(await state('cobertura', doctype(' [<!ENTITY a "b">]') + body)).toBe('unreadable');
  expect(await state('cobertura', doctype('').replace('cobertura.sourceforge.net', 'evil.example') + body)).toBe('unreadable');
  expect(await state('junit', `${doctype('')}<testsuite><testcase/></testsuite>`)).toBe('unreadable');
});

test.each<[string, () => AsyncGenerator<Uint8Array>, ReportKind]>([
  ['deep nesting', () => repeated('<testsuite>', '<testsuite>', 1_000_000), 'junit'],
  ['an attribute without end', () => repeated('<testsuite name="', 'a'.repeat(50), 1_000_000), 'junit'],
  ['a text without end', () => repeated('<testsuite><testcase><failure>', '&amp;'.repeat(20), 1_000_000), 'junit'],
  ['a comment without end', () => repeated('<testsuite><!--', 'a'.repeat(50), 1_000_000), 'junit'],
  [
    'a thousand attributes and more',
    () => repeated('<testsuite ', '', 0, Array.from({ length: 2000 }, (_, i) => `a${i}="1"`).join(' ') + '><testcase/></testsuite>'),
    'junit',
  ],
  ['deep JSON', () => repeated('{"version":"2.1.0","runs":', '[', 10_000_000), 'sarif'],
  ['an object of a million members', () => repeated('{"a":1', ',"b":2', 1_000_000), 'auto'],
  ['a document of millions of values', () => repeated('{"a":[1', ',2', 7_000_000), 'auto'],
  ['a cell without end', () => repeated('Title,Severity\n"', 'a'.repeat(100), 1_000_000), 'auto'],
  ['a line without end', () => repeated('SF:', 'a'.repeat(100), 1_000_000), 'lcov'],
])(
  '%s is refused in under two seconds of work',
  async (_, make, kind) => {
    const before = cpuMs();
    expect(await readReport(kind, make())).toMatchObject({ state: 'unreadable' });
    expect(cpuMs() - before).toBeLessThan(TOO_LONG_MS);
  },
  60_000,
);

test('a file larger than the limit is refused, whatever it holds', async () => {
  const reading = await readReport('lcov', repeated('TN:\n', `#${'a'.repeat(100_000)}\n`, 3_000));
  expect(reading).toMatchObject({ state: 'unreadable', reason: 'the file is larger than 200 MB' });
}, 600_000);

const corpus = join(process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus', 'parsers-xml');

test.skipIf(!existsSync(corpus))(
  'hostile XML: nothing passes as a report, hangs or crashes',
  async () => {
    const files = readdirSync(corpus, { recursive: true, encoding: 'utf8' })
      .map((name) => join(corpus, name))
      .filter((path) => statSync(path).isFile());
    expect(files.length).toBeGreaterThan(100);
    for (const file of files) {
      for (const kind of ['junit', 'cobertura', 'cyclonedx'] as const) {
        const before = cpuMs();
        const reading = await readReport(kind, bytes(readFileSync(file)));
        expect(reading.state, file).not.toBe('ok');
        expect(cpuMs() - before, file).toBeLessThan(TOO_LONG_MS);
      }
    }
  },
  60_000,
);

const json = join(process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus', 'parsers-json');

test.skipIf(!existsSync(json))('hostile JSON: nothing passes as a report, hangs or crashes', async () => {
  const files = readdirSync(json, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));
  expect(files.length).toBeGreaterThan(50);
  for (const file of files) {
    const reading = await readReport('sarif', bytes(readFileSync(join(json, file))));
    expect(reading.state, file).not.toBe('ok');
  }
});

const others = process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus';

test.skipIf(!existsSync(others))(
  'hostile XML, JSON, YAML, archives, patterns and strings: as a report of any kind nothing passes, escapes or takes a second',
  async () => {
    const folders = ['parsers-xml', 'parsers-json', 'parsers-yaml', 'archives', 'regex', 'strings'].filter((name) =>
      existsSync(join(others, name)),
    );
    let looked = 0;
    for (const folder of folders)
      for (const name of readdirSync(join(others, folder), { recursive: true, encoding: 'utf8' })) {
        const file = join(others, folder, name);
        if (!statSync(file).isFile()) continue;
        const before = cpuMs();
        const reading = await readReport('auto', bytes(readFileSync(file)));
        expect(reading.state, file).not.toBe('ok');
        expect(cpuMs() - before, file).toBeLessThan(TOO_LONG_MS);
        looked++;
      }
    expect(looked).toBeGreaterThan(500);
  },
  60_000,
);
