import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const corpus = process.env['YARDMASTER_CORPUS'] ?? join(import.meta.dirname, '../../../../shared/corpus');

/** Each wants to become script, a link that runs, a broken page or a broken line. Every one calls `alert` where it succeeds. */
const OURS: readonly string[] = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(2)>',
  "';alert(3)//",
  '<svg/onload=alert(4)>',
  'javascript:alert(5)',
  'JaVaScRiPt:alert(6)',
  'java\tscript:alert(7)',
  'data:text/html,<script>alert(8)</script>',
  'vbscript:alert(9)',
  '[click me](javascript:alert(10))',
  '{{constructor.constructor("alert(11)")()}}',
  '${alert(12)}',
  '<a href="javascript:alert(13)">x</a>',
  '</title><script>alert(14)</script>',
  '</textarea><script>alert(15)</script>',
  '<iframe srcdoc="<script>parent.alert(16)</script>">',
  '<math><mtext><style><img src=x onerror=alert(17)></style></mtext></math>',
  '\u202Etxt.exe.gpj\u202C right to left',
  'ﷺ'.repeat(60),
  'Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞',
  'W'.repeat(290),
  '👩‍👩‍👧‍👦'.repeat(20),
  '__proto__',
  'constructor',
  'toString',
  '=HYPERLINK("http://127.0.0.1:9/","click")',
  '+cmd|calc',
  '@SUM(1)',
  '\u001b[31mred\u001b[0m \u001b]8;;javascript:alert(18)\u0007link\u001b]8;;\u0007',
  '%s%s%n%x',
  '../../../../etc/passwd',
  "Robert'); DROP TABLE release;--",
  '<!--',
  ']]>',
  '&lt;script&gt;alert(19)&lt;/script&gt;',
];

/** Our strings and, where the corpus is at hand, the big list of naughty strings: none empty, none longer than a line may be. */
export function hostileStrings(): string[] {
  const file = join(corpus, 'strings/blns/blns.json');
  const naughty = [file, join(corpus, 'strings/blns.json')].find((path) => existsSync(path));
  const theirs = naughty === undefined ? [] : (JSON.parse(readFileSync(naughty, 'utf8')) as string[]);
  return [...OURS, ...theirs]
    .map((text) => text.slice(0, 290))
    .filter((text) => text.trim() !== '' && text.isWellFormed() && !text.includes('\0'));
}

const PIPELINE = `name: clock
on:
  push: { branches: [main] }
jobs:
  test:
    steps:
      - name: say what others wrote
        run: node hostile.mjs
    reports:
      - { kind: junit, path: reports/junit.xml }
      - { kind: sarif, path: reports/findings.sarif }
      - { kind: cyclonedx, path: reports/bom.json }
  package:
    needs: [test]
    steps:
      - name: collect
        run: mkdir -p dist && cp server.mjs mark.txt package.json package-lock.json dist/
    artifacts:
      - { name: clock, path: dist }
`;

const SCRIPT = `import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
const strings = JSON.parse(readFileSync('hostile.json', 'utf8'));
const xml = (text) => text.replace(/[^\\t\\n\\r\\u0020-\\uD7FF\\uE000-\\uFFFD\\u{10000}-\\u{10FFFF}]/gu, '?').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
mkdirSync('reports', { recursive: true });
const cases = strings.map((text, at) => '<testcase classname="' + xml(text) + '" name="' + xml(text) + ' ' + at + '" time="0.001">' + (at % 7 === 0 ? '<skipped message="' + xml(text) + '"/>' : '') + '<system-out>' + xml(text) + '</system-out></testcase>');
writeFileSync('reports/junit.xml', '<testsuite name="' + xml(strings[0]) + '" tests="' + cases.length + '">' + cases.join('') + '</testsuite>');
writeFileSync('reports/findings.sarif', JSON.stringify({ version: '2.1.0', $schema: 'https://json.schemastore.org/sarif-2.1.0.json', runs: [{ tool: { driver: { name: strings[1], informationUri: 'javascript:alert(20)', rules: strings.slice(0, 60).map((text, at) => ({ id: 'R' + at + ' ' + text, helpUri: 'javascript:alert(21)', shortDescription: { text } })) } }, results: strings.slice(0, 200).map((text, at) => ({ ruleId: 'R' + (at % 60) + ' ' + strings[at % 60], level: 'note', message: { text }, locations: [{ physicalLocation: { artifactLocation: { uri: text.replaceAll('\\\\', '/') }, region: { startLine: 1 } } }] })) }] }));
writeFileSync('reports/bom.json', JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.6', version: 1, components: strings.slice(0, 100).map((text, at) => ({ type: 'library', name: text, version: '1.0.' + at, 'bom-ref': 'c' + at, externalReferences: [{ type: 'website', url: 'javascript:alert(22)' }] })) }));
for (const text of strings) console.log(text);
`;

/** Makes the next commit of a repository one whose run says everything that outsiders could. */
export function makeHostile(repository: string, strings: readonly string[]): void {
  writeFileSync(join(repository, '.yardmaster/pipeline.yaml'), PIPELINE);
  writeFileSync(join(repository, 'hostile.mjs'), SCRIPT);
  writeFileSync(join(repository, 'hostile.json'), JSON.stringify(strings));
}
