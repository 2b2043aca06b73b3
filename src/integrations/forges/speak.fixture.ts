import type { Heard, Says } from '../connections/stub.fixture.ts';

/** A forge that says of everything what its world holds, each in its vendor's own words: the truth, whatever webhooks tell. */
export type SpokenPerson = { readonly id: number; readonly login: string; readonly name: string; readonly email: string };
export type SpokenRequest = {
  readonly title: string;
  readonly state: 'open' | 'merged' | 'closed';
  readonly branch: string;
  readonly target: string;
  readonly head: string;
  readonly fork: boolean;
  readonly author: SpokenPerson;
  readonly writer: SpokenPerson;
  readonly reviewer: SpokenPerson;
  readonly review: 'approved' | 'changes-requested';
  readonly labels: readonly string[];
};
export type SpokenWorld = {
  request(path: string, number: number): SpokenRequest | null;
  numbers(path: string): readonly number[];
  protected(path: string, branch: string): boolean;
};

const BASE = 'b'.repeat(40);
const AT = '2026-01-02T00:00:00Z';
const MS = Date.parse(AT);
const missing: Says = { status: 404, json: { message: 'Not Found' } };

type Asked = { readonly path: string; readonly rest: string; readonly number: number | null; readonly branch: string };
type Tongue = { readonly ask: (path: string, heard: Heard) => Asked | null; readonly say: (world: SpokenWorld, asked: Asked) => Says };

/** What a forge of this vendor answers to reading; to writing it says that it was done. */
export function speak(vendor: string, world: SpokenWorld): (heard: Heard) => Says {
  const tongue = TONGUES[vendor];
  if (tongue === undefined) throw new Error(`no forge is called ${vendor}`);
  return (heard) => {
    if (heard.method !== 'GET') return { status: heard.method === 'POST' ? 201 : 200, json: { id: 1 } };
    const asked = tongue.ask(heard.path, heard);
    return asked === null ? missing : tongue.say(world, asked);
  };
}

/** The base of an address at a stub, and the git address of a repository there. */
export const FORGE_BASES: Readonly<Record<string, string>> = {
  github: '/api/v3',
  gitlab: '/api/v4',
  bitbucket: '/2.0',
  'bitbucket-server': '',
  gitea: '/api/v1',
  azure: '/org',
};
export function gitAddress(vendor: string, host: string, path: string): string {
  const whole = path.split('/').map(encodeURIComponent);
  if (vendor === 'azure') return `${host}/org/${whole[0] ?? ''}/_git/${whole.slice(1).join('/')}`;
  return `${host}${vendor === 'bitbucket-server' ? '/scm' : ''}/${whole.join('/')}.git`;
}

function numbered(world: SpokenWorld, { path, number }: Asked): { number: number; request: SpokenRequest } | null {
  const request = number === null ? null : world.request(path, number);
  return number === null || request === null ? null : { number, request };
}

/** `/base/REPOSITORY/rest`, with the repository in one or two segments. */
function cut(pattern: RegExp): Tongue['ask'] {
  return (path) => {
    const found = pattern.exec(path)?.groups;
    if (found === undefined) return null;
    const [repository, rest] = [decodeURIComponent(found['repository'] ?? ''), found['rest'] ?? ''];
    const [, number = null] = /^\/(?:pulls|pull-requests|pullrequests|merge_requests)\/(\d+)/.exec(rest) ?? [];
    const [, branch = ''] = /\/branches\/([^/]+)$/.exec(rest) ?? [];
    return {
      path: repository,
      rest: rest.replace(/\/\d+(?=\/|$)/, '/N'),
      number: number === null ? null : Number(number),
      branch: decodeURIComponent(branch),
    };
  };
}

const account = ({ id, login, name, email }: SpokenPerson) => ({ id, login, full_name: name, name, email, type: 'User' });

