/** A value of one cell. Numbers stand as they are; null and undefined are empty. */
export type Cell = string | number | boolean | null | undefined;

/** One column of a table for export: its title, and what a row shows in it. */
export type Column<Row> = { readonly title: string; readonly of: (row: Row) => Cell };

/** What a spreadsheet may take for the beginning of a formula, also in its wide forms. */
const FORMULA = /^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/u;
/** The same after what a spreadsheet with other settings takes for the end of a cell. */
const HIDDEN_FORMULA = /([;\t\r\n])(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])/gu;

/**
 * One line of RFC 4180, with its CRLF. Texts that a spreadsheet would run as a formula get an apostrophe in front, which
 * it shows as text: whoever named a release `=HYPERLINK(...)` reaches nobody who opens the export.
 */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(cellText).join(',')}\r\n`;
}

/** The line of titles of a table. */
export function csvHead<Row>(columns: readonly Column<Row>[]): string {
  return csvLine(columns.map((column) => column.title));
}

/** The line of one row of a table. */
export function csvRow<Row>(columns: readonly Column<Row>[], row: Row): string {
  return csvLine(columns.map((column) => column.of(row)));
}

function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell !== 'string') return String(cell);
  const inner = cell.replaceAll(HIDDEN_FORMULA, "$1'");
  const guarded = FORMULA.test(inner) ? `'${inner}` : inner;
  return /[",;\r\n\t]|^\s|\s$/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}
