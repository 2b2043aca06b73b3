import { readCoAuthors } from '../../host/git.ts';
import { path, type Caller } from '../connections/vendor.ts';
import type { Login, ReviewState } from '../forges/forge-event.ts';
import { distinctLogins, fit, pathBelow, PEOPLE_MOST, withCoAuthors, type Forge, type ReviewNow } from '../forges/forge.ts';
import { at, count, flag, instant, link, list, NAME, sha, text } from '../forges/loose.ts';
import { readPull, readUser } from '../forges/read-alike.ts';
import { translateGitea } from './translate.ts';

/** The REST API of Gitea and Forgejo, v1 (https://docs.gitea.com/api). */
export const giteaForge: Forge = {
  vendor: 'gitea',
  translate: translateGitea,
  pathOf: ({ url }, repository) => pathBelow(url.replace(/\/api\/v1\/?$/, ''), repository),
  gitUser: () => 'oauth2',

  async repository(caller, repository) {
    const answer = await caller.ask({ path: repo(repository), redirects: 1, expect: [403, 404] });
    const name = answer.status === 200 ? text(at(answer.json, 'full_name'), NAME * 2) : null;
    if (name === null) return null;
    return {
      id: text(at(answer.json, 'id'), NAME),
      path: name,
      branch: text(at(answer.json, 'default_branch'), NAME),
      private: flag(at(answer.json, 'private')),
      archived: flag(at(answer.json, 'archived')) ?? false,
      link: link(at(answer.json, 'html_url')),
    };
  },

  async protection(caller, repository, branch) {
    const answer = await caller.ask({ path: `${repo(repository)}/branches/${path(branch)}`, expect: [401, 403, 404] });
    if (answer.status !== 200) return { state: 'unknown', detail: `the forge answers ${answer.status} for the branch` };
    const on = flag(at(answer.json, 'protected'));
    if (on === null) return { state: 'unknown', detail: 'the forge does not say it' };
    return on ? { state: 'protected', detail: 'protected at the forge' } : { state: 'open', detail: 'not protected at the forge' };
  },

  async mergeRequest(caller, repository, number) {
    const base = `${repo(repository)}/pulls/${path(number)}`;
    const answer = await caller.ask({ path: base, expect: [404] });
    const seen = answer.status === 200 ? readPull(answer.json) : null;
    if (seen === null) return null;
    const reviews = (await all(caller, `${base}/reviews`, 500)).flatMap((one) => reviewOf(one) ?? []);
    const commits = await all(caller, `${base}/commits`, PEOPLE_MOST + 1);
    const authors = commits.slice(0, PEOPLE_MOST).flatMap((one): readonly Login[] => {
      const named = readUser(at(one, 'commit', 'author'));
      const account = readUser(at(one, 'author'));
      const author = account === null ? named : { ...account, email: named?.email ?? account.email };
      return withCoAuthors(author, readCoAuthors(text(at(one, 'commit', 'message'), 20_000) ?? ''));
    });
    const [head, target] = [seen.source.repository, seen.target.repository];
    return {
      seen,
      reviews,
      authors: distinctLogins(authors),
      complete: commits.length <= PEOPLE_MOST,
      fork: target === null ? null : head?.id !== target.id,
    };
  },

  async recent(caller, repository) {
    const { json } = await caller.ask({ path: `${repo(repository)}/pulls`, query: { state: 'all', sort: 'recentupdate', limit: 50 } });
    return list(json).flatMap((one) => count(at(one, 'number')) ?? []);
  },

  async status(caller, repository, commit, { state, target, context, description }) {
    const json = { state, context, description: fit(description, 250), ...(target === null ? {} : { target_url: target }) };
    await caller.ask({ method: 'POST', path: `${repo(repository)}/statuses/${path(commit)}`, json, repeatable: true });
  },

  async release(caller, repository, { tag, commit, title, notes }) {
    const there = await caller.ask({ path: `${repo(repository)}/releases/tags/${path(tag)}`, expect: [404] });
    const json = { tag_name: tag, target_commitish: commit, name: fit(title, 200), body: fit(notes, 60_000) };
    const id = there.status === 200 ? text(at(there.json, 'id'), NAME) : null;
    if (id === null) await caller.ask({ method: 'POST', path: `${repo(repository)}/releases`, json });
    else if (at(there.json, 'body') !== json.body || at(there.json, 'name') !== json.name)
      await caller.ask({
        method: 'PATCH',
        path: `${repo(repository)}/releases/${path(id)}`,
        json: { name: json.name, body: json.body },
        repeatable: true,
      });
  },

  async hook(caller, repository, { url, secret }) {
    const config = { url, content_type: 'json', secret };
    const events = [
      'push',
      'create',
      'delete',
      'pull_request',
      'pull_request_review',
      'pull_request_sync',
      'issue_comment',
      'repository',
      'release',
    ];
    for (const one of await all(caller, `${repo(repository)}/hooks`, 100)) {
      if (at(one, 'config', 'url') !== url) continue;
      const id = text(at(one, 'id'), NAME) ?? '';
      await caller.ask({
        method: 'PATCH',
        path: `${repo(repository)}/hooks/${path(id)}`,
        json: { config, events, active: true },
        repeatable: true,
      });
      return;
    }
    await caller.ask({ method: 'POST', path: `${repo(repository)}/hooks`, json: { type: 'gitea', active: true, events, config } });
  },
};

function repo(repository: string): string {
  const [owner = '', ...name] = repository.split('/');
  return `repos/${path(owner, name.join('/'))}`;
}

async function all(caller: Caller, listing: string, most: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const page of caller.pages({ path: listing, query: { limit: 50 } })) {
    found.push(...list(page));
    if (found.length >= most) break;
  }
  return found.slice(0, most);
}

const REVIEWS: Readonly<Record<string, ReviewState>> = {
  APPROVED: 'approved',
  REQUEST_CHANGES: 'changes-requested',
  COMMENT: 'commented',
  PENDING: 'pending',
};

function reviewOf(value: unknown): ReviewNow | null {
  const reviewer = readUser(at(value, 'user'));
  const state = at(value, 'dismissed') === true ? 'dismissed' : REVIEWS[text(at(value, 'state'), NAME) ?? ''];
  return reviewer === null || state === undefined
    ? null
    : { reviewer, state, commit: sha(at(value, 'commit_id')), at: instant(at(value, 'submitted_at')) };
}
