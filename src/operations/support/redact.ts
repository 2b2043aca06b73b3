const MASK = '***';

/** What has the form of a secret or of personal data, wherever it stands. Each is linear in the length of a line. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]{3,40}-----[\s\S]*?(?:-----END [A-Z ]{3,40}-----|$)/g, MASK],
  // Our own credentials, links and registrations.
  [/\bym_[a-z]{2,8}_[0-9A-Za-z]{6,}/g, `ym_${MASK}`],
  [/\bwhsec_[0-9A-Za-z+/=_-]{6,}/g, MASK],
  [/\b(Bearer|Basic|Digest|token)(\s+|%20)[\x21-\x7e]{6,}/gi, `$1 ${MASK}`],
  // Those of others: forges, clouds, chat, key services, JSON web tokens.
  [
    /\b(?:gh[pousr]_|github_pat_|glpat-|xox[abposr]-|sk-|sk_live_|rk_live_|npm_|pypi-|hv[sbr]\.|AKIA|ASIA|AIza|dop_v1_|shpat_)[0-9A-Za-z_.-]{8,}/g,
    MASK,
  ],
  [/\beyJ[0-9A-Za-z_-]{6,}\.[0-9A-Za-z_-]{2,}(?:\.[0-9A-Za-z_-]*)?/g, MASK],
  // Who signs in to an address.
  [/([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@"']{1,300}@/gi, `$1${MASK}@`],
  // A field by its name, in JSON and in key=value.
  [
    /("(?:[a-z0-9_-]{0,40}(?:password|passwd|secret|token|authorization|cookie|credential|private_?key|api_?key)[a-z0-9_-]{0,20})"\s*:\s*)"(?:[^"\\]|\\.)*"/gi,
    `$1"${MASK}"`,
  ],
  [/\b((?:[a-z0-9_]{0,40}(?:password|passwd|secret|token|api_?key))\s*[=:]\s*)[^\s"',;&]{3,}/gi, `$1${MASK}`],
  // People.
  [/[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8}/gu, '<e-mail>'],
];

/** Digests, commits and our ids are long too, and are needed to find one's way. */
const HARMLESS = /^(?:sha256:)?[0-9a-f]{7,64}$|^[a-z]{2,5}_[0-9a-f]{32}$/;
const LONG = /[0-9A-Za-z+/_=-]{32,}/g;

/**
 * A text without what looks like a secret or an e-mail address. Made for logs and error texts that leave the house: it
 * rather takes away too much.
 */
export function redacted(text: string): string {
  const known = FORMS.reduce((left, [form, by]) => left.replace(form, by), text);
  return known.replace(LONG, (word) => (HARMLESS.test(word) || isPath(word) ? word : MASK));
}

/** Random texts mix cases and digits between their slashes; names of files, tables and routes hardly do. */
function isPath(word: string): boolean {
  return word.split(/[/_=-]/).every((part) => part.length < 16 && !/[a-z][A-Z][a-z]?\d|\d[A-Z]|[A-Z]\d[a-z]/.test(part));
}
