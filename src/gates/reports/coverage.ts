import type { CoverageCounts } from './model.ts';
import { ReportFault } from './model.ts';

const MAX_POINTS = 2_000_000;

type File = { readonly lines: Map<number, boolean>; readonly branches: Map<string, boolean> };

/** Adds up lines and branches of files; a point that is seen several times is covered where any of them is. */
export class CoverageTally {
  readonly #files = new Map<string, File>();
  #points = 0;

  /** Notes a file, also one without a line. */
  file(path: string): File {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const fresh: File = { lines: new Map(), branches: new Map() };
    this.#files.set(path, fresh);
    this.#room();
    return fresh;
  }

  line(path: string, line: number, covered: boolean): void {
    const { lines } = this.file(path);
    const before = lines.get(line);
    if (before === undefined) this.#room();
    lines.set(line, before === true || covered);
  }

  branch(path: string, line: number, name: string, covered: boolean): void {
    const { branches } = this.file(path);
    const key = `${line}:${name}`;
    const before = branches.get(key);
    if (before === undefined) this.#room();
    branches.set(key, before === true || covered);
  }

  /** The totals. No executable line at all is an empty report. */
  counts(): CoverageCounts {
    const lines = { covered: 0, total: 0 };
    const branches = { covered: 0, total: 0 };
    const add = (sum: { covered: number; total: number }, points: Map<unknown, boolean>): void => {
      for (const covered of points.values()) {
        sum.total++;
        if (covered) sum.covered++;
      }
    };
    for (const file of this.#files.values()) {
      add(lines, file.lines);
      add(branches, file.branches);
    }
    if (lines.total === 0) throw new ReportFault('the report has no line that could be covered', 'empty');
    return { lines, branches: branches.total === 0 ? null : branches, files: this.#files.size };
  }

  #room(): void {
    if (++this.#points > MAX_POINTS) throw new ReportFault('the report has too many lines');
  }
}