function alike(review: Readonly<Record<SpokenRequest['review'], string>>): Tongue['say'] {
  return (world, asked) => {
    const repo = (id: number) => ({ id, full_name: asked.path, name: asked.path.split('/').at(-1), html_url: 'https://forge.example/x' });
    if (asked.rest === '') return { json: { ...repo(1), default_branch: 'main', private: true } };
    if (asked.rest === '/pulls') return { json: world.numbers(asked.path).map((number) => ({ number })) };
    if (asked.rest.startsWith('/branches/')) return { json: { name: asked.branch, protected: world.protected(asked.path, asked.branch) } };
    const one = numbered(world, asked);
    if (one === null) return missing;
    const { number, request } = one;
    if (asked.rest === '/pulls/N/reviews')
      return { json: [{ user: account(request.reviewer), state: review[request.review], commit_id: request.head, submitted_at: AT }] };
    if (asked.rest === '/pulls/N/commits')
      return {
        json: [
          {
            sha: request.head,
            author: account(request.writer),
            commit: { author: { name: request.writer.name, email: request.writer.email }, message: request.title },
          },
        ],
      };
    return {
      json: {
        number,
        title: request.title,
        body: request.title,
        state: request.state === 'open' ? 'open' : 'closed',
        merged: request.state === 'merged',
        merge_commit_sha: request.state === 'merged' ? BASE : null,
        commits: 1,
        user: account(request.author),
        requested_reviewers: [account(request.reviewer)],
        labels: request.labels.map((name) => ({ name })),
        head: { ref: request.branch, sha: request.head, repo: repo(request.fork ? 2 : 1) },
        base: { ref: request.target, sha: BASE, repo: repo(1) },
        created_at: AT,
        updated_at: AT,
      },
    };
  };
}

const gitlabUser = ({ id, login, name }: SpokenPerson) => ({ id, username: login, name });

function sayGitlab(world: SpokenWorld, asked: Asked): Says {
  if (asked.rest === '')
    return { json: { id: 1, path_with_namespace: asked.path, default_branch: 'main', visibility: 'private', archived: false } };
  if (asked.rest === '/merge_requests') return { json: world.numbers(asked.path).map((iid) => ({ iid })) };
  if (asked.rest.startsWith('/repository/branches/'))
    return { json: { name: asked.branch, protected: world.protected(asked.path, asked.branch) } };
  const one = numbered(world, asked);
  if (one === null) return missing;
  const { number, request } = one;
  if (asked.rest.endsWith('/approvals'))
    return { json: { approved_by: request.review === 'approved' ? [{ user: gitlabUser(request.reviewer), approved_at: AT }] : [] } };
  if (asked.rest.endsWith('/commits'))
    return { json: [{ id: request.head, author_name: request.writer.name, author_email: request.writer.email, message: request.title }] };
  return {
    json: {
      iid: number,
      title: request.title,
      description: request.title,
      state: request.state === 'open' ? 'opened' : request.state,
      draft: false,
      source_branch: request.branch,
      target_branch: request.target,
      sha: request.head,
      diff_refs: { base_sha: BASE },
      author: gitlabUser(request.author),
      reviewers: [gitlabUser(request.reviewer)],
      labels: request.labels,
      merge_commit_sha: request.state === 'merged' ? BASE : null,
      source_project_id: request.fork ? 2 : 1,
      target_project_id: 1,
      created_at: AT,
      updated_at: AT,
    },
  };
}

const cloudUser = ({ id, login, name }: SpokenPerson) => ({ account_id: String(id), nickname: login, display_name: name, type: 'user' });

