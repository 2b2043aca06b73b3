import { expect, test } from 'vitest';
import { connected } from '../../testing/connected.ts';
import { testFloor } from '../../testing/database.ts';
import { azureSource } from '../azure/source.http.ts';
import type { Heard, Says } from '../connections/stub.fixture.ts';
import { gitlabSource } from '../gitlab/source.http.ts';
import { readerOf } from './read-file.ts';
import type { SourceReader } from './source.ts';

// Neither vendor has a description of this API in the registries: what may be asked is written down here after their
// documentation (GitLab REST API v4, Azure DevOps REST API 7.1), which is weaker.

const floor = await testFloor({ config: { egressAllow: '127.0.0.1' } });
const FORMS: Readonly<Record<string, readonly RegExp[]>> = {
  gitlab: [
    /^\/api\/v4\/projects$/,
    /^\/api\/v4\/projects\/\d+\/(?:repository\/tree|repository\/files\/[^/]+\/raw|environments|protected_environments|protected_branches\/[^/]+)$/,
  ],
  azure: [
    /^\/org\/_apis\/projects$/,
    /^\/org\/[^/]+\/_apis\/(?:git\/repositories(?:\/[^/]+\/items)?|git\/policy\/configurations|distributedtask\/environments)$/,
  ],
};

/** Policies of branches as Azure gives them: one that guards, three that do not, and a repository whose policies may not be read. */
function policiesOf(id: string): Says {
  if (id === 'r4') return { status: 403, json: {} };
  const one = (isEnabled: boolean, isBlocking: boolean, type: string) => ({ isEnabled, isBlocking, type: { id: type, displayName: 'x' } });
  const reviewers = 'fa4e907d-c16b-4a4c-9dfa-4906e5d171dd';
  const loose = [one(true, false, reviewers), one(false, true, reviewers), one(true, true, 'c6a1889d-b943-4856-b76f-9e46bb6b0df2')];
  return { json: { value: id === 'r1' ? [...loose, one(true, true, reviewers)] : loose } };
}

async function taken(vendor: 'gitlab' | 'azure', reader: SourceReader, says: (heard: Heard) => Says) {
  const wrong: string[] = [];
  const there = await connected(
    floor,
    vendor,
    (heard) => {
      if (heard.method !== 'GET' || FORMS[vendor]?.some((form) => form.test(heard.path)) !== true)
        wrong.push(`${heard.method} ${heard.path}`);
      if (vendor === 'azure' && heard.query.get('api-version') !== '7.1') wrong.push(`${heard.path} without a version`);
      return says(heard);
    },
    { base: vendor === 'gitlab' ? '/api/v4' : '/org' },
  );
  const caller = await there.caller();
  const found = [];
  for await (const repository of reader.repositories(caller)) found.push({ repository, ...(await reader.look(caller, repository)) });
  return { found, wrong, there };
}

test('GitLab: projects over pages, pipeline files, environments with who must agree, protection of the branch', async () => {
  const CI = 'test: {script: [npm test]}\ndeploy: {environment: prod, script: [helm upgrade x .]}\n';
  const answer =
    (limits: boolean) =>
    (heard: Heard): Says => {
      const [, id = '', rest = ''] = /^\/api\/v4\/projects\/(\d+)\/(.+)$/.exec(heard.path) ?? [];
      if (heard.path === '/api/v4/projects') {
        const page = Number(heard.query.get('page') ?? 1);
        const next = `http://${heard.headers.host}${heard.path}?page=${page + 1}&per_page=100`;
        const json = [
          {
            id: page,
            path_with_namespace: `g/p${page}`,
            http_url_to_repo: `https://gitlab.example/g/p${page}.git`,
            default_branch: 'main',
          },
        ];
        return page < 3 ? { json, headers: { link: `<${next}>; rel="next"` } } : { json };
      }
      if (limits && id === '2') return { status: 403, json: {} };
      if (rest === 'repository/tree')
        return {
          json: [
            { type: 'blob', path: '.gitlab-ci.yml' },
            { type: 'blob', path: 'README.md' },
            { type: 'tree', path: 'src' },
          ],
        };
      if (rest === 'repository/files/.gitlab-ci.yml/raw') return { text: CI };
      if (rest === 'environments') return { json: [{ name: 'prod' }, { name: 'dev\u001b[2J' }] };
      if (rest === 'protected_environments') return { json: [{ name: 'prod', required_approval_count: 2 }] };
      if (rest === 'protected_branches/main') return id === '3' ? { status: 404, json: {} } : { json: { name: 'main' } };
      return { status: 404, json: {} };
    };
  const { found, wrong } = await taken('gitlab', gitlabSource, answer(true));
  expect(wrong).toEqual([]);
  expect(found.map(({ repository }) => repository.name)).toEqual(['g/p1', 'g/p2', 'g/p3']);
  expect(found[0]).toMatchObject({
    files: [{ path: '.gitlab-ci.yml', source: CI }],
    environments: [
      { name: 'prod', approval: '2 approvals' },
      { name: 'dev [2J', approval: null },
    ],
    branchProtected: true,
  });
  // What may not be read is not known, and what is not there is a no.
  expect(found[1]).toMatchObject({ files: [], environments: null, branchProtected: null });
  expect(found[2]).toMatchObject({ branchProtected: false });
  const [file] = found[0]?.files ?? [];
  expect(readerOf(file?.path ?? '')).not.toBeNull();
});

