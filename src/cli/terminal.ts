// C0 and C1 without newline and tab, marks that reorder text, line separators, and tags that nobody sees.
// eslint-disable-next-line no-control-regex
const UNSAFE = /[\0-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;

/** Text from outside without control characters: a commit title must not move a cursor or colour a verdict. Newlines and tabs stay. */
export function plain(text: string): string {
  return text.replaceAll(UNSAFE, (char) => (char === '\r' ? '' : '\ufffd'));
}

/** The same for one cell or line: newlines and tabs become blanks. */
export function line(text: string): string {
  return plain(text.replaceAll(/[\n\t]+/g, ' '));
}

/** JSON in one line whose strings can't steer a terminal either: what `plain` replaces is escaped, so no program sees a difference. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(UNSAFE, (char) =>
    [...Array(char.length).keys()].map((i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
}

/** How many columns a text takes, without the marks of colour. */
function width(text: string): number {
  // eslint-disable-next-line no-control-regex
  return [...text.replaceAll(/\x01[^\x02]*\x02/g, '')].length;
}

/** Columns aligned by the widest cell; the last one is not padded. Columns that are empty in every row are left out. */
export function table(rows: readonly (readonly string[])[], head?: readonly string[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const used = [...Array(columns).keys()].filter((i) => rows.some((row) => (row[i] ?? '') !== ''));
  const all = [...(head === undefined || rows.length === 0 ? [] : [head]), ...rows].map((row) => used.map((i) => row[i] ?? ''));
  const widths = used.map((_, i) => Math.max(0, ...all.map((row) => width(row[i] ?? ''))));
  return all
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell + ' '.repeat((widths[i] ?? 0) - width(cell))))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** An instant for people: to the second, in UTC and said so; nothing for null. Programs get the exact one with --json. */
export function when(instant: string | null): string {
  if (instant === null) return '';
  const at = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)/.exec(instant);
  return at === null ? line(instant) : `${at[1]} ${at[2]}Z`;
}

/** Words wrapped at `columns`, each line beginning with `indent`. */
export function wrap(text: string, indent = '', columns = 80): string {
  const lines: string[] = [];
  let current = '';
  for (const word of line(text).split(' ')) {
    if (current !== '' && indent.length + current.length + 1 + word.length > columns) {
      lines.push(indent + current);
      current = word;
    } else current = current === '' ? word : `${current} ${word}`;
  }
  return [...lines, indent + current].join('\n');
}

/** `3 facts`, `1 fact`. */
export function count(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`;
}

/** The one mark of each verdict, the same everywhere. Words stand beside it, so that colour is never alone. */
export const VERDICT_MARK = { allow: '✔ allow', wait: '… wait', unknown: '? unknown', deny: '✖ deny' } as const;

const COLOURS = { green: 32, red: 31, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const;
export type Colour = keyof typeof COLOURS;
export type Paint = (colour: Colour, text: string) => string;

/**
 * Marks text with a colour. The marks hold a word that only this process knows, and only {@link toTerminal} makes escape
 * sequences of them: no text from outside can colour itself, even where a command forgot to make it plain.
 */
export function painter(secret: string): Paint {
  return (colour, text) => `\u0001${secret}${COLOURS[colour]}\u0002${plain(text)}\u0001${secret}0\u0002`;
}

/** What goes to the terminal: marks of {@link painter} as colours, or dropped where `colours` is false; all else plain. */
export function toTerminal(text: string, secret: string, colours: boolean): string {
  // eslint-disable-next-line no-control-regex
  return text
    .split(/(\x01[^\x01\x02]*\x02)/)
    .map((part) => {
      const code = part.startsWith(`\u0001${secret}`) ? part.slice(1 + secret.length, -1) : null;
      if (code === null || !/^\d{1,2}$/.test(code)) return plain(part);
      return colours ? `\u001b[${code}m` : '';
    })
    .join('');
}

export const VERDICT_COLOUR = { allow: 'green', wait: 'yellow', unknown: 'yellow', deny: 'red' } as const;

/** A number of bytes in MiB, with one digit. */
export function mebibytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
