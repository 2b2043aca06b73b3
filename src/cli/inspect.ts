import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { countsOf } from '../gates/reports/finding.ts';
import type { Contents, Place, Reading } from '../gates/reports/model.ts';
import { readReport } from '../gates/reports/read.ts';
import { Problem, toProblemJson } from '../kernel/problem.ts';
import { unreadable } from './cli.problems.ts';
import { reportUnreadable } from './inspect.problems.ts';
import { line } from './terminal.ts';

const STEP = 16 * 1024 * 1024;

/** What `ym report inspect` says of one file: as one object for programs, and as lines for people. */
export type Inspected = { readonly json: Readonly<Record<string, unknown>>; readonly text: string; readonly problem: Problem | null };

/**
 * Reads one report without a server. A file that can't be read gives a problem with its place; one that can be read and
 * is no pass all the same (no test in it, cut short) gives its totals with `state` and `reason`.
 */
export async function inspect(file: string, progress: (line: string) => void): Promise<Inspected> {
  let reading: Reading;
  try {
    reading = await readReport('auto', file === '-' ? process.stdin : bytesOf(file, progress));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    const why = code === 'ENOENT' ? 'it is not there' : code === 'EISDIR' ? 'it is a folder' : code;
    return failed(file, null, unreadable({ file, why }, file));
  }
  const { format, contents } = reading;
  if (reading.state !== 'ok' && contents === null)
    return failed(file, format, reportUnreadable({ file, format, why: reading.reason }, placeOf(file, reading.place)));
  const more = reading.state === 'ok' ? {} : { state: reading.state, reason: reading.reason };
  const json = { file, format, ...shown(contents ?? {}), ...more };
  return { json, text: words(file, format, contents ?? {}, reading), problem: null };
}

function failed(file: string, format: string | null, problem: Problem): Inspected {
  const place = problem.place === null ? '' : `\n  at ${line(problem.place)}`;
  const text = `✖ ${line(problem.sentence)}${place}\n  ${problem.remedy}\n  [${problem.code}]`;
  return { json: { file, format, problem: toProblemJson(problem) }, text, problem };
}

function placeOf(file: string, place: Place | null): string {
  return place === null ? file : `${file}:${place.line}:${place.column}`;
}

async function* bytesOf(file: string, progress: (line: string) => void): AsyncGenerator<Uint8Array> {
  const { size } = await stat(file);
  // What is read of a large report is thrown away at once: V8 must not wait for more of it before it looks.
  if (size > STEP) setFlagsFromString('--optimize-for-size');
  let read = 0;
  let told = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 64 * 1024 }) as AsyncIterable<Buffer>) {
    read += chunk.length;
    if (size > STEP && read - told >= STEP) {
      told = read;
      progress(`${line(file)}: ${Math.floor((100 * read) / size)} % of ${Math.round(size / 1024 / 1024)} MB read`);
    }
    yield chunk;
  }
}

function shown({ tests, coverage, findings, beyond, sbom, statements }: Contents): Record<string, unknown> {
  return {
    ...(tests === undefined
      ? {}
      : {
          tests: {
            total: tests.total,
            passed: tests.passed,
            failed: tests.failed,
            errored: tests.errored,
            skipped: tests.skipped,
            flaky: tests.flaky,
            durationSeconds: tests.durationMs / 1000,
            suites: tests.suites,
          },
        }),
    ...(coverage === undefined
      ? {}
      : { coverage: { lines: coverage.lines, branches: coverage.branches ?? { covered: 0, total: 0 }, files: coverage.files } }),
    ...(findings === undefined ? {} : { findings, counts: countsOf(findings, beyond) }),
    ...(sbom === undefined ? {} : { sbom }),
    ...(statements === undefined ? {} : { statements }),
  };
}

function words(file: string, format: string | null, contents: Contents, reading: Reading): string {
  const { tests, coverage, findings, beyond, sbom, statements } = contents;
  const parts = [`${reading.state === 'ok' ? '✔' : '!'} ${line(file)}  ${format ?? ''}`];
  if (tests !== undefined) {
    const bad = `${tests.failed} failed, ${tests.errored} errored, ${tests.skipped} skipped${tests.flaky === 0 ? '' : `, ${tests.flaky} flaky`}`;
    parts.push(`${tests.total} tests: ${tests.passed} passed, ${bad}; ${tests.suites} suites, ${(tests.durationMs / 1000).toFixed(1)} s`);
  }
  if (coverage !== undefined)
    parts.push(`lines ${share(coverage.lines)}${coverage.branches === null ? '' : `, branches ${share(coverage.branches)}`}`);
  if (findings !== undefined) {
    const { total, ...counts } = countsOf(findings, beyond);
    const some = Object.entries(counts).flatMap(([severity, count]) => (count === 0 ? [] : [`${count} ${severity}`]));
    parts.push(total === 0 ? 'no findings' : `${total} findings: ${some.join(', ')}`);
    for (const one of findings.slice(0, 20))
      parts.push(`  ${one.severity.padEnd(8)} ${line(one.rule)}  ${line(one.location)}  ${line(one.message).slice(0, 100)}`);
    if (total > 20) parts.push(`  and ${total - 20} more; --json lists them`);
  }
  if (sbom !== undefined) parts.push(`${sbom.components} components, ${sbom.withPurl} with a package URL`);
  if (statements !== undefined) parts.push(`${statements.length} VEX statements`);
  if (reading.state !== 'ok') parts.push(`no pass: ${line(reading.reason)}`);
  return parts.join('\n  ');
}

function share({ covered, total }: { readonly covered: number; readonly total: number }): string {
  return total === 0 ? 'none' : `${covered} of ${total} (${(Math.floor((covered * 10_000) / total) / 100).toFixed(2)} %)`;
}
