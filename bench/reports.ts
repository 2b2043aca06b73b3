import { execFile } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { percentile, type Benchmark } from './support/benchmark.ts';

const SIZE = 200_000_000;
const LIMIT_MB = 150;
const run = promisify(execFile);

type Told = { readonly ms: number; readonly peakMb: number; readonly counted: number };

/**
 * A JUnit report and a SARIF log of 200 MB each, made here, each read by `ym report inspect`: the most memory that the
 * process took, of at most 150 MB, and how long beside a process that only looks at each byte, in turn in one run.
 */
export const benchmark: Benchmark = async ({ rounds = 3, say }) => {
  const folder = mkdtempSync(join(tmpdir(), 'ym-bench-reports-'));
  try {
    const files = { junit: join(folder, 'junit.xml'), sarif: join(folder, 'scan.sarif') };
    const made = { junit: makeJunit(files.junit), sarif: makeSarif(files.sarif) };
    const times = { junit: [] as number[], sarif: [] as number[], scan: [] as number[] };
    const peaks = { junit: 0, sarif: 0 };
    for (let round = 0; round < rounds; round += 1) {
      for (const kind of ['junit', 'sarif'] as const) {
        const told = await read(files[kind]);
        if (told.counted !== made[kind]) throw new Error(`${kind}: ${told.counted} of ${made[kind]} were counted`);
        times[kind].push(told.ms);
        peaks[kind] = Math.max(peaks[kind], told.peakMb);
        times.scan.push(await scan(files[kind]));
      }
    }
    const [junit, sarif, plain] = [times.junit, times.sarif, times.scan].map((list) => percentile(list, 0.5)) as [number, number, number];
    const speed = (ms: number): string => `${(SIZE / 1000 / ms).toFixed(0)} MB/s`;
    say(
      `200 MB of JUnit: ${made.junit} tests, ${speed(junit)}, ${(junit / plain).toFixed(1)} times a byte scan, at most ${peaks.junit.toFixed(0)} MB`,
    );
    say(
      `200 MB of SARIF: ${made.sarif} findings, ${speed(sarif)}, ${(sarif / plain).toFixed(1)} times a byte scan, at most ${peaks.sarif.toFixed(0)} MB`,
    );
    const most = Math.max(peaks.junit, peaks.sarif);
    return {
      unit: 'MB of memory',
      ours: most,
      peers: {},
      limit: LIMIT_MB,
      rounds,
      note: `the most that a process took to read 200 MB; a byte scan of it ${speed(plain)}, JUnit ${speed(junit)}, SARIF ${speed(sarif)}`,
      within: most <= LIMIT_MB,
      more: {
        junitMs: junit,
        sarifMs: sarif,
        scanMs: plain,
        junitToScan: junit / plain,
        sarifToScan: sarif / plain,
        junitPeakMb: peaks.junit,
        sarifPeakMb: peaks.sarif,
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** `ym report inspect` as it is run, with the flags that its launcher gives it. */
async function read(file: string): Promise<Told> {
  const [peak, ym] = [join(import.meta.dirname, 'support', 'peak.mjs'), join(import.meta.dirname, '..', 'bin', 'ym.mjs')];
  const from = performance.now();
  const args = ['--max-semi-space-size=4', '--import', peak, ym, 'report', 'inspect', file, '--json', '--quiet'];
  const { stdout, stderr } = await run(process.execPath, args, { maxBuffer: 256 * 1024 * 1024 });
  const ms = performance.now() - from;
  const told = JSON.parse(stdout) as { tests?: { total: number }; counts?: { total: number } };
  return { ms, peakMb: Number(/peak (\d+\.\d)/.exec(stderr)?.[1]), counted: told.tests?.total ?? told.counts?.total ?? 0 };
}

async function scan(file: string): Promise<number> {
  const from = performance.now();
  await run(process.execPath, [join(import.meta.dirname, 'support', 'scan-bytes.ts'), file]);
  return performance.now() - from;
}

/** Writes `head`, then pieces until the size is reached, then `tail`; how many pieces there are. */
function make(file: string, head: string, tail: string, piece: (index: number) => string): number {
  const out = openSync(file, 'w');
  let written = writeSync(out, head);
  let count = 0;
  while (written < SIZE - tail.length) {
    const block = Array.from({ length: 1000 }, (_, at) => piece(count + at)).join('');
    count += 1000;
    written += writeSync(out, block);
  }
  writeSync(out, tail);
  closeSync(out);
  return count;
}

function makeJunit(file: string): number {
  return make(
    file,
    '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites><testsuite name="all">\n',
    '</testsuite></testsuites>\n',
    (index) =>
      index % 50 === 0
        ? `  <testcase classname="shop.Cart${index % 997}" name="adds ${index}" time="0.013"><failure message="expected ${index} &lt; 3">at cart.ts:${index % 400}\n    at run (node:internal)</failure></testcase>\n`
        : `  <testcase classname="shop.Cart${index % 997}" name="keeps the total of ${index} items in order" time="0.002"/>\n`,
  );
}

function makeSarif(file: string): number {
  const rules = JSON.stringify(
    Array.from({ length: 100 }, (_, at) => ({ id: `R${at}`, properties: { 'security-severity': String(at / 10) } })),
  );
  const head = `{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"tool":{"driver":{"name":"scan","rules":${rules}}},"results":[`;
  return make(file, head, ']}]}\n', (index) => {
    const place = {
      physicalLocation: {
        artifactLocation: { uri: `src/module${index % 5000}/file.ts` },
        region: { startLine: (index % 900) + 1, snippet: { text: `query("select ${index}" + name)` } },
      },
    };
    return `${index === 0 ? '' : ','}\n${JSON.stringify({ ruleId: `R${index % 100}`, level: 'warning', message: { text: `The value ${index} reaches a query without being checked.` }, locations: [place] })}`;
  });
}
