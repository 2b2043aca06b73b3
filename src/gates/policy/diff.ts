/** A line of a difference: taken away, added, or beside one of these. */
export type DiffLine = { readonly sign: '-' | '+' | ' '; readonly line: string };

/** Lines kept around a change, and how many cells of the table are filled at most: beyond, the middle is told as replaced. */
const AROUND = 2;
const MOST_CELLS = 4_000_000;

/** The lines that lead from one text to another, with two lines around each change. Equal texts: none. */
export function lineDiff(before: string, after: string): DiffLine[] {
  const [a, b] = [linesOf(before), linesOf(after)];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const middle = changes(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  if (middle.length === 0) return [];
  const same = (lines: readonly string[]): DiffLine[] => lines.map((line) => ({ sign: ' ', line }));
  return near([...same(a.slice(0, head)), ...middle, ...same(a.slice(a.length - tail))]);
}

function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}

/** The longest common subsequence, by its table. */
function changes(a: readonly string[], b: readonly string[]): DiffLine[] {
  const all = (): DiffLine[] => [...a.map((line): DiffLine => ({ sign: '-', line })), ...b.map((line): DiffLine => ({ sign: '+', line }))];
  if (a.length * b.length > MOST_CELLS) return all();
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  const at = (row: number, column: number): number => longest[row * width + column] ?? 0;
  for (let row = a.length - 1; row >= 0; row -= 1)
    for (let column = b.length - 1; column >= 0; column -= 1)
      longest[row * width + column] =
        a[row] === b[column] ? at(row + 1, column + 1) + 1 : Math.max(at(row + 1, column), at(row, column + 1));
  const found: DiffLine[] = [];
  let [row, column] = [0, 0];
  while (row < a.length && column < b.length) {
    if (a[row] === b[column]) {
      found.push({ sign: ' ', line: a[row] ?? '' });
      [row, column] = [row + 1, column + 1];
    } else if (at(row + 1, column) >= at(row, column + 1)) found.push({ sign: '-', line: a[row++] ?? '' });
    else found.push({ sign: '+', line: b[column++] ?? '' });
  }
  for (; row < a.length; row += 1) found.push({ sign: '-', line: a[row] ?? '' });
  for (; column < b.length; column += 1) found.push({ sign: '+', line: b[column] ?? '' });
  return found;
}

/** Only what changes, and what stands around it. */
function near(lines: readonly DiffLine[]): DiffLine[] {
  const kept = lines.map(() => false);
  lines.forEach(({ sign }, index) => {
    if (sign === ' ') return;
    for (let at = Math.max(0, index - AROUND); at <= Math.min(lines.length - 1, index + AROUND); at += 1) kept[at] = true;
  });
  return lines.filter((_, index) => kept[index] === true);
}
