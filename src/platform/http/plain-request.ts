/** The head of a request that has nothing special about it. */
export type PlainHead = {
  readonly path: string;
  /** By lower-case name; each once. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the body, and where it begins: right after the head. */
  readonly length: number;
  readonly bodyAt: number;
  /** Whether the sender wants the connection to end with the answer. */
  readonly close: boolean;
};

/** As the HTTP server has it: a longer head is for that one to refuse. */
const LONGEST = 16_384;
/** The lines of a head as far as they are plain: printable ASCII and blanks, each ended by CR LF; then an empty one. */
const LINES = /^(?:[\x20-\x7e]+\r\n)+\r\n$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** What changes how long a request is or what follows it, or asks for something before its answer. */
const SPECIAL = new Set(['transfer-encoding', 'expect', 'upgrade', 'trailer', 'proxy-connection', '__proto__']);

/**
 * Reads the head of a request to an address that begins with `prefix` out of the first bytes of a connection (as latin1), where
 * it is one of the simplest that RFC 9112 allows: POST, HTTP/1.1, printable ASCII, no header twice, one Content-Length and no other
 * word on the length, nothing that asks for more than an answer. `more`: so far it may be one. `other`: it is not, and whoever reads
 * HTTP in full must see the very same bytes. Only what both would understand alike is read here, so nothing can be smuggled between them.
 */
export function readPlainHead(text: string, prefix: string): PlainHead | 'more' | 'other' {
  const start = `POST ${prefix}`;
  if (!text.startsWith(start)) return start.startsWith(text) ? 'more' : 'other';
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return text.length > LONGEST ? 'other' : 'more';
  const bodyAt = end + 4;
  if (bodyAt > LONGEST || !LINES.test(text.slice(0, bodyAt))) return 'other';
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const path = first.slice('POST '.length, -' HTTP/1.1'.length);
  if (!first.endsWith(' HTTP/1.1') || path.includes(' ')) return 'other';
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = lowerCase(line.slice(0, Math.max(0, colon)));
    if (name === null || headers[name] !== undefined || SPECIAL.has(name)) return 'other';
    headers[name] = line.slice(colon + 1).trim();
  }
  const { host, connection = 'keep-alive' } = headers;
  const length = headers['content-length'];
  const mode = connection.toLowerCase();
  if (host === undefined || length === undefined || !/^\d{1,9}$/.test(length)) return 'other';
  if (mode !== 'keep-alive' && mode !== 'close') return 'other';
  return { path, headers, length: Number(length), bodyAt, close: mode === 'close' };
}

/** Names that came before, so that the usual ones are looked up and not made anew; no more of them than there are real ones. */
const names = new Map<string, string>();
const MOST_NAMES = 500;

/** A header's name in lower case, or null where it is no name. */
function lowerCase(name: string): string | null {
  const known = names.get(name);
  if (known !== undefined) return known;
  if (name.length > 100 || !TOKEN.test(name)) return null;
  const lower = name.toLowerCase();
  if (names.size < MOST_NAMES) names.set(name, lower);
  return lower;
}