function sayCloud(world: SpokenWorld, asked: Asked): Says {
  const repo = (id: number) => ({ uuid: `{${id}}`, full_name: asked.path });
  if (asked.rest === '') return { json: { ...repo(1), mainbranch: { name: 'main' }, is_private: true } };
  if (asked.rest === '/pullrequests') return { json: { values: world.numbers(asked.path).map((id) => ({ id })) } };
  if (asked.rest === '/branch-restrictions')
    return { json: { values: world.protected(asked.path, asked.branch) ? [{ kind: 'push' }] : [] } };
  const one = numbered(world, asked);
  if (one === null) return missing;
  const { number, request } = one;
  if (asked.rest.endsWith('/commits'))
    return {
      json: {
        values: [{ hash: request.head, author: { raw: `${request.writer.name} <${request.writer.email}>` }, message: request.title }],
      },
    };
  const state = { open: 'OPEN', merged: 'MERGED', closed: 'DECLINED' }[request.state];
  const review = request.review === 'approved' ? 'approved' : 'changes_requested';
  return {
    json: {
      id: number,
      title: request.title,
      description: request.title,
      state,
      source: { branch: { name: request.branch }, commit: { hash: request.head }, repository: repo(request.fork ? 2 : 1) },
      destination: { branch: { name: request.target }, commit: { hash: BASE }, repository: repo(1) },
      author: cloudUser(request.author),
      reviewers: [cloudUser(request.reviewer)],
      participants: [{ user: cloudUser(request.reviewer), state: review, participated_on: AT }],
      merge_commit: request.state === 'merged' ? { hash: BASE } : null,
      created_on: AT,
      updated_on: AT,
    },
  };
}

const serverUser = ({ id, login, name, email }: SpokenPerson) => ({ id, slug: login, name: login, displayName: name, emailAddress: email });

function sayServer(world: SpokenWorld, asked: Asked): Says {
  const [key = '', slug = ''] = asked.path.split('/');
  const repo = (id: number) => ({ id, slug, project: { key } });
  if (asked.rest === '') return { json: { ...repo(1), public: false } };
  if (asked.rest === '/branches/default') return { json: { displayId: 'main' } };
  if (asked.rest === '/restrictions')
    return { json: { values: world.protected(asked.path, asked.branch) ? [{ type: 'read-only' }] : [], isLastPage: true } };
  if (asked.rest === '/pull-requests') return { json: { values: world.numbers(asked.path).map((id) => ({ id })), isLastPage: true } };
  const one = numbered(world, asked);
  if (one === null) return missing;
  const { number, request } = one;
  if (asked.rest.endsWith('/commits'))
    return { json: { values: [{ id: request.head, author: serverUser(request.writer), message: request.title }], isLastPage: true } };
  const status = request.review === 'approved' ? 'APPROVED' : 'NEEDS_WORK';
  return {
    json: {
      id: number,
      title: request.title,
      description: request.title,
      state: { open: 'OPEN', merged: 'MERGED', closed: 'DECLINED' }[request.state],
      fromRef: { displayId: request.branch, latestCommit: request.head, repository: repo(request.fork ? 2 : 1) },
      toRef: { displayId: request.target, latestCommit: BASE, repository: repo(1) },
      author: { user: serverUser(request.author) },
      reviewers: [{ user: serverUser(request.reviewer), status, lastReviewedCommit: request.head }],
      properties: request.state === 'merged' ? { mergeCommit: { id: BASE } } : {},
      createdDate: MS,
      updatedDate: MS,
    },
  };
}

const azureUser = ({ id, email, name }: SpokenPerson) => ({ id: String(id), uniqueName: email, displayName: name });
const GUARD = { isEnabled: true, isBlocking: true, type: { id: 'fa4e907d-c16b-4a4c-9dfa-4906e5d171dd', displayName: 'Minimum reviewers' } };

