import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readAzurePipeline } from './read-azure.ts';
import { readGithubWorkflow } from './read-github.ts';
import { readGitlabCi } from './read-gitlab.ts';
import { readJenkinsfile } from './read-jenkins.ts';
import { TOO_LONG_MS } from '../../testing/patience.ts';

const CORPUS = join(import.meta.dirname, '../../../../shared/corpus');
const WORKFLOWS = join(CORPUS, 'workflows');
const READERS = { readAzurePipeline, readGithubWorkflow, readGitlabCi, readJenkinsfile };

async function files(folder: string, pattern: RegExp): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => pattern.test(name))
    .map((name) => join(folder, name))
    .sort();
}

describe.skipIf(!existsSync(WORKFLOWS))('workflows of others (skipped where ../shared/corpus is absent)', () => {
  test('every workflow that its own linter finds right is read, with all its jobs', async () => {
    const good = [
      ...(await files(join(WORKFLOWS, 'rhysd+actionlint/testdata/ok'), /\.ya?ml$/)),
      ...(await files(join(WORKFLOWS, 'actions+starter-workflows'), /^(?!\.github).*\.ya?ml$/)),
      ...(await files(join(WORKFLOWS, 'SchemaStore+schemastore/src/test/github-workflow'), /\.ya?ml$/)),
    ];
    expect(good.length).toBeGreaterThan(150);
    const unread = [];
    for (const file of good) {
      const source = await readFile(file, 'utf8');
      const found = readGithubWorkflow(source, relative(WORKFLOWS, file));
      if (found.fault !== null) unread.push([found.file, found.fault]);
      else expect([found.file, found.jobs.length > 0, found.triggers.length > 0]).toEqual([found.file, true, true]);
    }
    expect(unread).toEqual([]);
  });

  test('starter workflows that deploy are seen to deploy, and those that scan to scan', async () => {
    const deploying = await files(join(WORKFLOWS, 'actions+starter-workflows/deployments'), /\.ya?ml$/);
    const blind = [];
    for (const file of deploying) {
      const found = readGithubWorkflow(await readFile(file, 'utf8'), relative(WORKFLOWS, file));
      if (!found.jobs.some(({ deploys }) => deploys)) blind.push(found.file);
    }
    expect(blind).toEqual([]);
    const scanning = await files(join(WORKFLOWS, 'actions+starter-workflows/code-scanning'), /\.ya?ml$/);
    let seen = 0;
    for (const file of scanning) {
      const found = readGithubWorkflow(await readFile(file, 'utf8'), relative(WORKFLOWS, file));
      if (found.tools.some(({ purpose }) => /scan|lint/.test(purpose))) seen += 1;
    }
    // The rest call services that are named after nothing but themselves.
    expect(seen / scanning.length).toBeGreaterThan(0.7);
  });

  test('what is wrong, hostile or of another system is read or refused, never thrown at us, and soon', async () => {
    const bad = [...(await files(WORKFLOWS, /\.(?:ya?ml|json)$/)), ...(await files(join(CORPUS, 'parsers-yaml'), /./)).slice(0, 1500)];
    expect(bad.length).toBeGreaterThan(500);
    let slowest = 0;
    for (const file of bad) {
      const source = await readFile(file, 'utf8').catch(() => null);
      if (source === null) continue;
      for (const read of Object.values(READERS)) {
        const begun = performance.now();
        expect(typeof read(source, 'x').name).toBe('string');
        slowest = Math.max(slowest, performance.now() - begun);
      }
    }
    expect(slowest).toBeLessThan(TOO_LONG_MS);
  }, 600_000);
});
