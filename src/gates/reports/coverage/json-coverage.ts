import type { JsonObject } from '../json.ts';
import { asObject, member, numberAt, objectAt, objectsAt, objectsIn, textAt } from '../json.ts';
import type { CoverageCounts } from '../model.ts';
import { ReportFault } from '../model.ts';
import { CoverageTally } from './tally.ts';

export const isGcovr = (root: JsonObject): boolean => textAt(root, 'gcovr/format_version') !== null && Array.isArray(member(root, 'files'));

/** gcovr's JSON (format 0.5 and later): what it excludes or calls no code does not count. */
export function readGcovr(root: JsonObject): CoverageCounts {
  const tally = new CoverageTally();
  const counts = (one: JsonObject): boolean => member(one, 'gcovr/noncode') !== true && member(one, 'gcovr/excluded') !== true;
  for (const file of objectsAt(root, 'files') ?? []) {
    const path = textAt(file, 'file') ?? '';
    tally.file(path);
    for (const line of (objectsAt(file, 'lines') ?? []).filter(counts)) {
      const number = numberAt(line, 'line_number');
      const hits = numberAt(line, 'count');
      if (number === null || hits === null) throw new ReportFault('a line has no number or no count');
      tally.line(path, number, hits > 0);
      (objectsAt(line, 'branches') ?? [])
        .filter(counts)
        .forEach((branch, at) => tally.branch(path, number, String(at), (numberAt(branch, 'count') ?? 0) > 0));
    }
  }
  return tally.counts();
}

export const isCoverallsJson = (root: JsonObject): boolean =>
  Array.isArray(member(root, 'source_files')) &&
  objectsIn(member(root, 'source_files')).every((file) => Array.isArray(member(file, 'coverage')));

/** Coveralls' JSON: one number or null for each line; branches in fours: line, block, branch, hits. */
export function readCoverallsJson(root: JsonObject): CoverageCounts {
  const tally = new CoverageTally();
  for (const file of objectsAt(root, 'source_files') ?? []) {
    const path = textAt(file, 'name') ?? '';
    tally.file(path);
    for (const [at, hits] of numbers(file, 'coverage').entries()) if (hits !== null) tally.line(path, at + 1, hits > 0);
    const branches = numbers(file, 'branches');
    if (branches.length % 4 !== 0) throw new ReportFault('its branches are not in fours');
    for (let at = 0; at < branches.length; at += 4)
      tally.branch(path, branches[at] ?? 0, `${branches[at + 1]},${branches[at + 2]}`, (branches[at + 3] ?? 0) > 0);
  }
  return tally.counts();
}

function numbers(object: JsonObject, key: string): readonly (number | null)[] {
  const list = member(object, key);
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) throw new ReportFault(`"${key}" is no list`);
  return list.map((one: unknown) => {
    if (one === null || typeof one === 'number') return one;
    throw new ReportFault(`"${key}" holds something that is no number`);
  });
}

export const isCoveragePy = (root: JsonObject): boolean =>
  textAt(objectAt(root, 'meta'), 'version') !== null && objectAt(root, 'files') !== null && objectAt(root, 'totals') !== null;

/** coverage.py's JSON: lines by number, branches as pairs of lines (an exit is negative). */
export function readCoveragePy(root: JsonObject): CoverageCounts {
  const tally = new CoverageTally();
  for (const [path, value] of Object.entries(objectAt(root, 'files') ?? {})) {
    const file = asObject(value);
    tally.file(path);
    for (const [key, covered] of [
      ['executed_lines', true],
      ['missing_lines', false],
    ] as const)
      for (const line of numbers(file ?? {}, key)) if (line !== null) tally.line(path, line, covered);
    for (const [key, covered] of [
      ['executed_branches', true],
      ['missing_branches', false],
    ] as const) {
      const pairs = member(file, key);
      for (const pair of Array.isArray(pairs) ? (pairs as unknown[]) : []) {
        const [from, to] = Array.isArray(pair) ? (pair as unknown[]) : [];
        if (typeof from !== 'number' || typeof to !== 'number') throw new ReportFault(`"${key}" holds something that is no pair of lines`);
        tally.branch(path, from, String(to), covered);
      }
    }
  }
  return tally.counts();
}

/** Whether this is Istanbul's coverage-final.json: files by path, each with its maps. */
export function isIstanbul(root: JsonObject): boolean {
  const files = Object.values(root);
  return (
    files.length > 0 && files.every((file) => objectAt(asObject(file), 'statementMap') !== null && objectAt(asObject(file), 's') !== null)
  );
}

/** Istanbul's coverage-final.json: a line is that in which a statement begins, with the most hits of its statements. */
export function readIstanbul(root: JsonObject): CoverageCounts {
  const tally = new CoverageTally();
  for (const [path, value] of Object.entries(root)) {
    const file = asObject(value);
    tally.file(path);
    const hits = objectAt(file, 's');
    for (const [id, statement] of Object.entries(objectAt(file, 'statementMap') ?? {})) {
      const line = numberAt(objectAt(asObject(statement), 'start'), 'line');
      if (line !== null) tally.line(path, line, (numberAt(hits, id) ?? 0) > 0);
    }
    for (const [id, ways] of Object.entries(objectAt(file, 'b') ?? {})) {
      const place = objectAt(objectAt(file, 'branchMap'), id);
      const line = numberAt(objectAt(objectAt(place, 'loc'), 'start'), 'line') ?? numberAt(place, 'line') ?? 0;
      if (!Array.isArray(ways)) throw new ReportFault('a branch of "b" has no list of hits');
      for (const [at, count] of (ways as unknown[]).entries()) tally.branch(path, line, `${id}:${at}`, Number(count) > 0);
    }
  }
  return tally.counts();
}

export const isGcovrSummary = (root: JsonObject): boolean => textAt(root, 'gcovr/summary_format_version') !== null;

/** gcovr's summary: only totals, and of a line with several functions once for each. Nothing in it can be checked. */
export function readGcovrSummary(): CoverageCounts {
  throw new ReportFault('a summary of gcovr shows no lines: give its JSON, Cobertura or LCOV');
}
