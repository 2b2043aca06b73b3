import type { Caller, Connection } from '../connections/vendor.ts';
import type { Login, MergeRequestSeen, ReviewState, Translate } from './forge-event.ts';

/** A repository as its forge says it is now. */
export type RepositoryNow = {
  readonly id: string | null;
  /** As it is called now: another one than asked for where it was renamed. */
  readonly path: string;
  readonly branch: string | null;
  readonly private: boolean | null;
  readonly archived: boolean;
  readonly link: string | null;
};

/** Whether a branch is protected. `unknown`: it could not be read, which is not a no. */
export type Protection = { readonly state: 'protected' | 'open' | 'unknown'; readonly detail: string };

export type ReviewNow = {
  readonly reviewer: Login;
  readonly state: ReviewState;
  readonly commit: string | null;
  readonly at: string | null;
};

/** A merge request as its forge says it is now, with everybody who had a hand in it. */
export type MergeRequestNow = {
  readonly seen: MergeRequestSeen;
  readonly reviews: readonly ReviewNow[];
  /** Who wrote its commits, and who is named in them as co-author. */
  readonly authors: readonly Login[];
  /** False: there are more commits than were read, so nobody may say that these are all. */
  readonly complete: boolean;
  /** Its head lies in another repository than its base; null: not known. */
  readonly fork: boolean | null;
};

/** What is said of a commit at the forge. Words of strangers do not get here: it is made from our own decisions. */
export type StatusWanted = {
  /** `yardmaster/run`, `yardmaster/prod`. */
  readonly context: string;
  readonly state: 'pending' | 'success' | 'failure' | 'error';
  /** One line. */
  readonly description: string;
  /** Markdown, for forges that show more than a line. */
  readonly summary: string;
  readonly target: string | null;
};

export type ReleaseWanted = { readonly tag: string; readonly commit: string; readonly title: string; readonly notes: string };

/**
 * What a forge can be asked and told. Everything goes through the caller: its limits, retries and credentials. What is not
 * there (any more) is null.
 */
export type Forge = {
  /** Whether this forge is meant by a vendor's name. */
  readonly vendor: string;
  readonly translate: Translate;
  /** The path (`group/name`) of a repository's git address, where it lies at this connection; null: it does not. */
  pathOf(connection: Connection, url: string): string | null;
  /** Who signs in to git over https, beside the caller's password. */
  gitUser(connection: Connection): string;
  repository(caller: Caller, path: string): Promise<RepositoryNow | null>;
  protection(caller: Caller, path: string, branch: string): Promise<Protection>;
  mergeRequest(caller: Caller, path: string, number: number): Promise<MergeRequestNow | null>;
  /** Numbers of the merge requests that changed last, newest first, at most a hundred. */
  recent(caller: Caller, path: string): Promise<readonly number[]>;
  /** Says something of a commit; the same context once more replaces what was said. */
  status(caller: Caller, path: string, commit: string, wanted: StatusWanted): Promise<void>;
  /** Makes a tag with a release, or brings its notes up to date; null: this forge has no releases. */
  readonly release: ((caller: Caller, path: string, wanted: ReleaseWanted) => Promise<void>) | null;
  /** Registers a webhook once: one of the same address is brought up to date. */
  hook(caller: Caller, path: string, hook: { readonly url: string; readonly secret: string }): Promise<void>;
};

/** Commits and reviews of one merge request that are read. */
export const PEOPLE_MOST = 250;

/** Everybody once. */
export function distinctLogins(all: readonly Login[]): readonly Login[] {
  const key = ({ id, login, email }: Login): string => JSON.stringify([login ?? id, email?.toLowerCase() ?? null]);
  return [...new Map(all.map((one) => [key(one), one])).values()];
}

/** People of `Co-authored-by:` lines as logins. */
export function withCoAuthors(
  author: Login | null,
  coAuthors: readonly { readonly name: string; readonly email: string }[],
): readonly Login[] {
  const named = coAuthors.map(({ name, email }) => ({
    id: null,
    login: null,
    name: name.slice(0, 255),
    email: email.slice(0, 255),
    bot: false,
  }));
  return author === null ? named : [author, ...named];
}

/**
 * The path of a repository below a web address: `https://host/base` and `https://host/base/group/name.git` give `group/name`.
 * An ssh address (`git@host:group/name.git`, `ssh://git@host/group/name`) is of the same host. null: another host or no path.
 */
export function pathBelow(web: string, url: string): string | null {
  const base = URL.parse(web);
  const scp = /^[A-Za-z0-9_.-]+@([A-Za-z0-9.-]+):(?!\/\/)(.+)$/.exec(url);
  const parsed = scp === null ? URL.parse(url) : URL.parse(`ssh://${scp[1] ?? ''}/${scp[2] ?? ''}`);
  if (base === null || parsed === null) return null;
  const http = parsed.protocol === 'https:' || parsed.protocol === 'http:';
  if (http ? parsed.origin !== base.origin : parsed.protocol !== 'ssh:' || parsed.hostname !== base.hostname) return null;
  const root = http ? base.pathname.replace(/\/+$/, '') : '';
  if (!parsed.pathname.startsWith(`${root}/`)) return null;
  const path = decoded(parsed.pathname.slice(root.length + 1))
    .replace(/\/+$/, '')
    .replace(/\.git$/, '');
  return path === '' || path.split('/').some((part) => part === '' || part === '.' || part === '..') ? null : path;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Text that fits: cut with an ellipsis. */
export function fit(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`.toWellFormed();
}
