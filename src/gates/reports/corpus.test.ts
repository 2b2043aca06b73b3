import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ReportKind } from './model.ts';
import { readReport } from './read.ts';

/** Reports that real tools wrote, with the answers of others. Absent: these tests are skipped. */
const corpus = process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus';
const folder = (path: string) => join(corpus, path);
const here = (path: string) => existsSync(folder(path));
const filesIn = (path: string, pattern: RegExp) =>
  readdirSync(folder(path), { recursive: true, encoding: 'utf8' })
    .filter((name) => pattern.test(name))
    .map((name) => join(folder(path), name));

async function* bytes(path: string): AsyncGenerator<Uint8Array> {
  yield readFileSync(path);
}
const read = (kind: ReportKind, path: string) => readReport(kind, bytes(path));

const BOMS = 'sbom-cyclonedx/CycloneDX+specification/tools/src/test/resources';

test.skipIf(!here(BOMS))('CycloneDX: every valid document is read or has nothing to say; nothing crashes', async () => {
  let refused = 0;
  const invalid = filesIn(BOMS, /\/invalid-[^/]*\.(?:json|xml)$/);
  for (const file of filesIn(BOMS, /\/valid-[^/]*\.(?:json|xml)$/)) {
    const reading = await read('cyclonedx', file);
    if (reading.state !== 'ok') expect(reading.reason, file).toMatch(/lists no components|read from CycloneDX in JSON/);
  }
  for (const file of invalid) if ((await read('cyclonedx', file)).state !== 'ok') refused++;
  // Not a validator of the whole schema: what makes a component a component is checked, patches and services are not.
  expect(refused / invalid.length).toBeGreaterThan(0.4);
});

test.skipIf(!here('sarif'))('SARIF: what is 2.1.0 and has results is read with all of them', async () => {
  let results = 0;
  for (const file of filesIn('sarif', /\.sarif$/)) {
    const reading = await read('sarif', file);
    if (reading.state !== 'ok') {
      expect(reading.reason, file).toMatch(/is not read|no version|no results|no run|did not succeed|not JSON|no tool|no list|no format/);
      continue;
    }
    const log = JSON.parse(readFileSync(file, 'utf8').replace(/^\uFEFF/, '')) as {
      runs: { results?: { kind?: string; baselineState?: string }[] }[];
    };
    const wanted = log.runs
      .flatMap((run) => run.results ?? [])
      .filter(({ kind, baselineState }) => kind !== 'pass' && kind !== 'notApplicable' && baselineState !== 'absent');
    expect(reading.contents.findings?.length, file).toBe(wanted.length);
    results += wanted.length;
  }
  expect(results).toBeGreaterThan(100);
});
