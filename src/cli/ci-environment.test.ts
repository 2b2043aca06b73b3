import { expect, test } from 'vitest';
import { ciRunOf } from './ci-environment.ts';

const sha = 'c'.repeat(40);

test('each CI says in its own variables which run this is', () => {
  expect(
    ciRunOf({
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_REPOSITORY: 'acme/shop',
      GITHUB_RUN_ID: '1658821493',
      GITHUB_RUN_ATTEMPT: '3',
      GITHUB_SHA: sha,
      GITHUB_REF: 'refs/heads/main',
      GITHUB_JOB: 'build',
    }),
  ).toEqual({
    system: 'github-actions',
    id: '1658821493',
    attempt: 3,
    url: 'https://github.com/acme/shop/actions/runs/1658821493',
    commit: sha,
    ref: 'refs/heads/main',
    job: 'build',
  });
  expect(
    ciRunOf({
      GITLAB_CI: 'true',
      CI_PIPELINE_ID: '77',
      CI_PIPELINE_URL: 'https://gitlab.example/acme/shop/-/pipelines/77',
      CI_COMMIT_SHA: sha,
      CI_COMMIT_TAG: 'v1.2.0',
      CI_JOB_NAME: 'test: [a, b]',
    }),
  ).toMatchObject({ system: 'gitlab-ci', id: '77', ref: 'refs/tags/v1.2.0', job: 'test: [a, b]', commit: sha });
  expect(ciRunOf({ GITLAB_CI: 'true', CI_COMMIT_BRANCH: 'main' })?.ref).toBe('refs/heads/main');
  expect(
    ciRunOf({
      TF_BUILD: 'True',
      SYSTEM_COLLECTIONURI: 'https://dev.azure.com/acme',
      SYSTEM_TEAMPROJECT: 'Web shop',
      BUILD_BUILDID: '12',
      BUILD_SOURCEVERSION: sha,
      BUILD_SOURCEBRANCH: 'refs/heads/main',
      SYSTEM_JOBNAME: 'Build',
    }),
  ).toMatchObject({ system: 'azure-pipelines', url: 'https://dev.azure.com/acme/Web%20shop/_build/results?buildId=12', job: 'Build' });
  expect(
    ciRunOf({
      BITBUCKET_BUILD_NUMBER: '5',
      BITBUCKET_GIT_HTTP_ORIGIN: 'https://bitbucket.org/acme/shop',
      BITBUCKET_COMMIT: sha,
      BITBUCKET_BRANCH: 'main',
    }),
  ).toMatchObject({ system: 'bitbucket-pipelines', id: '5', ref: 'refs/heads/main', job: null });
  expect(
    ciRunOf({ CIRCLECI: 'true', CIRCLE_WORKFLOW_ID: 'w', CIRCLE_SHA1: sha, CIRCLE_BRANCH: 'main', CIRCLE_JOB: 'build' }),
  ).toMatchObject({
    system: 'circleci',
    id: 'w',
    job: 'build',
  });
  expect(
    ciRunOf({
      JENKINS_URL: 'https://ci.example/',
      JOB_NAME: 'acme/shop',
      BUILD_NUMBER: '41',
      BUILD_URL: 'https://ci.example/job/shop/41/',
      GIT_COMMIT: sha,
      GIT_BRANCH: 'origin/main',
    }),
  ).toMatchObject({ system: 'jenkins', id: 'acme/shop#41', ref: 'refs/heads/main', job: null });
});

test('elsewhere nothing is guessed', () => {
  expect(ciRunOf({ CI: 'true', HOME: '/root' })).toBeNull();
  expect(ciRunOf({ GITHUB_ACTIONS: 'true', GITHUB_RUN_ID: '' })).toMatchObject({
    system: 'github-actions',
    id: null,
    url: null,
    commit: null,
  });
});
