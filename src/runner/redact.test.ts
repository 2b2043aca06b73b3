import fc from 'fast-check';
import { expect, test } from 'vitest';
import { redactorOf, redactText, unmaskable, type Redactor } from './redact.ts';
import { secretForms } from './secret-forms.ts';

/** Pushes `text` in pieces cut at `cuts` and answers everything shown. */
function inPieces(stream: Redactor, text: Buffer, cuts: readonly number[]): string {
  const shown: Uint8Array[] = [];
  const points = [...new Set([0, ...cuts.map((cut) => cut % (text.length + 1)), text.length])].sort((a, b) => a - b);
  for (let i = 1; i < points.length; i++) shown.push(stream.push(text.subarray(points[i - 1], points[i])));
  return Buffer.concat([...shown, stream.end()]).toString('latin1');
}

/** The encodings, written once more and apart from the code under test. */
const ENCODINGS: Record<string, (value: string) => string> = {
  plain: (value) => value,
  base64: (value) => btoa(bin(value)),
  'base64 after one byte': (value) => btoa(`x${bin(value)}`),
  'base64 after two bytes, with more behind': (value) => btoa(`xy${bin(value)}tail`),
  'base64 of an assignment': (value) => btoa(`PASSWORD=${bin(value)}\n`),
  'base64 twice': (value) => btoa(btoa(bin(value))),
  'base64 twice, inner with a line end': (value) => btoa(`${btoa(`${bin(value)}\n`)}\n`),
  base64url: (value) => Buffer.from(value).toString('base64url'),
  hex: (value) => Buffer.from(value).toString('hex'),
  HEX: (value) => Buffer.from(value).toString('hex').toUpperCase(),
  url: (value) => encodeURIComponent(value),
  form: (value) => new URLSearchParams({ k: value }).toString().slice(2),
  json: (value) => JSON.stringify(value),
  'json in json': (value) => JSON.stringify(JSON.stringify(value)),
  reversed: (value) => [...value].reverse().join(''),
  xml: (value) => value.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c),
  'split by lines': (value) => value.replace(/(.{3})/gu, '$1\n'),
  'base64 in lines of 20': (value) => btoa(bin(value)).replace(/(.{20})/g, '$1\r\n'),
};
const bin = (value: string) => Buffer.from(value).toString('latin1');

/** What of an encoding must be gone: its middle, without the characters that neighbours share. */
const core = (encoded: string) => encoded.replace(/[\r\n]/g, '');

const tokenLike = fc.stringMatching(/^[A-Za-z0-9_+/=.-]{8,40}$/);
const nasty = fc
  .string({ minLength: 8, maxLength: 30, unit: fc.constantFrom(...`abcXYZ019 !"#$%&'()*+,-./:;<=>?@[\\]^_\`{|}~äß€`) })
  .filter((value) => value.trim().length >= 8);

test('1,000 secrets x every encoding x random splits: none is left in what is shown', { timeout: 600_000 }, () => {
  const secrets = fc.sample(fc.oneof(tokenLike, nasty), { numRuns: 1000, seed: 7 });
  const redactor = redactorOf(secrets);
  const random = fc.sample(fc.array(fc.nat(), { maxLength: 12 }), { numRuns: 1000, seed: 8 });
  let checked = 0;
  secrets.forEach((secret, at) => {
    for (const [name, encode] of Object.entries(ENCODINGS)) {
      const encoded = encode(secret);
      const shown = inPieces(redactor(), Buffer.from(`before <${encoded}> after\n`), random[at] ?? []);
      const left = shown.replace(/[\r\n]/g, '');
      expect(left, `${name} of ${secret}`).toMatch(/^before <.*> after$/s);
      // At the ends of an encoding a few characters may stand that belong to its neighbours; no run of it longer than that may.
      const whole = Buffer.from(core(encoded)).toString('latin1');
      // What the encoding writes around any value at all is no leak.
      const neutral = Buffer.from(core(encode('\u0001'.repeat(Buffer.byteLength(secret))))).toString('latin1');
      for (let from = 0; from + 8 <= whole.length && from < whole.length - 8; from++) {
        const piece = whole.slice(from, from + 8);
        if (neutral.includes(piece)) continue;
        expect(left.includes(piece), `${name} of ${JSON.stringify(secret)} left ${piece} in ${left}`).toBe(false);
      }
      checked++;
    }
  });
  expect(checked).toBe(1000 * Object.keys(ENCODINGS).length);
});

test('how the text is cut changes nothing of what is shown', () => {
  const redactor = redactorOf(['hunter2hunter2', 'hunter2hunter3', 'abcabcabd', 'aaaaaaab']);
  const word = fc.constantFrom('hunter2', 'hunter3', 'abc', 'abd', 'aaaa', 'ab', '\n', ' ', 'x');
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 10 }), (words, cuts) => {
      const text = Buffer.from(words.join(''));
      expect(inPieces(redactor(), text, cuts)).toBe(inPieces(redactor(), text, []));
    }),
    { numRuns: 2000 },
  );
});

test('the matcher finds exactly what a plain search finds', { timeout: 600_000 }, () => {
  const value = fc.string({ minLength: 4, maxLength: 7, unit: fc.constantFrom('a', 'b') });
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 5 }),
      fc.string({ maxLength: 60, unit: fc.constantFrom('a', 'b') }),
      (values, text) => {
        const forms = values.flatMap(secretForms).map((form) => Buffer.from(form).toString());
        const masked = Array.from(text, () => false);
        for (const form of forms)
          for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) masked.fill(true, at, at + form.length);
        const expected = Array.from(text, (char, at) => (masked[at] ? (masked[at - 1] ? '' : '***') : char)).join('');
        expect(redactText(redactorOf(values), text)).toBe(expected);
      },
    ),
    { numRuns: 1000 },
  );
});

test('text without secrets passes as it is, byte for byte', () => {
  const redactor = redactorOf(fc.sample(tokenLike, { numRuns: 200, seed: 3 }));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.array(fc.nat(), { maxLength: 5 }), (bytes, cuts) => {
      expect(inPieces(redactor(), Buffer.from(bytes), cuts)).toBe(Buffer.from(bytes).toString('latin1'));
    }),
  );
});

test('a secret of several lines is masked as a whole and line by line; line breaks stay', () => {
  const pem = '-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nBAQEFAASCBKcwggSjAgEAAo\n-----END KEY-----\n';
  const redactor = redactorOf([pem]);
  expect(redactText(redactor, `key: ${pem}ok`)).toBe('key: ***\n***\n***\n***\nok');
  expect(redactText(redactor, 'only BAQEFAASCBKcwggSjAgEAAo here')).toBe('only *** here');
});

test('a pause lets go of a few bytes only, and what follows is still masked', () => {
  const stream = redactorOf(['secret-value'])();
  expect(Buffer.from(stream.push(Buffer.from('done s'))).toString()).toBe('done ');
  expect(Buffer.from(stream.pause()).toString()).toBe('s');
  expect(Buffer.from(stream.push(Buffer.from('ecret-value!'))).toString()).toBe('***!');
  stream.push(Buffer.from('secre'));
  expect(stream.pause()).toHaveLength(0);
});

test('values too short to be masked are named', () => {
  expect(unmaskable({ A: 'abc', B: 'abcd', C: '', D: ' ab ' })).toEqual(['A', 'D']);
});
