import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAction } from '@actions/workflow-parser/actions/action-parser';
import { NoOperationTraceWriter } from '@actions/workflow-parser/templates/trace-writer';
import { afterAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';

// The small files for the CIs that teams have: read by GitHub's own parser where there is one, and run with a ym that
// writes down how it was called.

const root = join(import.meta.dirname, '../integrations');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const folder = mkdtempSync(join(tmpdir(), 'ym-integrations-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const ym = join(folder, 'ym');
writeFileSync(
  ym,
  `#!/bin/sh\nfor word in "$@"; do printf '[%s]' "$word" >> "${join(folder, 'calls')}"; done; echo >> "${join(folder, 'calls')}"\n`,
);
chmodSync(ym, 0o755);

function calls(file: string, env: Record<string, string>, command = 'bash'): { status: number | null; calls: string[] } {
  rmSync(join(folder, 'calls'), { force: true });
  const { status } = spawnSync(command, [file], { cwd: folder, env: { PATH: process.env['PATH'] ?? '', YM: ym, ...env } });
  try {
    return { status, calls: readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n') };
  } catch {
    return { status, calls: [] };
  }
}

const HOSTILE = '$(touch pwned) `touch pwned` "; touch pwned; \'.xml';

test('the action is one by the parser that GitHub itself uses, and a broken one is not', () => {
  const errors = (content: string): readonly unknown[] =>
    parseAction({ name: 'action.yml', content }, new NoOperationTraceWriter()).context.errors.getErrors();
  const text = read('github/action.yml');
  expect(errors(text)).toEqual([]);
  expect(errors(text.replace('using: composite', 'using: compost'))).not.toEqual([]);
  expect(errors(text.replace('    - shell: bash\n', '    - shellac: bash\n'))).not.toEqual([]);
});

test('no value of an input is ever text of a script', () => {
  const [, script = ''] = read('github/action.yml').split('      run: |');
  expect(script).not.toMatch(/\$\{\{/);
  const [, job = ''] = read('gitlab/templates/record.yml').split('  script:');
  expect(job).not.toMatch(/\$\[\[/);
  expect(read('jenkins/vars/yardmasterRecord.groovy')).toMatch(/sh 'bash \.yardmaster-record\.sh'/);
});

test('the script tells reports, artifact, attestation and state, each by its own line of ym', () => {
  const told = calls(join(root, 'record.sh'), {
    YM_REPORTS: 'junit=a b.xml\n\ncyclonedx=bom=1.json',
    YM_ARTIFACT: 'dist/shop.tar.gz',
    YM_ARTIFACT_NAME: 'shop',
    YM_ATTESTATION: 'p.json',
    YM_STATE: 'SUCCESS',
  });
  expect(told).toEqual({
    status: 0,
    calls: [
      '[record][report][a b.xml][--kind][junit]',
      '[record][report][bom=1.json][--kind][cyclonedx]',
      '[record][artifact][dist/shop.tar.gz][--name][shop]',
      '[record][attestation][p.json]',
      '[record][build][--state][succeeded]',
    ],
  });
  expect(calls(join(root, 'record.sh'), { YM_REFERENCE: 'r.example/shop@sha256:1' }).calls).toEqual([
    '[record][artifact][--reference][r.example/shop@sha256:1]',
  ]);
});

test.each([
  ['failure', 'failed'],
  ['UNSTABLE', 'failed'],
  ['ABORTED', 'cancelled'],
  ['Canceled', 'cancelled'],
  ['SucceededWithIssues', 'failed'],
])('%s of a CI is %s here', (theirs, ours) => {
  expect(calls(join(root, 'record.sh'), { YM_STATE: theirs }).calls).toEqual([`[record][build][--state][${ours}]`]);
});

test('what no CI says is refused, and a hostile name is a name', () => {
  expect(calls(join(root, 'record.sh'), { YM_STATE: 'splendid' }).status).toBe(2);
  expect(calls(join(root, 'record.sh'), { YM_REPORTS: 'junit.xml' }).status).toBe(2);
  const told = calls(join(root, 'record.sh'), { YM_REPORTS: `junit=${HOSTILE}`, YM_ARTIFACT: HOSTILE });
  expect(told.calls).toEqual([`[record][report][${HOSTILE}][--kind][junit]`, `[record][artifact][${HOSTILE}]`]);
  expect(execFileSync('ls', [folder]).toString()).not.toContain('pwned');
});

test('the Azure task hands its inputs on, and an empty path is none', () => {
  const task = JSON.parse(read('azure/YardmasterRecord/task.json')) as {
    inputs: { name: string }[];
    execution: Record<string, { target: string }>;
  };
  const script = read(`azure/YardmasterRecord/${task.execution['Node20_1']?.target ?? ''}`);
  for (const { name } of task.inputs) expect(script).toContain(`input('${name}')`);
  const told = calls(
    join(root, 'azure/YardmasterRecord/record.cjs'),
    {
      INPUT_URL: 'u',
      INPUT_SERVICE: 'shop',
      INPUT_TOKEN: 't',
      INPUT_STATE: 'Succeeded',
      INPUT_ARTIFACT: '/src',
      SYSTEM_DEFAULTWORKINGDIRECTORY: '/src',
      INPUT_REPORTS: 'junit=x.xml',
      INPUT_COMMAND: ym,
    },
    process.execPath,
  );
  expect(told).toEqual({ status: 0, calls: ['[record][report][x.xml][--kind][junit]', '[record][build][--state][succeeded]'] });
});

test('the GitLab component has the parts that GitLab asks for, and its script tells the same', () => {
  const [spec, jobs] = parseAllDocuments(read('gitlab/templates/record.yml')).map((one) => (one as { toJS(): unknown }).toJS()) as [
    { spec: { inputs: Record<string, unknown> } },
    Record<string, { script: string[]; id_tokens: unknown; variables: Record<string, string> }>,
  ];
  const job = jobs['yardmaster-record'];
  const used = [...read('gitlab/templates/record.yml').matchAll(/\$\[\[ inputs\.([a-z]+) \]\]/g)].map((match) => match[1]);
  expect(new Set(used)).toEqual(new Set(Object.keys(spec.spec.inputs)));
  const file = join(folder, 'gitlab.sh');
  writeFileSync(file, (job?.script[0] ?? '').replace('npx --yes yardmaster', '"$YM"'));
  const told = calls(file, { YM_REPORTS: `junit=${HOSTILE}`, YM_ARTIFACT: 'a', YM_STATE: 'succeeded' }, 'sh');
  expect(told.calls).toEqual([
    `[record][report][${HOSTILE}][--kind][junit]`,
    '[record][artifact][a]',
    '[record][build][--state][succeeded]',
  ]);
});

test('every copy of the script is the script', () => {
  for (const copy of ['jenkins/resources/yardmaster/record.sh', 'azure/YardmasterRecord/record.sh'])
    expect(read(copy)).toBe(read('record.sh'));
});

test('the guide of each of them names every input that there is, and none that is not', () => {
  const azure = JSON.parse(read('azure/YardmasterRecord/task.json')) as { inputs: { name: string; required: boolean }[] };
  const [{ spec }] = parseAllDocuments(read('gitlab/templates/record.yml')).map((one) => one.toJS() as unknown) as [
    { spec: { inputs: Record<string, { default?: string } | null> } },
  ];
  const [github] = parseAllDocuments(read('github/action.yml')).map(
    (one) => one.toJS() as { inputs: Record<string, { required: boolean }> },
  );
  const jenkins = new Set([...read('jenkins/vars/yardmasterRecord.groovy').matchAll(/options\.(\w+)/g)].map(([, name = '']) => name));
  const there: Record<string, readonly string[]> = {
    github: Object.keys(github?.inputs ?? {}),
    gitlab: Object.keys(spec.inputs),
    azure: azure.inputs.map((one) => one.name),
    jenkins: [...jenkins],
  };
  for (const [vendor, names] of Object.entries(there)) {
    const told = [...read(`${vendor}/README.md`).matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name);
    expect(told.toSorted(), vendor).toEqual(names.toSorted());
  }
  const required = (vendor: string): unknown =>
    [...read(`${vendor}/README.md`).matchAll(/^\| `([\w-]+)` +\| required/gm)].map(([, name]) => name).sort();
  expect(required('azure')).toEqual(azure.inputs.flatMap((one) => (one.required ? [one.name] : [])).sort());
  expect(required('github')).toEqual(
    Object.entries(github?.inputs ?? {})
      .flatMap(([name, one]) => (one.required ? [name] : []))
      .sort(),
  );
  expect(required('gitlab')).toEqual(
    Object.entries(spec.inputs)
      .flatMap(([name, one]) => (one?.default === undefined ? [name] : []))
      .sort(),
  );
});
