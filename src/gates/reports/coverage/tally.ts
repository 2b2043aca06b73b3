import type { CoverageCounts } from '../model.ts';
import { ReportFault } from '../model.ts';

const MAX_POINTS = 2_000_000;

type File = { readonly lines: Map<number, boolean>; readonly branches: Map<string, boolean>; readonly reached: Set<number> };

/** Adds up lines and branches of files; a point that is seen several times is covered where any of them is. */
export class CoverageTally {
  readonly #files = new Map<string, File>();
  readonly #unplaced = { covered: 0, total: 0 };
  #points = 0;

  /** Notes a file, also one without a line. */
  file(path: string): File {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const fresh: File = { lines: new Map(), branches: new Map(), reached: new Set() };
    this.#files.set(path, fresh);
    this.#room();
    return fresh;
  }

  /** A line that several functions or suites have is one line. */
  line(path: string, line: number, covered: boolean): void {
    const { lines } = this.file(path);
    const before = lines.get(line);
    if (before === undefined) this.#room();
    lines.set(line, before === true || covered);
  }

  /** A line of which only is known that it ran. It counts where it is told as a line too. */
  reached(path: string, line: number): void {
    this.file(path).reached.add(line);
  }

  branch(path: string, line: number, name: string, covered: boolean): void {
    const { branches } = this.file(path);
    const key = `${line}:${name}`;
    const before = branches.get(key);
    if (before === undefined) this.#room();
    branches.set(key, before === true || covered);
  }

  /** `covered` of `total` branches of a line, where the report doesn't say which. */
  branches(path: string, line: number, covered: number, total: number): void {
    if (!(covered <= total) || total > 10_000)
      throw new ReportFault(`line ${line} of ${path.slice(0, 200)} has an impossible number of branches`);
    for (let branch = 0; branch < total; branch++) this.branch(path, line, String(branch), branch < covered);
  }

  /** Lines of a file of which only the number is known. */
  unplaced(path: string, covered: number, total: number): void {
    if (!(covered <= total) || total > MAX_POINTS) throw new ReportFault(`${path.slice(0, 200)} has an impossible number of lines`);
    this.file(path);
    this.#unplaced.covered += covered;
    this.#unplaced.total += total;
  }

  /** The totals. No executable line at all is an empty report. */
  counts(): CoverageCounts {
    const lines = { ...this.#unplaced };
    const branches = { covered: 0, total: 0 };
    const add = (sum: { covered: number; total: number }, points: Map<unknown, boolean>): void => {
      for (const covered of points.values()) {
        sum.total++;
        if (covered) sum.covered++;
      }
    };
    for (const file of this.#files.values()) {
      for (const line of file.reached) if (file.lines.has(line)) file.lines.set(line, true);
      add(lines, file.lines);
      add(branches, file.branches);
    }
    const coverage: CoverageCounts = { lines, branches: branches.total === 0 ? null : branches, files: this.#files.size };
    if (lines.total === 0) throw new ReportFault('the report has no line that could be covered', 'empty', { contents: { coverage } });
    return coverage;
  }

  #room(): void {
    if (++this.#points > MAX_POINTS) throw new ReportFault('the report has too many lines');
  }
}
