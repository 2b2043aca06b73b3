import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readPipelineFile, readerOf } from './read-file.ts';

const GITHUB = `
name: Shop
on:
  push: { branches: [main], tags: ['v*'] }
  pull_request:
  schedule: [{ cron: '0 3 * * *' }]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@8e8c483db84b4bee98b60c0593521ed34d9990e8
      - uses: actions/setup-node@v4
      - run: npm ci && npm test -- --coverage
      - uses: anchore/sbom-action@main
  prod:
    needs: test
    environment: { name: production, url: 'https://shop.example.com' }
    steps:
      - run: helm upgrade shop ./chart
  scan:
    uses: acme/workflows/.github/workflows/scan.yml@v2
`;
const GITLAB = `
spec:
  inputs: { tier: { default: "1" } }
---
include:
  - template: Security/SAST.gitlab-ci.yml
  - project: acme/ci
    ref: 5f2c9b7d6e8a4c3b2a1f0e9d8c7b6a5f4e3d2c1b
    file: [/a.yml]
  - local: /ci/build.yml
stages: [test, deploy]
.base: &base
  before_script: [pip install -r requirements.txt]
test:
  extends: .base
  script: [!reference [.x, script], pytest]
  artifacts: { reports: { junit: report.xml } }
  rules: [{ if: '$CI_PIPELINE_SOURCE == "merge_request_event"' }]
deploy prod:
  <<: *base
  stage: deploy
  script: kubectl apply -f k8s
  environment: { name: production }
  when: manual
stop review:
  environment: { name: review, action: stop }
  script: kubectl delete x
`;
const AZURE = `
trigger: { branches: { include: [main] }, tags: { include: ['v*'] } }
pr: [main]
stages:
  - stage: Build
    jobs:
      - job: unit
        steps:
          - task: DotNetCoreCLI@2
            inputs: { command: test }
          - \${{ if eq(variables.x, 'y') }}:
              - script: trivy fs .
      - template: jobs/pack.yml@shared
  - stage: Prod
    jobs:
      - job: ask
        pool: server
        steps: [{ task: ManualValidation@0 }]
      - deployment: web
        environment: prod.web
        strategy: { runOnce: { deploy: { steps: [{ task: AzureWebApp@1 }] } } }
`;
const JENKINS = `
@Library(['acme-lib@v3', 'other']) _
// stage('Ghost') { sh 'kubectl apply' }
/* stage('Ghost 2') { input 'x' } */
pipeline {
  triggers { cron('H 2 * * *') }
  stages {
    stage('Test') { steps { sh './mvnw verify'; junit '**/*.xml' } }
    stage("Release") {
      parallel {
        stage('Image') { steps { sh """docker build . && cosign sign x""" } }
        stage('Deploy to prod') { input { message "Go?" } steps { sh 'kubectl apply -f }{ x' } }
      }
    }
  }
}
`;

test('a workflow of GitHub Actions', () => {
  const found = readPipelineFile('.github/workflows/ci.yml', GITHUB);
  expect(found).toMatchObject({
    system: 'github-actions',
    name: 'Shop',
    triggers: ['push', 'merge-request', 'tag', 'schedule'],
    environments: ['production'],
    jobs: [
      { name: 'test', deploys: false, purposes: ['build', 'test', 'coverage', 'sbom'] },
      { name: 'prod', deploys: true, environment: 'production', purposes: ['deploy'] },
      { name: 'scan', deploys: false },
    ],
    unseen: ['the reusable workflow acme/workflows/.github/workflows/scan.yml@v2'],
  });
  expect(Object.fromEntries(found?.parts.map(({ what, pinned }) => [what.split('@')[0], pinned]) ?? [])).toEqual({
    'actions/checkout': 'commit',
    'actions/setup-node': 'tag',
    'anchore/sbom-action': 'branch',
    'acme/workflows/.github/workflows/scan.yml': 'tag',
  });
});

test('a pipeline of GitLab CI', () => {
  expect(readPipelineFile('.gitlab-ci.yml', GITLAB)).toMatchObject({
    triggers: ['push', 'merge-request'],
    environments: ['production'],
    jobs: [
      { name: 'test', deploys: false, approval: null, purposes: ['build', 'test'] },
      { name: 'deploy prod', environment: 'production', deploys: true, approval: 'started by hand' },
      { name: 'stop review', environment: null, deploys: false },
    ],
    parts: [
      { what: '/ci/build.yml', pinned: 'local' },
      { what: 'Security/SAST.gitlab-ci.yml', pinned: 'branch' },
      { what: 'acme/ci: /a.yml', pinned: 'commit' },
    ],
    tools: expect.arrayContaining([{ name: 'GitLab SAST', purpose: 'code-scan' }]),
  });
});

test('a pipeline of Azure Pipelines', () => {
  expect(readPipelineFile('azure-pipelines.yml', AZURE)).toMatchObject({
    triggers: ['push', 'merge-request', 'tag', 'manual'],
    environments: ['prod'],
    jobs: [
      { name: 'Build: unit', purposes: ['build', 'test', 'dependency-scan'] },
      { name: 'Prod: ask', approval: 'manual validation' },
      { name: 'Prod: web', environment: 'prod', deploys: true, purposes: ['deploy'] },
    ],
    unseen: ['parts that are put in by conditions when it runs', 'the template jobs/pack.yml@shared'],
  });
});

test('a Jenkinsfile, whose comments and texts are no stages', () => {
  expect(readPipelineFile('ci/Jenkinsfile', JENKINS)).toMatchObject({
    triggers: ['push', 'schedule'],
    jobs: [
      { name: 'Test', purposes: ['build', 'test'], approval: null },
      { name: 'Image', purposes: ['sign', 'container'], deploys: false },
      { name: 'Deploy to prod', deploys: true, environment: 'prod', approval: 'an input step' },
    ],
    parts: [
      { what: 'acme-lib@v3', pinned: 'tag' },
      { what: 'other', pinned: 'none' },
    ],
  });
});

test('what can not be read says so and is nothing else', () => {
  expect(readPipelineFile('.gitlab-ci.yml', 'a: [b')).toMatchObject({ fault: expect.any(String), jobs: [] });
  expect(readPipelineFile('.gitlab-ci.yml', 'x'.repeat(2_000_000))).toMatchObject({ fault: 'it is larger than 1 MB' });
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghijk'
    .split('')
    .map((name, index) => `${name}: &${name} [${`*${'abcdefghij'[index]},`.repeat(9)}]`)
    .join('\n')}\n`;
  expect(readPipelineFile('.github/workflows/x.yml', bomb)).toMatchObject({ fault: expect.any(String) });
  expect(readerOf('docs/readme.yml')).toBeNull();
});

const PATHS = ['.github/workflows/x.yml', '.gitlab-ci.yml', 'azure-pipelines.yml', 'Jenkinsfile'];
test('nothing that is written in a file makes a reader throw', () => {
  const words = fc.constantFrom(
    'stage(',
    "'",
    '"""',
    '{',
    '}',
    'jobs:',
    '\n',
    '- ',
    ': ',
    '!reference ',
    '<<: *a',
    '&a ',
    '${{ if x }}:',
    'input',
    '/*',
    '//',
    '@Library(',
    '__proto__',
    'constructor: ',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(words, fc.string({ maxLength: 8 })), { maxLength: 60 }), (parts) => {
      for (const path of PATHS) readPipelineFile(path, parts.join(''));
    }),
    { numRuns: 150 },
  );
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
});
