import { readCoAuthors } from '../../host/git.ts';
import { path, type Caller } from '../connections/vendor.ts';
import type { Login, ReviewState } from '../forges/forge-event.ts';
import { distinctLogins, fit, pathBelow, PEOPLE_MOST, withCoAuthors, type Forge } from '../forges/forge.ts';
import { at, count, flag, list, NAME, text } from '../forges/loose.ts';
import { guardsOf } from './guards.http.ts';
import { readAzurePull, readAzureRepository, readAzureUser, translateAzure } from './translate.ts';

const VERSION = { 'api-version': '7.1' };

/** Azure Repos by the REST API 7.1 (https://learn.microsoft.com/rest/api/azure/devops/git/). A path is `Project/Repository`. */
export const azureForge: Forge = {
  vendor: 'azure',
  translate: translateAzure,
  // `https://dev.azure.com/ORG/Project/_git/Repository`; a project's own repository leaves its name out.
  pathOf: ({ url }, repository) => {
    const below = pathBelow(url.replace(/\/+$/, ''), repository.replace(/\/\/[^/@]*@/, '//'));
    const [, project, name] = /^(?:([^/]+)\/)?_git\/([^/]+)$/.exec(below ?? '') ?? [];
    return name === undefined ? null : `${project ?? name}/${name}`;
  },
  gitUser: () => 'yardmaster',

  async repository(caller, repository) {
    const answer = await caller.ask({ path: repo(repository), query: VERSION, expect: [401, 403, 404] });
    const seen = answer.status === 200 ? readAzureRepository(answer.json) : null;
    return seen === null ? null : { ...seen, archived: flag(at(answer.json, 'isDisabled')) ?? false };
  },

  async protection(caller, repository, branch) {
    const seen = await caller.ask({ path: repo(repository), query: VERSION, expect: [401, 403, 404] });
    const id = seen.status === 200 ? text(at(seen.json, 'id'), NAME) : null;
    const [project = ''] = repository.split('/');
    const guards = id === null ? null : await guardsOf(caller, project, id, branch);
    if (guards === null) return { state: 'unknown', detail: 'its policies can not be read' };
    if (guards.length === 0) return { state: 'open', detail: 'no blocking policy guards this branch' };
    return { state: 'protected', detail: guards.join(', ') };
  },

  async mergeRequest(caller, repository, number) {
    const base = `${repo(repository)}/pullrequests/${path(number)}`;
    const answer = await caller.ask({ path: base, query: VERSION, expect: [404] });
    const seen = answer.status === 200 ? readAzurePull(answer.json) : null;
    if (seen === null) return null;
    const reviews = list(at(answer.json, 'reviewers')).flatMap((one) => {
      const reviewer = readAzureUser(one);
      const state = voted(at(one, 'vote'));
      return reviewer === null || state === null ? [] : [{ reviewer, state, commit: null, at: null }];
    });
    const page = await caller.ask({ path: `${base}/commits`, query: { ...VERSION, $top: PEOPLE_MOST + 1 } });
    const commits = list(at(page.json, 'value'));
    const authors = commits.slice(0, PEOPLE_MOST).flatMap((one) => {
      const [name, email] = [text(at(one, 'author', 'name'), NAME), text(at(one, 'author', 'email'), NAME)];
      const author: Login | null = name === null && email === null ? null : { id: null, login: null, name, email, bot: false };
      return withCoAuthors(author, readCoAuthors(text(at(one, 'comment'), 20_000) ?? ''));
    });
    const fork = at(answer.json, 'forkSource') !== undefined;
    return { seen, reviews, authors: distinctLogins(authors), complete: commits.length <= PEOPLE_MOST, fork };
  },

  async recent(caller, repository) {
    const query = { ...VERSION, 'searchCriteria.status': 'all', $top: 100 };
    const { json } = await caller.ask({ path: `${repo(repository)}/pullrequests`, query });
    return list(at(json, 'value')).flatMap((one) => count(at(one, 'pullRequestId')) ?? []);
  },

  async status(caller, repository, commit, { context, state, description, target }) {
    const words = { pending: 'pending', success: 'succeeded', failure: 'failed', error: 'error' } as const;
    const [genre = 'yardmaster', ...name] = context.split('/');
    const json = {
      state: words[state],
      description: fit(description, 250),
      context: { genre, name: name.join('/') || 'run' },
      ...(target === null ? {} : { targetUrl: target }),
    };
    await caller.ask({
      method: 'POST',
      path: `${repo(repository)}/commits/${path(commit)}/statuses`,
      query: VERSION,
      json,
      repeatable: true,
    });
  },

  // Azure Repos has tags; its releases are of another product.
  release: null,

  async hook(caller, repository, { url, secret }) {
    const seen = await caller.ask({ path: repo(repository), query: VERSION });
    const [project, id] = [text(at(seen.json, 'project', 'id'), NAME), text(at(seen.json, 'id'), NAME)];
    const there = await caller.ask({ path: '_apis/hooks/subscriptions', query: VERSION });
    for (const eventType of [
      'git.push',
      'git.pullrequest.created',
      'git.pullrequest.updated',
      'git.pullrequest.merged',
      'build.complete',
    ]) {
      const old = list(at(there.json, 'value')).find(
        (one) => at(one, 'eventType') === eventType && at(one, 'consumerInputs', 'url') === url,
      );
      const json = {
        publisherId: 'tfs',
        eventType,
        resourceVersion: '1.0',
        consumerId: 'webHooks',
        consumerActionId: 'httpRequest',
        // Builds are of a project, whatever repository they are of.
        publisherInputs: { projectId: project, ...(eventType === 'build.complete' ? {} : { repository: id }) },
        // Service hooks sign nothing: the secret goes along as a password, over TLS.
        consumerInputs: { url, basicAuthUsername: 'yardmaster', basicAuthPassword: secret },
      };
      await subscribe(caller, text(at(old, 'id'), NAME), json);
    }
  },
};

async function subscribe(caller: Caller, id: string | null, json: Readonly<Record<string, unknown>>): Promise<void> {
  if (id === null) await caller.ask({ method: 'POST', path: '_apis/hooks/subscriptions', query: VERSION, json });
  else await caller.ask({ method: 'PUT', path: `_apis/hooks/subscriptions/${path(id)}`, query: VERSION, json: { ...json, id } });
}

function repo(repository: string): string {
  const [project = '', ...name] = repository.split('/');
  return `${path(project)}/_apis/git/repositories/${path(name.join('/'))}`;
}

/** 10 and 5 approve (with suggestions), -5 waits for the author, -10 rejects. */
function voted(vote: unknown): ReviewState | null {
  if (typeof vote !== 'number' || vote === 0) return null;
  return vote > 0 ? 'approved' : 'changes-requested';
}