test('Azure: repositories of every project, pipeline files as text, environments; disabled ones are left out', async () => {
  const YAML = 'jobs: [{deployment: prod, environment: prod, strategy: {runOnce: {deploy: {steps: [{script: make}]}}}}]\n';
  const answer = (heard: Heard): Says => {
    if (heard.path === '/org/_apis/projects')
      return {
        json: {
          value: [
            { id: 'p1', name: 'Shop' },
            { id: 'p2', name: 'Locked' },
          ],
        },
      };
    if (heard.path.startsWith('/org/p2/')) return { status: 403, json: {} };
    if (heard.path === '/org/p1/_apis/git/repositories')
      return {
        json: {
          value: [
            { id: 'r1', name: 'web', defaultBranch: 'refs/heads/main', webUrl: 'https://dev.azure.com/org/Shop/_git/web' },
            { id: 'r2', name: 'old', isDisabled: true },
            { id: 'r3', name: 'open', defaultBranch: 'refs/heads/main' },
            { id: 'r4', name: 'hidden', defaultBranch: 'refs/heads/main' },
            { id: 'r5', name: 'empty' },
          ],
        },
      };
    if (heard.path.endsWith('/items'))
      return heard.query.get('scopePath') === '/'
        ? { json: { value: [{ path: '/', isFolder: true }, { path: '/azure-pipelines.yml' }, { path: '/README.md' }] } }
        : {
            text:
              heard.query.get('path') === '/azure-pipelines.yml' && heard.headers.accept === 'text/plain' ? YAML : 'not asked for as text',
          };
    if (heard.path.endsWith('/environments')) return { json: { value: [{ id: 1, name: 'prod' }] } };
    if (heard.path === '/org/p1/_apis/git/policy/configurations' && heard.query.get('refName') === 'refs/heads/main')
      return policiesOf(heard.query.get('repositoryId') ?? '');
    return { status: 404, json: {} };
  };
  const { found, wrong, there } = await taken('azure', azureSource, answer);
  expect(wrong).toEqual([]);
  expect(found).toMatchObject([
    {
      repository: { key: 'p1/r1', name: 'Shop/web', branch: 'main' },
      files: [{ path: 'azure-pipelines.yml', source: YAML }],
      environments: [{ name: 'prod', approval: null }],
      branchProtected: true,
    },
    // A policy that only advises, one that is off and one about comments guard nothing.
    { repository: { name: 'Shop/open' }, branchProtected: false },
    { repository: { name: 'Shop/hidden' }, branchProtected: null },
    { repository: { name: 'Shop/empty', branch: null }, branchProtected: null },
  ]);
  // The branch is named as Azure wants it, at every question about files.
  const asked = there.heard.filter(({ path }) => path.endsWith('/items') && !path.includes('/r5/'));
  expect(
    asked.every(
      ({ query }) => query.get('versionDescriptor.version') === 'main' && query.get('versionDescriptor.versionType') === 'branch',
    ),
  ).toBe(true);
});
