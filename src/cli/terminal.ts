const ESCAPES = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text from outside without control characters: a commit title must not move a cursor or colour a verdict. Newlines and tabs stay. */
export function plain(text: string): string {
  return text.replaceAll(ESCAPES, (char) => (char === '\r' ? '' : '\ufffd'));
}

/** Columns aligned by the widest cell; the last one is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, [...cell].length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell + ' '.repeat((widths[i] ?? 0) - [...cell].length)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The one mark of each verdict, the same everywhere. Words stand beside it, so that colour is never alone. */
export const VERDICT_MARK = { allow: '✔ allow', wait: '… wait', unknown: '? unknown', deny: '✖ deny' } as const;

const COLOURS = { green: 32, red: 31, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const;
export type Colour = keyof typeof COLOURS;
export type Paint = (colour: Colour, text: string) => string;

/** Paints for a terminal, or leaves text alone where colours are not wanted (https://no-color.org). */
export function painter(on: boolean): Paint {
  return (colour, text) => (on ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text);
}

export const VERDICT_COLOUR = { allow: 'green', wait: 'yellow', unknown: 'yellow', deny: 'red' } as const;
