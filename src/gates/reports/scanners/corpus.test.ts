import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readReport } from '../read.ts';
import { COUNTED_OTHERWISE } from './otherwise.ts';

const corpus = process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus';
const reports = join(corpus, 'scanners/DefectDojo+django-DefectDojo');
const answers = join(corpus, 'expected/defectdojo-expected.json');

async function* bytes(path: string): AsyncGenerator<Uint8Array> {
  yield readFileSync(path);
}

type Case = { file: string; test: string; findings: number };

test.skipIf(!existsSync(answers))('as many findings as DefectDojo’s tests say, but for the few that are explained', async () => {
  const { cases } = JSON.parse(readFileSync(answers, 'utf8')) as { cases: Case[] };
  const unlike: string[] = [];
  let compared = 0;
  for (const { file, test: name, findings } of cases) {
    const path = join(reports, file);
    if (!existsSync(path)) continue;
    const { contents, state } = await readReport('auto', bytes(path));
    const counted = contents?.findings?.length ?? (state === 'ok' ? 0 : null);
    const short = file.replace('unittests/scans/', '');
    const explained = COUNTED_OTHERWISE.some((one) => one.file === short && (one.test === undefined || one.test === name));
    compared++;
    if (counted === findings) expect(explained, `${short} is counted alike now: take it off the list`).toBe(false);
    else {
      unlike.push(short);
      expect(explained, `${short} ${name}: ${counted} findings, DefectDojo says ${findings}`).toBe(true);
    }
  }
  expect(compared).toBeGreaterThan(100);
  expect(unlike.length / compared).toBeLessThanOrEqual(0.02);
  expect(COUNTED_OTHERWISE.length).toBeLessThanOrEqual(10);
});

test.skipIf(!existsSync(reports))(
  'every report of the corpus is recognised, or refused for a reason; the names of one tool stay one tool',
  async () => {
    const refused: string[] = [];
    const formats = new Set<string>();
    const files = readdirSync(corpus, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /^scanners.*\.(?:json|xml|csv|golden|sarif|html)$/.test(name),
    );
    for (const name of files) {
      const reading = await readReport('auto', bytes(join(corpus, name)));
      if (reading.state === 'ok') {
        formats.add(reading.format);
        for (const finding of reading.contents.findings ?? []) {
          expect(finding.fingerprint, name).toMatch(/^sha256:/);
          expect(finding.rule.length, name).toBeGreaterThan(0);
        }
        const prints = (reading.contents.findings ?? []).map((one) => one.fingerprint);
        expect(new Set(prints).size, `${name}: two findings with one fingerprint`).toBe(prints.length);
      } else refused.push(name);
    }
    expect(formats.size).toBeGreaterThan(25);
    expect(refused.length / files.length).toBeLessThan(0.12);
  },
);
