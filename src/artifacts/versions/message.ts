/**
 * Commit messages as Conventional Commits 1.0.0 (https://www.conventionalcommits.org/en/v1.0.0/) defines them. Written
 * by hand and not with a library, because messages come from strangers: every pattern here is linear in its input, and
 * no line of a message can name a field of ours.
 */
export type ConventionalMessage = {
  /** Lower case: `feat`, `fix`, `chore` ... */
  readonly type: string;
  readonly scope: string | null;
  readonly description: string;
  /** What breaks, in the author's words; null where nothing does. */
  readonly breaking: string | null;
  readonly reverts: Reverts | null;
  /** What it says it closes, and the pull request that a forge adds in brackets: `#12`, `SHOP-7`. At most 20. */
  readonly issues: readonly string[];
};

/** What a revert says it undoes: commit ids (maybe abbreviated), and the subject where git's own wording quotes it. */
export type Reverts = { readonly commits: readonly string[]; readonly subject: string | null };

const HEADER = /^([A-Za-z][\w-]{0,39})(?:\(([^()]{1,100})\))?(!)?:[ \t]+(\S.*)$/;
/** Upper case is required by the specification; a sentence that starts with "Breaking change" is only a sentence. */
const BREAKING = /^BREAKING[ -]CHANGE(?:: | #)(.*)$/;
const MARKED = /^[A-Za-z][\w-]{0,39}(?:\([^()]{1,100}\))?!:[ \t]+(\S.*)$/;
const TOKEN = /^[A-Za-z][\w-]{0,60}(?:: | #)/;
const GIT_REVERT = /^Revert "(.*)"$/;
const REVERTED = /\bThis reverts commit ([0-9a-f]{7,64})\b/g;
const PULL = /\((#\d{1,9})\)$/;
const CLOSES = /^(?:[*-] )?(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?|refs?|references)(?::| )\s*(\S.*)$/i;
const ISSUE = /(?:^|[\s,(])(#\d{1,9}|[A-Z][A-Z0-9]{1,9}-\d{1,9})(?![\w-])/g;
const REFERENCES = /^Refs?: (.*)$/i;

/** Reads one message. Null: it is not a conventional commit (git's own `Revert "..."` counts as `revert`). */
export function readMessage(subject: string, body: string): ConventionalMessage | null {
  const lines = body.split(/\r?\n/);
  const quoted = GIT_REVERT.exec(subject);
  if (quoted !== null) {
    return {
      type: 'revert',
      scope: null,
      description: subject,
      breaking: readBreaking(lines),
      reverts: readReverts(lines, quoted[1] ?? null),
      issues: readIssues(subject, lines),
    };
  }
  const [, type, scope, mark, description] = HEADER.exec(subject) ?? [];
  if (type === undefined || description === undefined) return null;
  const footer = readBreaking(lines);
  return {
    type: type.toLowerCase(),
    scope: scope?.trim() || null,
    description: description.trim(),
    breaking: footer ?? (mark === '!' ? description.trim() : null),
    reverts: type.toLowerCase() === 'revert' ? readReverts(lines, description.trim()) : null,
    issues: readIssues(subject, lines),
  };
}

/**
 * The text of the first breaking-change footer with its continuation lines, or of a line marked with `!` (a squash merge
 * lists the messages of its commits in its body, and one that breaks must not be lost there).
 */
function readBreaking(lines: readonly string[]): string | null {
  const at = lines.findIndex((line) => BREAKING.test(line));
  if (at >= 0) {
    const text = [BREAKING.exec(lines[at] ?? '')?.[1] ?? ''];
    for (const line of lines.slice(at + 1)) {
      if (line.trim() === '' || TOKEN.test(line) || BREAKING.test(line)) break;
      text.push(line.trim());
    }
    return text.join(' ').trim() || 'the commit says so without words';
  }
  for (const line of lines) {
    const marked = MARKED.exec(line.replace(/^[*-] /, ''));
    if (marked !== null) return marked[1] ?? null;
  }
  return null;
}

function readReverts(lines: readonly string[], subject: string | null): Reverts {
  const commits = new Set<string>();
  for (const [, id] of lines.join('\n').matchAll(REVERTED)) if (id !== undefined) commits.add(id);
  for (const line of lines) {
    for (const word of REFERENCES.exec(line)?.[1]?.split(/[\s,]+/) ?? []) if (/^[0-9a-f]{7,64}$/.test(word)) commits.add(word);
  }
  return { commits: [...commits], subject };
}

function readIssues(subject: string, lines: readonly string[]): readonly string[] {
  const found = new Set<string>();
  const pull = PULL.exec(subject)?.[1];
  if (pull !== undefined) found.add(pull);
  for (const line of lines) {
    if (line.length > 1000 || found.size >= 20) continue;
    for (const [, issue] of CLOSES.exec(line)?.[1]?.matchAll(ISSUE) ?? []) if (issue !== undefined) found.add(issue);
  }
  return found.size === 0 ? NO_ISSUES : [...found].slice(0, 20);
}

const NO_ISSUES: readonly string[] = [];
