import { expect, test } from 'vitest';
import { changePolicy } from '../gates/policy.commands.ts';
import { policyOf } from '../gates/gates.queries.ts';
import { mergedAs } from '../pipelines/merge-requests/merge-requests.queries.ts';
import { saveMergeRequest, saveProtection } from '../pipelines/merge-requests/merge-request.store.ts';
import { ensureSource } from '../pipelines/sources/source.store.ts';
import { plus } from '../kernel/time.ts';
import { testFloor } from '../testing/database.ts';
import { newRelease } from '../testing/release-story.ts';
import { releaseWorld } from '../testing/release-world.ts';
import { loadInputs } from './inputs.queries.ts';

const floor = await testFloor();
const world = await releaseWorld(floor);
const { tx, people, shop, prod } = world;
const release = await newRelease(world);
const url = shop.repository?.url ?? '';
const sourceOf = async () => {
  const loaded = await tx((t) => loadInputs(t, { releaseId: release.id, environmentId: prod.id, purpose: 'deploy', deploymentId: null }));
  if (loaded === null || loaded === 'no-environment') throw new Error('no such release');
  return loaded.inputs.gates.facts.map((one) => one.source ?? null);
};

test('whether the branch is protected is asked for where a rule asks, and is unknown until the forge said it lately', async () => {
  const protect = (state: string, ms = 0) =>
    tx(async (t) => {
      const source = await ensureSource(t, url);
      await t.write(`delete from branch_protection where source_id = $1`, [source.id]);
      await saveProtection(t, source.id, 'main', { state, detail: '', at: plus(await t.now(), -ms) });
    });
  await protect('protected');
  // No rule asks: it is in no input, so that decisions keep their digests.
  expect(await sourceOf()).toEqual([null]);
  const { version } = await tx((t) => policyOf(t, 'regulated'));
  const { source } = await tx((t) =>
    t.one<{ source: string }>(`select source from policy_version where name = 'regulated' order by version desc limit 1`),
  );
  const document = JSON.parse(source) as { checks: object; tiers: Record<string, { production: { checks: string[] } }> };
  document.checks = { branch: { title: 'The branch is protected', rule: 'source.branchProtected', remedy: 'Protect it.', mode: 'block' } };
  for (const kinds of Object.values(document.tiers)) kinds.production.checks = ['branch'];
  await tx((t) => changePolicy(t, people.root, { name: 'regulated', source: JSON.stringify(document), version }));
  expect(await sourceOf()).toEqual([{ branch: 'main', branchProtected: true }]);
  await protect('open');
  expect(await sourceOf()).toEqual([{ branch: 'main', branchProtected: false }]);
  for (const [state, ms] of [
    ['unknown', 0],
    ['protected', 3_700_000],
  ] as const) {
    await protect(state, ms);
    expect(await sourceOf(), state).toEqual([null]);
  }
});

test('a release came by the merged requests of which its commits are the head or what they were merged as', async () => {
  const sha = (digit: string): string => digit.repeat(40);
  const request = (number: number, state: 'open' | 'merged', head: string, mergeCommit: string | null) => ({
    number,
    title: `T${number}`,
    state,
    draft: false,
    sourceBranch: 'topic',
    targetBranch: 'main',
    head,
    mergeCommit,
    headRef: null,
    fork: false,
    labels: [],
    link: null,
    complete: true,
    openedAt: null,
    changedAt: null,
    people: [],
  });
  await tx(async (t) => {
    const { id } = await ensureSource(t, url);
    const now = await t.now();
    await saveMergeRequest(t, id, request(1, 'merged', sha('1'), sha('2')), now);
    await saveMergeRequest(t, id, request(2, 'merged', sha('3'), null), now);
    await saveMergeRequest(t, id, request(3, 'open', sha('4'), null), now);
  });
  const found = (...commits: string[]) => tx(async (t) => (await mergedAs(t, shop.id, commits)).map(({ number }) => number));
  expect(await found(sha('2'), sha('3'), sha('4'))).toEqual([2, 1]);
  expect(await found(sha('1'))).toEqual([1]);
  expect(await found(sha('9'))).toEqual([]);
  expect(await found()).toEqual([]);
});
