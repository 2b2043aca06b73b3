import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { system } from '../../kernel/actor.ts';
import type { Digest } from '../../kernel/digest.ts';
import { seeRunner } from '../../pipelines/runners/runner.store.ts';
import { startRun } from '../../pipelines/sources/start.commands.ts';
import { testFloor } from '../../testing/database.ts';
import { factsOf, givenRunner, givenService, passTime, type TestRunner } from '../../testing/pipelines.ts';
import { acceptArtifact } from '../accept.api.ts';
import { askRebuild } from './rebuild.commands.ts';
import { settleRebuild } from './rebuild.reactions.ts';
import { rebuildsOf, type RebuildRow } from './rebuild.store.ts';
import { reproductionsOf } from './reproduction.store.ts';

const floor = await testFloor();
const ada = system(floor.org, 'test');
const folder = mkdtempSync(join(tmpdir(), 'ym-rebuild-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const git = (...args: string[]): string =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=A', '-c', 'user.email=a@example.org', ...args], {
    env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' },
  })
    .toString()
    .trim();
const push = (pipeline: string): string => {
  mkdirSync(join(folder, '.yardmaster'), { recursive: true });
  writeFileSync(join(folder, '.yardmaster', 'pipeline.yaml'), pipeline);
  git('add', '.');
  git('commit', '-qm', 'feat: x');
  return git('rev-parse', 'HEAD');
};
git('init', '-q', '-b', 'main');
push('{on: manual, jobs: {build: {artifacts: [{name: app, path: dist}], steps: [{run: make}]}}}');
await givenService(floor, 'shop', { url: `file://${folder}` });
const runnerOf = () => givenRunner(floor, { artifacts: { accept: acceptArtifact } });

/** Takes the job that waits and makes these bytes of it. */
async function make(runner: TestRunner, bytes: string): Promise<{ run: string; digest: Digest }> {
  const { holder, plan } = await runner.taken();
  const made = await runner.upload(holder, bytes);
  await runner.finish(holder, { artifacts: [{ name: 'app', ...made }] });
  return { run: plan.run, digest: made.digest };
}
const ask = (digest: Digest, anyRunner = false): Promise<RebuildRow> => askRebuild(floor, ada, { digest, anyRunner, key: null });
const newest = (digest: Digest) => floor.db.read(floor.org, async (tx) => (await rebuildsOf(tx, digest))[0]);

test('an artifact is built again elsewhere and compared by itself when that run ends; twice is once', async () => {
  await startRun(floor, ada, { service: 'shop', inputs: {}, key: null });
  const first = await runnerOf();
  const { digest } = await make(first, 'the bytes');
  await expect(ask(digest)).rejects.toMatchObject({ code: 'pipelines.no-other-runner' });
  const second = await runnerOf();

  // Another one is registered, and not running.
  await passTime(floor, 20 * 60_000);
  await expect(ask(digest)).rejects.toMatchObject({ code: 'pipelines.other-runners-silent', data: { runner: 'test runner' } });
  await floor.db.tx(floor.org, async (t) => seeRunner(t, second.actor.id, { version: null, executors: ['host'] }, await t.now(), 0));

  const asked = await ask(digest);
  expect(asked).toMatchObject({ state: 'building', digest, requestedBy: 'system:test' });
  expect(await first.take(), 'who built it first does not get it').toBeNull();
  await settleRebuild(floor, floor.org, asked.run);
  expect((await newest(digest))?.state, 'its run goes on').toBe('building');
  const again = await make(second, 'other bytes');
  expect(again.run).toBe(asked.run);
  await settleRebuild(floor, floor.org, asked.run);
  await settleRebuild(floor, floor.org, asked.run);
  const done = await newest(digest);
  const [kept, ...more] = await floor.db.read(floor.org, (tx) => reproductionsOf(tx, digest));
  expect(more).toEqual([]);
  expect(done).toMatchObject({ state: 'compared', reproduction: kept?.id });
  expect(kept).toMatchObject({
    same: false,
    otherDigest: again.digest,
    runners: 'other',
    builtOn: 'test runner',
    rebuiltOn: 'test runner',
    requestedBy: 'system:test',
  });
  expect(await factsOf(floor, 'artifact.reproduced')).toHaveLength(1);

  const any = await ask(digest, true);
  await make(first, 'the bytes');
  await settleRebuild(floor, floor.org, any.run);
  const same = await floor.db.read(floor.org, async (tx) => (await reproductionsOf(tx, digest))[0]);
  expect(same).toMatchObject({ same: true, runners: 'same' });
});

test('where the run fails it is said, and what no run made is not built again', async () => {
  await startRun(floor, ada, { service: 'shop', inputs: {}, key: null });
  const runner = await runnerOf();
  const { digest } = await make(runner, 'once');
  const asked = await ask(digest, true);
  await runner.finish((await runner.taken()).holder, { result: 'failed', cause: 'step' });
  await settleRebuild(floor, floor.org, asked.run);
  expect(await newest(digest)).toMatchObject({ state: 'failed', why: 'The run that built it again is failed.', reproduction: null });
  await expect(ask(`sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({ code: 'artifacts.no-such-artifact' });
});
