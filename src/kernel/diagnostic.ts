/**
 * What is wrong with a text that somebody wrote (a pipeline, a catalog, a policy), pointing at the very words. All
 * diagnostics of a file are found at once; a program reads `code`, a person reads {@link renderDiagnostics}.
 */
export type Diagnostic = {
  /** `slice.kebab-code` or `yaml.kebab-code`; permanent. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** One sentence: what is wrong. */
  readonly message: string;
  /** One sentence: what to do about it. */
  readonly remedy: string;
  /** The file as the reader knows it: a path inside the repository. */
  readonly file: string;
  readonly range: Range;
};

/** A place in a text. `line` and `column` count from 1 (columns in UTF-16 units), `offset` from 0. */
export type Position = { readonly line: number; readonly column: number; readonly offset: number };
/** From `start` up to, not including, `end`. */
export type Range = { readonly start: Position; readonly end: Position };

/** Finds positions in `source`: a line table, so that thousands of diagnostics stay cheap. */
export type Locator = { position(offset: number): Position; range(start: number, end: number): Range; line(number: number): string };

/** Makes the {@link Locator} of a text. Lines end at LF or CRLF; offsets outside the text are clamped into it. */
export function locate(source: string): Locator {
  const starts = [0];
  for (let at = source.indexOf('\n'); at >= 0; at = source.indexOf('\n', at + 1)) starts.push(at + 1);
  const position = (wanted: number): Position => {
    const offset = Math.max(0, Math.min(wanted, source.length));
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1, offset };
  };
  return {
    position,
    range: (start, end) => ({ start: position(start), end: position(Math.max(start, end)) }),
    line: (number) => source.slice(starts[number - 1] ?? source.length, (starts[number] ?? source.length + 1) - 1).replace(/\r$/, ''),
  };
}

/** A diagnostic list in reading order: by place, then by code, each once. */
export function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics
    .toSorted((a, b) => a.range.start.offset - b.range.start.offset || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0))
    .filter((one) => {
      const key = `${one.range.start.offset} ${one.code} ${one.message}`;
      return !seen.has(key) && seen.add(key);
    });
}

/** `file:line:column`, as editors and terminals make links of it. */
export function placeOf(diagnostic: Diagnostic): string {
  return `${diagnostic.file}:${diagnostic.range.start.line}:${diagnostic.range.start.column}`;
}

const MAX_SHOWN = 50;
const MAX_WIDTH = 160;

/**
 * The diagnostics as plain text for a terminal, in reading order, each with its line and the words underlined. Control
 * characters of the source are shown as `·`, so that a hostile file can't steer the terminal. At most 50 are shown.
 */
export function renderDiagnostics(source: string, diagnostics: readonly Diagnostic[]): string {
  const locator = locate(source);
  const all = inOrder(diagnostics);
  const blocks = all.slice(0, MAX_SHOWN).map((one) => renderOne(locator, one));
  if (all.length > MAX_SHOWN) blocks.push(`... and ${all.length - MAX_SHOWN} more`);
  return blocks.join('\n\n');
}

function renderOne(locator: Locator, diagnostic: Diagnostic): string {
  const { start, end } = diagnostic.range;
  const whole = locator.line(start.line);
  // A very long line is cut around the words, so that a minified file doesn't fill the screen.
  const from = start.column - 1 > MAX_WIDTH / 2 ? start.column - 1 - MAX_WIDTH / 4 : 0;
  const line = visible(whole.slice(from, from + MAX_WIDTH));
  const column = start.column - 1 - from;
  const sameLine = end.line === start.line ? end.column - start.column : whole.length - (start.column - 1);
  const marks = '^'.repeat(Math.max(1, Math.min(sameLine, line.length - column)));
  const gutter = String(start.line);
  const pad = ' '.repeat(gutter.length);
  return [
    `${visible(placeOf(diagnostic))}: ${diagnostic.severity}: ${visible(diagnostic.message)} [${diagnostic.code}]`,
    `${pad} |`,
    `${gutter} | ${line}`,
    `${pad} | ${' '.repeat(Math.max(0, column))}${marks}`,
    `${pad} = ${visible(diagnostic.remedy)}`,
  ].join('\n');
}

// C0, C1, bidirectional overrides and line separators: everything that moves a cursor or reorders text.
const UNSAFE = /[\0-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** `text` with every character that could steer a terminal replaced: tabs by a blank, others by `·` (one for one, so columns stay). */
export function visible(text: string): string {
  return text.replace(UNSAFE, (mark) => (mark === '\t' ? ' ' : '·'));
}
