import { LIMITS, ReportFault } from '../model.ts';

const MOST_ROWS = 200_000;
const MOST_COLUMNS = 500;

/** The rows of a CSV (RFC 4180) by the names of its first row. A quote without its end refuses it, with its line. */
export function parseCsv(text: string, separator = ','): Readonly<Record<string, string>>[] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = '';
  let quoted = false;
  let opened = 0;
  let line = 1;
  const source = text.replace(/^\uFEFF/, '');
  const endRow = (): void => {
    row.push(cell);
    cell = '';
    if (row.length > MOST_COLUMNS) throw new ReportFault(`line ${line} has more than ${MOST_COLUMNS} columns`);
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
    if (rows.length > MOST_ROWS) throw new ReportFault(`the file has more than ${MOST_ROWS} rows`);
  };
  for (let at = 0; at < source.length; at++) {
    const one = source[at] ?? '';
    if (one === '\n' && !quoted) line++;
    if (quoted) {
      // To the next quote at once: a cell may be long, and letter by letter it would be dear.
      const quote = source.indexOf('"', at);
      const end = quote < 0 ? source.length : quote;
      if (cell.length + end - at > LIMITS.text) throw new ReportFault('a cell is longer than 10 MB');
      const part = source.slice(at, end);
      for (let next = part.indexOf('\n'); next >= 0; next = part.indexOf('\n', next + 1)) line++;
      cell += part;
      at = end;
      if (source[at + 1] === '"') {
        cell += '"';
        at++;
      } else if (quote >= 0) quoted = false;
    } else if (one === '"' && cell === '') {
      quoted = true;
      opened = line;
    } else if (one === separator) {
      row.push(cell);
      cell = '';
    } else if (one === '\n') endRow();
    else if (one !== '\r') cell += one;
  }
  if (quoted) throw new ReportFault('a quote has no end: the file is cut short', 'unreadable', { place: { line: opened, column: 1 } });
  if (cell !== '' || row.length > 0) endRow();
  const [header = [], ...rest] = rows;
  return rest.map((cells) => Object.fromEntries(header.map((name, index) => [name.trim(), cells[index] ?? ''])));
}
