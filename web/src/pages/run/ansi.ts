/** One stretch of a line in one look. `classes` are ours: what a log says never becomes a class, a style or markup. */
export type Stretch = { readonly text: string; readonly classes: string };

type Look = {
  fg: number | null;
  bg: number | null;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  strike: boolean;
  inverse: boolean;
};
const PLAIN: Look = { fg: null, bg: null, bold: false, dim: false, italic: false, underline: false, strike: false, inverse: false };

/** The eight colours of a terminal in ours, which are readable on both grounds. */
const FG = ['text-quiet', 'text-deny', 'text-allow', 'text-wait', 'text-accent', 'text-unknown', 'text-accent', 'text-ink'] as const;
const BG = [
  'bg-hover',
  'bg-deny-soft',
  'bg-allow-soft',
  'bg-wait-soft',
  'bg-accent-soft',
  'bg-unknown-soft',
  'bg-accent-soft',
  'bg-hover',
] as const;

/**
 * Everything of a terminal that is no text: colours (SGR, group 1), other control sequences, titles and links (OSC), and
 * single control characters but the tab. Only SGR means something here; all else is dropped.
 */
// eslint-disable-next-line no-control-regex -- that is what it finds
const CONTROL =
  /\u001b\[([0-9;:]*)m|\u001b\[[0-?]*[ -/]*[@-~]|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]?|[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g;

/** What a terminal would show of a line: the text behind the last carriage return that is not at its end. */
export function lastWritten(line: string): string {
  const whole = line.replace(/\r+$/, '');
  return whole.slice(whole.lastIndexOf('\r') + 1);
}

/** A line in stretches. Each line begins plain. */
export function stretches(line: string): Stretch[] {
  const out: Stretch[] = [];
  const look = { ...PLAIN };
  const shown = lastWritten(line);
  let from = 0;
  const put = (to: number): void => {
    if (to > from) out.push({ text: shown.slice(from, to), classes: classesOf(look) });
  };
  for (const found of shown.matchAll(CONTROL)) {
    put(found.index);
    from = found.index + found[0].length;
    if (found[1] !== undefined) apply(look, found[1]);
  }
  put(shown.length);
  return out;
}

/** A line without anything that is no text. */
export function plainText(line: string): string {
  return lastWritten(line).replaceAll(CONTROL, '');
}

function apply(look: Look, codes: string): void {
  const list = codes.split(/[;:]/).map((code) => (code === '' ? 0 : Number(code)));
  for (let at = 0; at < list.length; at += 1) {
    const code = list[at] ?? 0;
    if (code === 38 || code === 48) {
      const [colour, taken] = extended(list.slice(at + 1));
      if (code === 38) look.fg = colour;
      else look.bg = colour;
      at += taken;
    } else one(look, code);
  }
}

function one(look: Look, code: number): void {
  if (code === 0) Object.assign(look, PLAIN);
  else if (code === 1) look.bold = true;
  else if (code === 2) look.dim = true;
  else if (code === 3) look.italic = true;
  else if (code === 4 || code === 21) look.underline = true;
  else if (code === 7) look.inverse = true;
  else if (code === 9) look.strike = true;
  else if (code === 22) look.bold = look.dim = false;
  else if (code === 23) look.italic = false;
  else if (code === 24) look.underline = false;
  else if (code === 27) look.inverse = false;
  else if (code === 29) look.strike = false;
  else if (code >= 30 && code <= 37) look.fg = code - 30;
  else if (code === 39) look.fg = null;
  else if (code >= 40 && code <= 47) look.bg = code - 40;
  else if (code === 49) look.bg = null;
  else if (code >= 90 && code <= 97) look.fg = code === 90 ? 0 : code - 90;
  else if (code >= 100 && code <= 107) look.bg = code - 100;
}

/** A colour of 256 or of 16 million as the nearest of the eight, and how many numbers it took. */
function extended(rest: readonly number[]): readonly [number | null, number] {
  if (rest[0] === 5) {
    const index = rest[1] ?? 0;
    if (index < 8) return [index, 2];
    if (index < 16) return [index - 8, 2];
    if (index >= 232) return [index < 244 ? 0 : 7, 2];
    const cube = index - 16;
    return [nearest((Math.floor(cube / 36) % 6) * 51, (Math.floor(cube / 6) % 6) * 51, (cube % 6) * 51), 2];
  }
  if (rest[0] === 2) return [nearest(rest[1] ?? 0, rest[2] ?? 0, rest[3] ?? 0), 4];
  return [null, rest.length];
}

function nearest(red: number, green: number, blue: number): number {
  const most = Math.max(red, green, blue);
  if (most - Math.min(red, green, blue) < 40) return most < 140 ? 0 : 7;
  const bar = most * 0.6;
  return (red > bar ? 1 : 0) + (green > bar ? 2 : 0) + (blue > bar ? 4 : 0);
}

function classesOf(look: Look): string {
  const ground = look.inverse ? 'bg-ink text-surface' : '';
  return [
    ground !== '' ? ground : look.fg === null ? (look.dim ? 'text-quiet' : '') : FG[look.fg],
    look.inverse || look.bg === null ? '' : BG[look.bg],
    look.bold ? 'font-semibold' : '',
    look.italic ? 'italic' : '',
    look.underline ? 'underline' : '',
    look.strike ? 'line-through' : '',
  ]
    .filter((name) => name !== '' && name !== undefined)
    .join(' ');
}
