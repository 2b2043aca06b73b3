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

test.skipIf(!here(BOMS))('CycloneDX: every valid document is read or has nothing to say, every invalid one is refused', async () => {
  const [valid, invalid] = [filesIn(BOMS, /\/valid-[^/]*\.(?:json|xml)$/), filesIn(BOMS, /\/invalid-[^/]*\.(?:json|xml)$/)];
  for (const file of valid) {
    const reading = await read('cyclonedx', file);
    if (reading.state !== 'ok') expect(reading.reason, file).toMatch(/lists no components/);
  }
  for (const file of invalid) expect((await read('cyclonedx', file)).state, file).toBe('unreadable');
  expect(Math.min(valid.length, invalid.length)).toBeGreaterThan(50);
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
      runs: { results?: { kind?: string; baselineState?: string; locations?: unknown[] }[] }[];
    };
    const wanted = log.runs
      .flatMap((run) => run.results ?? [])
      .filter(({ kind, baselineState }) => kind !== 'pass' && kind !== 'notApplicable' && baselineState !== 'absent');
    // Each place of a result is a finding.
    const places = wanted.reduce((sum, { locations = [] }) => sum + Math.max(1, locations.length), 0);
    expect(reading.contents.findings?.length, file).toBe(places);
    results += wanted.length;
  }
  expect(results).toBeGreaterThan(100);
});
