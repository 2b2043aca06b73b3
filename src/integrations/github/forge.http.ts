import { readCoAuthors } from '../../host/git.ts';
import { path, type Caller } from '../connections/vendor.ts';
import type { Login, ReviewState } from '../forges/forge-event.ts';
import { distinctLogins, fit, pathBelow, PEOPLE_MOST, withCoAuthors, type Forge, type ReviewNow } from '../forges/forge.ts';
import { at, flag, instant, link, list, NAME, sha, text } from '../forges/loose.ts';
import { readPull, readUser } from '../forges/read-alike.ts';
import { translateGithub } from './translate.ts';

/** GitHub's REST API, version 2022-11-28 (https://docs.github.com/rest). */
export const githubForge: Forge = {
  vendor: 'github',
  translate: translateGithub,
  // github.com's API has a host of its own; an Enterprise Server's is below /api/v3 of its pages.
  pathOf: ({ url }, repository) => {
    const api = new URL(url);
    return pathBelow(api.hostname === 'api.github.com' ? 'https://github.com' : api.origin, repository);
  },
  gitUser: () => 'x-access-token',

  async repository(caller, repository) {
    // A renamed repository answers 301 to its new place on the same host.
    const answer = await caller.ask({ path: repo(repository), redirects: 1, expect: [404, 403, 451] });
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
    const answer = await caller.ask({ path: `${repo(repository)}/branches/${path(branch)}`, redirects: 1, expect: [401, 403, 404] });
    if (answer.status !== 200) return { state: 'unknown', detail: `the forge answers ${answer.status} for the branch` };
    const on = flag(at(answer.json, 'protected'));
    if (on === null) return { state: 'unknown', detail: 'the forge does not say it' };
    return on ? { state: 'protected', detail: 'protected at the forge' } : { state: 'open', detail: 'not protected at the forge' };
  },

  async mergeRequest(caller, repository, number) {
    const base = `${repo(repository)}/pulls/${path(number)}`;
    const answer = await caller.ask({ path: base, redirects: 1, expect: [404] });
    const seen = answer.status === 200 ? readPull(answer.json) : null;
    if (seen === null) return null;
    const reviews = (await all(caller, `${base}/reviews`, 500)).flatMap((one) => reviewOf(one) ?? []);
    const commits = await all(caller, `${base}/commits`, PEOPLE_MOST);
    const authors = commits.flatMap(authorsOf);
    const total = Number(at(answer.json, 'commits') ?? commits.length);
    const [head, target] = [seen.source.repository, seen.target.repository];
    const fork = target === null ? null : head?.id !== target.id;
    return { seen, reviews, authors: distinctLogins(authors), complete: total <= commits.length, fork };
  },

  async recent(caller, repository) {
    const query = { state: 'all', sort: 'updated', direction: 'desc', per_page: 100 };
    const { json } = await caller.ask({ path: `${repo(repository)}/pulls`, query, redirects: 1 });
    return list(json).flatMap((one) => (typeof at(one, 'number') === 'number' ? [at(one, 'number') as number] : []));
  },

  async status(caller, repository, commit, wanted) {
    // Checks may be written by Apps alone; they show the reasons. A token writes the one line of a status.
    if (caller.connection.settings['installation'] !== undefined) return check(caller, repository, commit, wanted);
    const { state, target, context, description } = wanted;
    const json = { state, context, description: fit(description, 140), ...(target === null ? {} : { target_url: target }) };
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
    const config = { url, content_type: 'json', secret, insecure_ssl: '0' };
    const events = [
      'push',
      'create',
      'delete',
      'pull_request',
      'pull_request_review',
      'issue_comment',
      'repository',
      'workflow_run',
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
    await caller.ask({ method: 'POST', path: `${repo(repository)}/hooks`, json: { name: 'web', active: true, events, config } });
  },
};

function repo(repository: string): string {
  const [owner = '', ...name] = repository.split('/');
  return `repos/${path(owner, name.join('/'))}`;
}

async function all(caller: Caller, listing: string, most: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const page of caller.pages({ path: listing, query: { per_page: 100 }, redirects: 1 })) {
    found.push(...list(page));
    if (found.length >= most) break;
  }
  return found.slice(0, most);
}

const REVIEWS: Readonly<Record<string, ReviewState>> = {
  APPROVED: 'approved',
  CHANGES_REQUESTED: 'changes-requested',
  COMMENTED: 'commented',
  DISMISSED: 'dismissed',
  PENDING: 'pending',
};

function reviewOf(value: unknown): ReviewNow | null {
  const reviewer = readUser(at(value, 'user'));
  const state = REVIEWS[text(at(value, 'state'), NAME) ?? ''];
  return reviewer === null || state === undefined
    ? null
    : { reviewer, state, commit: sha(at(value, 'commit_id')), at: instant(at(value, 'submitted_at')) };
}

/** The account that GitHub takes a commit's author for, with the address that stands in the commit; its co-authors. */
function authorsOf(value: unknown): readonly Login[] {
  const named = readUser(at(value, 'commit', 'author'));
  const account = readUser(at(value, 'author'));
  const author = account === null ? named : { ...account, name: named?.name ?? account.name, email: named?.email ?? null };
  return withCoAuthors(author, readCoAuthors(text(at(value, 'commit', 'message'), 20_000) ?? ''));
}

async function check(caller: Caller, repository: string, commit: string, wanted: Parameters<Forge['status']>[3]): Promise<void> {
  const listing = `${repo(repository)}/commits/${path(commit)}/check-runs`;
  const { json } = await caller.ask({ path: listing, query: { check_name: wanted.context, filter: 'latest', per_page: 1 } });
  const id = text(at(list(at(json, 'check_runs'))[0], 'id'), NAME);
  const conclusion = { success: 'success', failure: 'failure', error: 'action_required' } as const;
  const body = {
    name: wanted.context,
    ...(wanted.target === null ? {} : { details_url: wanted.target }),
    ...(wanted.state === 'pending' ? { status: 'in_progress' } : { status: 'completed', conclusion: conclusion[wanted.state] }),
    output: { title: fit(wanted.description, 250), summary: fit(wanted.summary, 60_000) },
  };
  if (id === null) await caller.ask({ method: 'POST', path: `${repo(repository)}/check-runs`, json: { ...body, head_sha: commit } });
  else await caller.ask({ method: 'PATCH', path: `${repo(repository)}/check-runs/${path(id)}`, json: body, repeatable: true });
}
