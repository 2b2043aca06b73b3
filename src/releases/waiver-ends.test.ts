import { expect, test } from 'vitest';
import { changePolicy } from '../gates/policy.commands.ts';
import { policyOf } from '../gates/gates.queries.ts';
import { plus } from '../kernel/time.ts';
import { testFloor } from '../testing/database.ts';
import { newRelease } from '../testing/release-story.ts';
import { releaseWorld } from '../testing/release-world.ts';
import { approveWaiver, requestWaiver } from '../waivers/waiver.commands.ts';
import { mayShip } from './may-ship.api.ts';

const HOUR = 3_600_000;
const world = await releaseWorld(await testFloor());
const { tx, people, shop, prod } = world;
const release = await newRelease(world);
const gates = async () => {
  const answer = await tx((t) =>
    mayShip(t, { releaseId: release.id, environmentId: prod.id, actor: people.ann, purpose: 'preview', record: false }),
  );
  const rule = answer.rules.find((one) => one.rule === 'gates');
  if (rule === undefined) throw new Error('no answer of the gates');
  return { verdict: rule.verdict, notAfter: answer.notAfter };
};

test('a check that was waived blocks again by the clock alone, on the whole road: rules, request, second person, the one answer', async () => {
  const { version } = await tx((t) => policyOf(t, 'regulated'));
  const { source } = await tx((t) =>
    t.one<{ source: string }>(`select source from policy_version where name = 'regulated' order by version desc limit 1`),
  );
  const document = JSON.parse(source) as { checks: object; tiers: Record<string, { production: { checks: string[] } }> };
  document.checks = { tested: { title: 'Tests ran', rule: 'tests.passed > 0', remedy: 'Report them.', mode: 'block' } };
  for (const kinds of Object.values(document.tiers)) kinds.production.checks = ['tested'];
  await tx((t) => changePolicy(t, people.root, { name: 'regulated', source: JSON.stringify(document), version }));
  expect((await gates()).verdict).toBe('unknown');

  const asked = await tx(async (t) =>
    requestWaiver(t, people.ann, {
      kind: 'check',
      scope: { teamId: shop.teamId, serviceId: shop.id, environmentId: prod.id },
      subject: 'tested',
      owner: null,
      reason: 'the fixture server is down',
      ticket: 'OPS-1',
      price: null,
      expiresAt: plus(await t.now(), HOUR),
    }),
  );
  // Nobody lifts it alone.
  expect((await gates()).verdict).toBe('unknown');
  await tx((t) => approveWaiver(t, people.beth, { waiver: asked.id, version: asked.version, reason: null }));
  expect((await gates()).verdict).toBe('allow');

  // A moment before its end an answer holds no longer than the waiver; no job runs, and at its end the check blocks again.
  await world.clock(HOUR - 10_000);
  const last = await gates();
  expect(last.verdict).toBe('allow');
  expect(last.notAfter <= asked.expiresAt).toBe(true);
  await world.clock(20_000);
  expect((await gates()).verdict).toBe('unknown');
  expect(await tx((t) => t.one(`select state from waiver where id = $1`, [asked.id]))).toEqual({ state: 'approved' });
});
