/** A stretch of a log that can be folded away: its first line stays. Lines count from 1; `end` is its last line. */
export type Fold = {
  readonly start: number;
  readonly end: number;
  readonly title: string;
  readonly step: boolean;
  readonly failed: boolean;
};
export type Mark = { readonly line: number; readonly text: string };

/** Lines by which steps and groups begin and end, for the search on the server. */
export const MARKS = '^(▶ |✓ |✗ |::group::|::endgroup::|##\\[group\\]|##\\[endgroup\\])';

/** Folds from the marks of a log in order; what is open at the end goes to the last line. */
export function foldsOf(marks: readonly Mark[], total: number): Fold[] {
  const folds: Fold[] = [];
  let step: Mark | null = null;
  const groups: Mark[] = [];
  const close = (mark: Mark, end: number, isStep: boolean, failed: boolean): void => {
    if (end > mark.line) folds.push({ start: mark.line, end, title: titleOf(mark.text), step: isStep, failed });
  };
  for (const mark of marks) {
    if (mark.text.startsWith('▶ ')) {
      for (const open of groups.splice(0)) close(open, mark.line - 1, false, false);
      if (step !== null) close(step, mark.line - 1, true, false);
      step = mark;
    } else if (/^[✓✗] /.test(mark.text)) {
      if (step === null) continue;
      for (const open of groups.splice(0)) close(open, mark.line - 1, false, false);
      close(step, mark.line, true, mark.text.startsWith('✗'));
      step = null;
    } else if (/^(?:::group::|##\[group\])/.test(mark.text)) groups.push(mark);
    else {
      const open = groups.pop();
      if (open !== undefined) close(open, mark.line, false, false);
    }
  }
  for (const open of groups) close(open, total, false, false);
  if (step !== null) close(step, total, true, false);
  return folds.sort((one, other) => one.start - other.start || other.end - one.end);
}

function titleOf(text: string): string {
  return text.replace(/^(?:▶ |::group::|##\[group\])/, '').trim();
}

/** Ranges that are out of sight, apart and in order: of each closed fold all but its first line. */
export function hiddenBy(folds: readonly Fold[], closed: ReadonlySet<number>): (readonly [from: number, to: number])[] {
  const hidden: [number, number][] = [];
  for (const { start, end } of folds) {
    if (!closed.has(start)) continue;
    const last = hidden.at(-1);
    if (last !== undefined && start + 1 <= last[1]) last[1] = Math.max(last[1], end);
    else hidden.push([start + 1, end]);
  }
  return hidden;
}

/** How many lines of `total` are in sight. */
export function inSight(hidden: readonly (readonly [number, number])[], total: number): number {
  return hidden.reduce((left, [from, to]) => left - Math.max(0, Math.min(to, total) - from + 1), total);
}

/** The line that stands in row `row` (0 is the first). */
export function lineAt(hidden: readonly (readonly [number, number])[], row: number): number {
  let line = row + 1;
  for (const [from, to] of hidden) {
    if (from > line) break;
    line += to - from + 1;
  }
  return line;
}

/** The row of a line; of one that is out of sight the row of what folds it away. */
export function rowOf(hidden: readonly (readonly [number, number])[], line: number): number {
  let row = line - 1;
  for (const [from, to] of hidden) {
    if (from > line) break;
    row -= Math.min(line, to) - from + 1;
  }
  return row;
}