function sayAzure(world: SpokenWorld, asked: Asked): Says {
  const [project = '', name = ''] = asked.path.split('/');
  const repository = { id: asked.path, name, project: { id: project, name: project, visibility: 'private' } };
  if (asked.rest === '') return { json: { ...repository, defaultBranch: 'refs/heads/main' } };
  if (asked.rest === '/configurations') return { json: { value: world.protected(asked.path, asked.branch) ? [GUARD] : [] } };
  if (asked.rest === '/pullrequests') return { json: { value: world.numbers(asked.path).map((pullRequestId) => ({ pullRequestId })) } };
  const one = numbered(world, asked);
  if (one === null) return missing;
  const { number, request } = one;
  if (asked.rest.endsWith('/commits'))
    return {
      json: {
        value: [{ commitId: request.head, author: { name: request.writer.name, email: request.writer.email }, comment: request.title }],
      },
    };
  return {
    json: {
      pullRequestId: number,
      title: request.title,
      description: request.title,
      status: { open: 'active', merged: 'completed', closed: 'abandoned' }[request.state],
      isDraft: false,
      sourceRefName: `refs/heads/${request.branch}`,
      targetRefName: `refs/heads/${request.target}`,
      lastMergeSourceCommit: { commitId: request.head },
      lastMergeTargetCommit: { commitId: BASE },
      lastMergeCommit: { commitId: BASE },
      createdBy: azureUser(request.author),
      reviewers: [{ ...azureUser(request.reviewer), vote: request.review === 'approved' ? 10 : -10 }],
      labels: request.labels.map((label) => ({ name: label })),
      ...(request.fork ? { forkSource: { repository: { ...repository, id: 'fork' } } } : {}),
      repository,
      creationDate: AT,
    },
  };
}

/** The repository is asked for by its id there; the id of this forge is its path. */
function askAzure(path: string, heard: Heard): Asked | null {
  const policies = /^\/org\/[^/]+\/_apis\/git\/policy\/configurations$/.test(path);
  if (policies)
    return {
      path: heard.query.get('repositoryId') ?? '',
      rest: '/configurations',
      number: null,
      branch: (heard.query.get('refName') ?? '').replace('refs/heads/', ''),
    };
  const asked = cut(/^\/org\/(?<project>[^/]+)\/_apis\/git\/repositories\/(?<repository>[^/]+)(?<rest>\/.*)?$/)(path, heard);
  const [, project = ''] = /^\/org\/([^/]+)\//.exec(path) ?? [];
  return asked === null ? null : { ...asked, path: `${decodeURIComponent(project)}/${asked.path}` };
}

function askServer(path: string, heard: Heard): Asked | null {
  const found = /^\/rest\/(?:api\/1\.0|branch-permissions\/2\.0)\/projects\/([^/]+)\/repos\/([^/]+)(\/.*)?$/.exec(path);
  if (found === null) return null;
  const asked = cut(/^(?<repository>[^/]+)(?<rest>\/.*)?$/)(`x${found[3] ?? ''}`, heard);
  const branch = (heard.query.get('matcherId') ?? '').replace('refs/heads/', '');
  return asked === null ? null : { ...asked, path: `${decodeURIComponent(found[1] ?? '')}/${decodeURIComponent(found[2] ?? '')}`, branch };
}

const askCloud: Tongue['ask'] = (path, heard) => {
  const asked = cut(/^\/2\.0\/repositories\/(?<repository>[^/]+\/[^/]+)(?<rest>\/.*)?$/)(path, heard);
  return asked === null ? null : { ...asked, branch: heard.query.get('pattern') ?? '' };
};

const TONGUES: Readonly<Record<string, Tongue>> = {
  github: {
    ask: cut(/^\/api\/v3\/repos\/(?<repository>[^/]+\/[^/]+)(?<rest>\/.*)?$/),
    say: alike({ approved: 'APPROVED', 'changes-requested': 'CHANGES_REQUESTED' }),
  },
  gitea: {
    ask: cut(/^\/api\/v1\/repos\/(?<repository>[^/]+\/[^/]+)(?<rest>\/.*)?$/),
    say: alike({ approved: 'APPROVED', 'changes-requested': 'REQUEST_CHANGES' }),
  },
  gitlab: { ask: cut(/^\/api\/v4\/projects\/(?<repository>[^/]+)(?<rest>\/.*)?$/), say: sayGitlab },
  bitbucket: { ask: askCloud, say: sayCloud },
  'bitbucket-server': { ask: askServer, say: sayServer },
  azure: { ask: askAzure, say: sayAzure },
};
