/** What we know of git without running it: names, commits and the texts that git prints. Pure; `git.run.ts` spawns it. */

export type GitPerson = { readonly name: string; readonly email: string };

/** One commit as git tells it. `at` is the committer's instant (RFC 3339, UTC); e-mails are as written, not mapped. */
export type Commit = {
  readonly id: string;
  readonly parents: readonly string[];
  readonly author: GitPerson;
  readonly committer: GitPerson;
  /** From `Co-authored-by:` lines anywhere in the message. */
  readonly coAuthors: readonly GitPerson[];
  readonly at: string;
  readonly subject: string;
  readonly body: string;
};

/** A tag by its short name, and the commit it leads to (annotated tags are peeled). */
export type Tag = { readonly name: string; readonly commit: string };

/** A ref by its full name (`refs/heads/main`) and the object it names. */
export type Head = { readonly ref: string; readonly commit: string };

const COMMIT_ID = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/** Whether `text` is a full commit id, SHA-1 or SHA-256. */
export function isCommitId(text: string): boolean {
  return COMMIT_ID.test(text);
}

/**
 * Whether `name` is a branch, tag or full ref name that may be given to git: the rules of git-check-ref-format(1), and
 * beyond them no leading dash and at most 250 bytes.
 */
export function validRef(name: string): boolean {
  if (name === '' || name === '@' || Buffer.byteLength(name) > 250 || name.startsWith('-')) return false;
  // eslint-disable-next-line no-control-regex
  if (/[\0-\x20\x7f~^:?*[\\]/.test(name) || name.includes('..') || name.includes('@{')) return false;
  return !name.endsWith('.') && name.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'));
}

/** The kinds of address that we let git talk to; `ext::` and its kin run programs. */
export const GIT_PROTOCOLS = ['file', 'http', 'https', 'ssh'] as const;

/** Why `url` can't be a repository's address, or null where it can: an URL of an allowed protocol, or an absolute path. */
export function repositoryUrlFault(url: string): string | null {
  // eslint-disable-next-line no-control-regex
  if (url.length > 2000 || /[\0-\x1f\x7f]/.test(url)) return 'it is too long or holds control characters';
  if (url.startsWith('/')) return null;
  const parsed = URL.parse(url);
  if (parsed === null) return 'it is neither an URL nor an absolute path';
  if (!GIT_PROTOCOLS.some((protocol) => parsed.protocol === `${protocol}:`))
    return `its protocol must be one of ${GIT_PROTOCOLS.join(', ')}`;
  // ssh takes a host that starts with a dash for an option.
  if (parsed.hostname.startsWith('-') || parsed.username.startsWith('-')) return 'its host or user starts with a dash';
  return parsed.password === '' ? null : 'it holds a password';
}

/** The `--format` that {@link parseCommits} reads, for `git log -z`: eight fields, each ended by NUL. */
export const COMMIT_FORMAT = 'tformat:%H%x00%P%x00%an%x00%ae%x00%cn%x00%ce%x00%ct%x00%B';
const FIELDS = 8;

/** Commits from what `git log -z --format=COMMIT_FORMAT` printed. NUL can't stand in a commit, so no message can forge a field. */
export function parseCommits(text: string): Commit[] {
  const fields = text.split('\0');
  const commits: Commit[] = [];
  for (let at = 0; at + FIELDS <= fields.length - 1; at += FIELDS) {
    const [id = '', parents = '', an = '', ae = '', cn = '', ce = '', ct = '', message = ''] = fields.slice(at, at + FIELDS);
    const [subject = '', ...rest] = message.split('\n');
    commits.push({
      id,
      parents: parents === '' ? [] : parents.split(' '),
      author: { name: an, email: ae },
      committer: { name: cn, email: ce },
      coAuthors: readCoAuthors(message),
      at: instantOf(Number(ct)),
      subject: subject.trim(),
      body: rest.join('\n').trim(),
    });
  }
  return commits;
}

/** Seconds since the epoch as an instant; times that no calendar holds become the epoch, never an exception. */
function instantOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999 || date.getUTCFullYear() < 0
    ? new Date(0).toISOString()
    : date.toISOString();
}

/** The people of `Co-authored-by: Name <e-mail>` lines, in any case, wherever they stand in the message. */
export function readCoAuthors(message: string): GitPerson[] {
  const people: GitPerson[] = [];
  for (const line of message.split('\n')) {
    if (line.length > 1000 || !/^\s*co-authored-by\s*:/i.test(line)) continue;
    const value = line.slice(line.indexOf(':') + 1);
    const open = value.lastIndexOf('<');
    const close = value.lastIndexOf('>');
    const email = open >= 0 && close > open ? value.slice(open + 1, close).trim() : value.trim();
    const name = open >= 0 ? value.slice(0, open).trim() : '';
    // A line that names nobody we can tell apart still counts: its text becomes an address that maps to no person.
    if (email !== '' && !people.some((person) => person.email === email)) people.push({ name, email });
  }
  return people;
}

/**
 * Heads from lines of `<object> <ref>` (ls-remote: tab; for-each-ref with our format: space). A `ref^{}` line peels the
 * annotated tag before it. Lines of another form, and names that git itself would refuse, are passed over.
 */
export function parseHeads(text: string): Head[] {
  const heads = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [commit = '', name = ''] = line.split(/[\t ]/, 2);
    const ref = name.replace(/\^\{\}$/, '');
    if (isCommitId(commit) && ref.startsWith('refs/') && validRef(ref)) heads.set(ref, commit);
  }
  return [...heads].map(([ref, commit]) => ({ ref, commit }));
}

/** `main` from `refs/heads/main`, `v1` from `refs/tags/v1`; anything else as it stands. */
export function shortRef(ref: string): string {
  return ref.replace(/^refs\/(?:heads|tags)\//, '');
}
