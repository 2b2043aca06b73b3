/**
 * The forms in which a secret's value can show up in text: as it is, and as what common tools make of it. Line breaks are
 * left out of every form, because the matcher reads over them (a value that is printed in several lines is found too).
 */

/** Values shorter than this can't be masked without masking half of every log. */
export const SHORTEST_SECRET = 4;
/** Encoded forms shorter than this would hit by chance. */
const SHORTEST_FORM = 6;
/** Of values longer than this only the most common forms are looked for, to bound the matcher's memory. */
const LONG = 4096;

/** Every form of `value`, as bytes without line breaks, no form twice. Empty for the empty value. */
export function secretForms(value: string): readonly Uint8Array[] {
  const forms = new Map<string, Uint8Array>();
  const add = (form: Uint8Array | string, shortest: number): void => {
    const bytes = withoutBreaks(typeof form === 'string' ? Buffer.from(form) : form);
    if (bytes.length >= shortest) forms.set(bytes.toString('latin1'), bytes);
  };
  for (const word of wordsOf(value)) {
    add(word, SHORTEST_SECRET);
    for (const form of word.length > LONG ? common(word) : [...common(word), ...rare(word)]) add(form, SHORTEST_FORM);
  }
  return [...forms.values()];
}

/** The value, the value without the white space around it, and each line of a value of several lines. */
function wordsOf(value: string): ReadonlySet<string> {
  const lines = value.split(/[\r\n]+/).map((line) => line.trim());
  return new Set(
    [value, value.trim(), ...(lines.length > 1 ? lines.filter((line) => line.length >= 8) : [])].filter((word) => word !== ''),
  );
}

function withoutBreaks(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.filter((byte) => byte !== 10 && byte !== 13));
}

function common(word: string): (string | Uint8Array)[] {
  const bytes = Buffer.from(word);
  const hex = bytes.toString('hex');
  const url = encodeURIComponent(word.toWellFormed());
  return [
    ...base64Forms(bytes),
    ...base64Forms(Buffer.from(`${word}\n`)),
    hex,
    hex.toUpperCase(),
    url,
    lowerPercent(url),
    jsonInner(word),
    xml(word),
  ];
}

function rare(word: string): (string | Uint8Array)[] {
  const bytes = Buffer.from(word);
  const url = encodeURIComponent(word.toWellFormed());
  const json = jsonInner(word);
  const pairs = bytes.toString('hex').match(/../g) ?? [];
  const exact = bytes.toString('base64');
  return [
    ...base64Twice(bytes),
    // `echo` ends the value with a line break before anybody encodes it.
    ...base64Twice(Buffer.from(`${word}\n`)),
    [...word].toReversed().join(''),
    Uint8Array.from(bytes).reverse(),
    [...exact].toReversed().join(''),
    pairs.join(' '),
    pairs.join(':'),
    pairs.map((pair) => `\\x${pair}`).join(''),
    pairs.map((pair) => `%${pair}`).join(''),
    pairs.map((pair) => `%${pair.toUpperCase()}`).join(''),
    url.replaceAll('%20', '+'),
    formEncoded(word),
    lowerPercent(formEncoded(word)),
    strictPercent(url),
    strictPercent(url).replaceAll('%20', '+'),
    encodeURIComponent(url),
    jsonInner(json),
    json.replaceAll('/', '\\/'),
    asciiJson(json),
    word.replaceAll("'", `'\\''`),
    word.replaceAll("'", `'"'"'`),
    word.replace(/(["\\$`])/g, '\\$1'),
    word.replace(/[^A-Za-z0-9_@%+=:,./-]/g, '\\$&'),
    Buffer.from(word, 'utf16le'),
    Buffer.from(word, 'utf16le').toString('base64').replace(/.?=*$/, ''),
  ];
}

/**
 * Base64 of `bytes` wherever it stands in a longer text: for each of the three alignments the characters that depend on
 * `bytes` alone, and the whole with its padding, in the standard and the URL alphabet.
 */
export function base64Forms(bytes: Uint8Array): string[] {
  const forms: string[] = [];
  for (const before of [0, 1, 2]) {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const rest = (before + bytes.length) % 3;
    // The last character before the padding also carries bits of whatever would follow.
    const core = text.slice([0, 2, 3][before], rest === 0 ? undefined : rest === 1 ? -3 : -2);
    forms.push(core, urlAlphabet(core));
    const whole = text.slice([0, 2, 3][before]);
    forms.push(whole, urlAlphabet(whole), whole.replace(/=+$/, ''), urlAlphabet(whole).replace(/=+$/, ''));
  }
  return forms;
}

/** Base64 of base64, as in the attack that printed secrets past masks: both layers at every alignment, the inner one also in lines of 76. */
function base64Twice(bytes: Uint8Array): string[] {
  const inner = base64Forms(bytes).flatMap((form) => [form, `${form}\n`]);
  const exact = Buffer.from(bytes).toString('base64');
  if (exact.length > 76) inner.push(exact.replace(/.{76}/g, '$&\n'));
  return [...new Set(inner)].filter((form) => form.length >= SHORTEST_FORM).flatMap((form) => base64Forms(Buffer.from(form)));
}

const urlAlphabet = (text: string): string => text.replaceAll('+', '-').replaceAll('/', '_');
const lowerPercent = (text: string): string => text.replace(/%[0-9A-F]{2}/g, (part) => part.toLowerCase());
/** What `encodeURIComponent` leaves and stricter encoders don't. */
const strictPercent = (text: string): string => text.replace(/[!'()*~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
const formEncoded = (text: string): string => new URLSearchParams({ v: text }).toString().slice(2);
const jsonInner = (text: string): string => JSON.stringify(text).slice(1, -1);
const asciiJson = (json: string): string =>
  json.replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
const xml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
