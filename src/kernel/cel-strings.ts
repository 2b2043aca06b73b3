/**
 * The string functions of CEL's extension (https://pkg.go.dev/github.com/google/cel-go/ext#Strings), by code points, in
 * time linear to the text. They stand in for those of the library, which count UTF-16 units and fold letters beyond ASCII.
 * Each entry: the name in expressions, the signature to register it by, and what it does. Errors become `unknown`.
 */
export type OwnFunction = { readonly name: string; readonly signature: string; readonly run: (...args: never[]) => unknown };

/** What a text may grow to by `replace` and `join`. */
const MAX_RESULT = 100_000;
/** Unicode's White_Space, which is not what the host's `trim` takes away. */
const SPACE = '\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const LEADING = new RegExp(`^[${SPACE}]+`);
const SPACES = new RegExp(`[${SPACE}]`);

const points = (text: string): string[] => Array.from(text);

function within(index: bigint, most: number, what: string): number {
  if (index < 0n || index > BigInt(most)) throw new Error(`${what}: index out of range: ${index}`);
  return Number(index);
}

function bounded(text: string): string {
  if (text.length > MAX_RESULT) throw new Error(`a text has ${MAX_RESULT} characters at most`);
  return text;
}

function trim(text: string): string {
  let end = text.length;
  while (end > 0 && SPACES.test(text[end - 1] ?? '')) end -= 1;
  return text.slice(0, end).replace(LEADING, '');
}

function charAt(text: string, index: bigint): string {
  const all = points(text);
  return all[within(index, all.length, 'charAt')] ?? '';
}

function indexOf(text: string, search: string, from = 0n): bigint {
  const all = points(text);
  const start = within(from, all.length, 'indexOf');
  if (search === '') return BigInt(start);
  const before = all.slice(0, start).join('').length;
  const at = text.indexOf(search, before);
  return BigInt(at < 0 ? -1 : points(text.slice(0, at)).length);
}

function lastIndexOf(text: string, search: string, from?: bigint): bigint {
  const all = points(text);
  const most = from === undefined ? all.length : within(from, all.length, 'lastIndexOf');
  if (search === '') return BigInt(most);
  const at = text.lastIndexOf(search, all.slice(0, most).join('').length);
  return BigInt(at < 0 ? -1 : points(text.slice(0, at)).length);
}

function substring(text: string, from: bigint, to?: bigint): string {
  const all = points(text);
  const start = within(from, all.length, 'substring');
  const end = to === undefined ? all.length : within(to, all.length, 'substring');
  if (end < start) throw new Error('substring: the end lies before the beginning');
  return all.slice(start, end).join('');
}

function replace(text: string, search: string, by: string, most = -1n): string {
  if (most === 0n) return text;
  // An empty search stands before every code point and at the end.
  const parts = search === '' ? ['', ...points(text), ''] : text.split(search);
  const left = most < 0n || most > BigInt(parts.length) ? parts.length : Number(most);
  if ((Math.min(left, parts.length - 1) + 1) * by.length + text.length > MAX_RESULT)
    throw new Error(`a text has ${MAX_RESULT} characters at most`);
  const head = parts.slice(0, left + 1).join(by);
  const rest = parts.slice(left + 1);
  return rest.length === 0 ? head : `${head}${search}${rest.join(search)}`;
}

function split(text: string, separator: string, most = -1n): string[] {
  if (most === 0n) return [];
  const parts = separator === '' ? points(text) : text.split(separator);
  if (most < 0n || most >= BigInt(parts.length)) return parts;
  const kept = Number(most) - 1;
  return [...parts.slice(0, kept), parts.slice(kept).join(separator)];
}

function join(list: readonly unknown[], separator = ''): string {
  if (!list.every((one) => typeof one === 'string')) throw new Error('join: a member of the list is no text');
  return bounded(list.join(separator));
}

const lower = (text: string): string => text.replaceAll(/[A-Z]+/g, (ascii) => ascii.toLowerCase());
const upper = (text: string): string => text.replaceAll(/[a-z]+/g, (ascii) => ascii.toUpperCase());

/** All of them, each signature by itself. */
export const STRING_FUNCTIONS: readonly OwnFunction[] = [
  { name: 'charAt', signature: 'string.own_charAt(int): string', run: charAt },
  { name: 'indexOf', signature: 'string.own_indexOf(string): int', run: indexOf },
  { name: 'indexOf', signature: 'string.own_indexOf(string, int): int', run: indexOf },
  { name: 'lastIndexOf', signature: 'string.own_lastIndexOf(string): int', run: lastIndexOf },
  { name: 'lastIndexOf', signature: 'string.own_lastIndexOf(string, int): int', run: lastIndexOf },
  { name: 'substring', signature: 'string.own_substring(int): string', run: substring },
  { name: 'substring', signature: 'string.own_substring(int, int): string', run: substring },
  { name: 'replace', signature: 'string.own_replace(string, string): string', run: replace },
  { name: 'replace', signature: 'string.own_replace(string, string, int): string', run: replace },
  { name: 'split', signature: 'string.own_split(string): list<string>', run: split },
  { name: 'split', signature: 'string.own_split(string, int): list<string>', run: split },
  { name: 'join', signature: 'list<string>.own_join(): string', run: join },
  { name: 'join', signature: 'list<string>.own_join(string): string', run: join },
  { name: 'lowerAscii', signature: 'string.own_lowerAscii(): string', run: lower },
  { name: 'upperAscii', signature: 'string.own_upperAscii(): string', run: upper },
  { name: 'trim', signature: 'string.own_trim(): string', run: trim },
  { name: 'reverse', signature: 'string.own_reverse(): string', run: (text: string) => points(text).reverse().join('') },
] as const;

/** The name under which a function of an expression is registered here. */
export const OWN_NAMES: ReadonlyMap<string, string> = new Map([
  ['matches', 'linearMatches'],
  ...STRING_FUNCTIONS.map(({ name }) => [name, `own_${name}`] as const),
]);
