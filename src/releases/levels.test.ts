import { stringify } from 'yaml';
import { expect, test } from 'vitest';
import { changePolicy } from '../gates/policy.commands.ts';
import { MINIMUM, ofTeam } from '../gates/levels.store.ts';
import { testFloor } from '../testing/database.ts';
import { ask, newRelease, vote } from '../testing/release-story.ts';
import { releaseWorld } from '../testing/release-world.ts';
import { look as lookAt } from './may-ship.api.ts';
import { replay } from './replay.api.ts';
import { decisionById } from './releases.queries.ts';

const world = await releaseWorld(await testFloor());
const { people, shop } = world;

const check = (rule: string) => ({ title: 'A check', rule, remedy: 'Do it.', mode: 'block' });
const asks = (document: object) => stringify({ title: 'More', requires: [], ...document });
const save = (name: string, source: string, version: number) => world.tx((tx) => changePolicy(tx, people.root, { name, source, version }));
const gates = async (release: Parameters<typeof ask>[1]) => (await ask(world, release, {})).rules.find((one) => one.rule === 'gates');

test('what a level asks is asked of a release, says who asks it, and voids approvals that had not seen it', async () => {
  const release = await newRelease(world);
  expect((await vote(world, release, people.beth)).refused).toBeNull();
  expect((await ask(world, release, {})).verdict).toBe('allow');

  await save(MINIMUM, asks({ checks: { scanned: check('findings.total == 0') }, requires: [{ environments: ['production'], checks: ['scanned'] }] }), 1);
  const denied = await ask(world, release, {});
  expect(denied.rules.find((one) => one.rule === 'gates')).toMatchObject({ verdict: 'unknown' });
  expect(denied.rules.find((one) => one.rule === 'gates')?.reasons[0]?.text).toContain("asked by the organisation's minimum (version 2)");
  expect(denied.rules.find((one) => one.rule === 'approvals')?.verdict).toBe('wait');

  // The team can add, and its word is under the minimum.
  const loose = asks({ checks: { scanned: { ...check('findings.total == 0'), mode: 'warn' } }, requires: [{ checks: ['scanned'] }] });
  await expect(save(ofTeam(shop.teamId), loose, 1)).rejects.toMatchObject({ code: 'gates.policy-invalid', data: { diagnostics: [{ code: 'gates.loosens' }] } });
  await save(ofTeam(shop.teamId), asks({ checks: { tested: check('tests.passed > 0') }, requires: [{ checks: ['tested'] }] }), 1);
  expect((await gates(release))?.reasons.map((one) => one.text).join('\n')).toContain('asked by the team web (version 2)');

  // A recorded answer is derived again from what it was made of, whatever levels ask by then.
  const recorded = await ask(world, release, { record: true });
  await save(MINIMUM, asks({}), 2);
  const row = await world.tx((tx) => decisionById(tx, recorded.decision ?? ''));
  if (row === null) throw new Error('no decision was recorded');
  expect((await world.tx((tx) => replay(tx, row))).differences).toEqual([]);
  expect((await gates(release))?.reasons).toHaveLength(1);
  await save(ofTeam(shop.teamId), asks({}), 2);
  expect((await gates(release))?.verdict).toBe('allow');
}); // prettier-ignore

test('a repository asks at its commit; a file that nobody can read is no yes', async () => {
  const made = async (source: string) => {
    const commit = await world.commit('feat: more', { '.yardmaster/policy.yaml': source });
    return newRelease(world, { run: await world.build(commit) });
  };
  const strict = await made(asks({ checks: { tested: check('tests.passed > 0') }, requires: [{ checks: ['tested'] }] }));
  expect((await gates(strict))?.reasons[0]?.text).toMatch(/asked by the repository at [0-9a-f]{12}/);
  expect((await gates(strict))?.verdict).toBe('unknown');
  const broken = await made('title: [');
  expect(await gates(broken)).toMatchObject({ verdict: 'unknown', reasons: [{ code: 'gates.level-unreadable' }] });
  expect((await gates(broken))?.reasons[0]?.text).toContain('ym policy check-level .yardmaster/policy.yaml --service SERVICE');
  const huge = await made(`# ${'x'.repeat(70_000)}`);
  expect((await gates(huge))?.reasons[0]?.text).toContain('larger than 64 KiB');
  // What is looser than the policy takes nothing away.
  const looser = await made(asks({ requires: [{ lifecycle: { soak: '1s' }, breakGlass: { persons: 1 } }] }));
  const { loaded } = await world.tx((tx) => lookAt(tx, { releaseId: looser.id, environmentId: world.prod.id, purpose: 'deploy' }));
  expect(loaded.inputs.gates.resolved.rules.breakGlass.persons).toBe(1);
  expect((await gates(looser))?.verdict).toBe('allow');
});
