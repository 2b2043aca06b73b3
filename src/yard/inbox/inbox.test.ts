import { expect, test } from 'vitest';
import { deploymentComparison, releasePage } from '../../contract/release-page.ts';
import { inbox, incidentPage, releaseBoard } from '../../contract/inbox.ts';
import { openIncident, resolveIncident } from '../../environments/incident.commands.ts';
import { setRunning } from '../../environments/running.api.ts';
import { system, type Actor } from '../../kernel/actor.ts';
import { digestOf } from '../../kernel/digest.ts';
import { breakGlass, tickChecklist } from '../../releases/readiness.commands.ts';
import { abandonRelease } from '../../releases/release.commands.ts';
import { mustRelease, type ReleaseRow } from '../../releases/releases.queries.ts';
import { testFloor } from '../../testing/database.ts';
import { newRelease, vote } from '../../testing/release-story.ts';
import { delegate, releaseWorld, type Who } from '../../testing/release-world.ts';
import { incidentStory } from '../incident/incident.views.ts';
import { comparisonOf } from '../release/comparison.views.ts';
import { inputsOfDecision } from '../release/decision-inputs.views.ts';
import { pageOfRelease } from '../release/release-page.views.ts';
import { deploymentById } from '../../deployments/deployments.queries.ts';
import { decisionById } from '../../releases/releases.queries.ts';
import { mayShip } from '../../releases/may-ship.api.ts';
import { boardOfReleases } from './release-board.views.ts';
import { inboxOf } from './inbox.views.ts';

const world = await releaseWorld(await testFloor());
const { people, shop, prod, floor } = world;
const agent = system(floor.org, 'agent');
const look = (who: Who) => world.tx((tx) => inboxOf(tx, people[who], 'all'));
const page = async (release: ReleaseRow, actor: Actor = people.beth) => {
  const answer = await floor.db.read(floor.org, async (tx) => pageOfRelease(tx, actor, await mustRelease(tx, release.id)));
  return releasePage.answer.parse(answer);
};
const approvals = async (who: Who) => (await look(who)).items.filter((item) => item.kind === 'approval');

async function deployment(release: ReleaseRow, more: Record<string, unknown> = {}): Promise<string> {
  const id = floor.newId('dep');
  const row = {
    state: 'waiting',
    cause: 'waits',
    finished: null,
    recorded: false,
    answer: null,
    previous: null,
    started: null,
    plan: [],
    ...more,
  };
  await world.tx(async (tx) =>
    tx.write(
      `insert into deployment (id, org_id, service_id, environment_id, release_id, version_name, digest, kind, state, cause, requested_by, strategy, start_order, plan,
         previous, recorded, last_answer, requested_at, started_at, finished_at)
       values ($1, $2, $3, $4, $5, $6, $7, 'deploy', $8, $9, 'system:deployments', '{"kind":"all-at-once"}', '{}', $10::jsonb, $11::jsonb, $12, $13::jsonb, $14, $15, $16)`,
      [
        id,
        tx.org,
        shop.id,
        prod.id,
        release.id,
        release.versionName,
        digestOf('x'),
        row.state,
        row.cause,
        JSON.stringify(row.plan),
        row.previous === null ? null : JSON.stringify(row.previous),
        row.recorded,
        row.answer === null ? null : JSON.stringify(row.answer),
        await tx.now(),
        row.started === null ? null : await tx.now(),
        row.finished === null ? null : await tx.now(),
      ],
    ),
  );
  return id;
}

test('an approval waits for whoever can give it, and for nobody whose word would not count', async () => {
  await world.policy({ approval: 'one' });
  const release = await newRelease(world);
  const [item] = await approvals('beth');
  expect(item).toMatchObject({
    release: { id: release.id, version: release.versionName, requester: { name: 'rita' } },
    service: 'shop',
    environment: 'prod',
    act: { kind: 'vote', myself: true, for: [], commits: 1, authors: 1, also: [] },
  });
  // Ann wrote it, cora committed it, coco helped, rita asked for it.
  for (const who of ['ann', 'cora', 'coco', 'rita'] as const) expect(await approvals(who), who).toEqual([]);
  inbox.answer.parse(await look('beth'));

  const shown = await page(release, people.beth);
  const there = shown.environments.find((one) => one.environment === 'prod');
  expect(there?.me).toEqual({ mayVote: true, why: null, for: [] });
  expect(there?.missing[0]?.givers.persons.map((one) => one.name).sort()).toEqual(['beth', 'bill', 'mona']);
  expect(there?.words.missing[0]).toMatch(/beth, bill or mona can give it$/);
  const own = (await page(release, people.ann)).environments.find((one) => one.environment === 'prod');
  expect(own?.me).toMatchObject({ mayVote: false, why: expect.stringMatching(/^You are author/) });
  expect(shown.changes).toMatchObject({
    complete: true,
    total: 1,
    commits: [{ subject: 'feat: a thing', author: { name: 'ann' }, url: null }],
  });

  await vote(world, release, people.beth, { intent: item?.act.kind === 'vote' ? (item.act.intent as never) : ('' as never), version: 1 });
  expect(await approvals('bill'), 'one is enough').toEqual([]);
  expect((await page(release)).votes).toMatchObject([{ name: 'beth', state: 'active' }]);
  await world.tx((tx) => abandonRelease(tx, people.rita, release.id, 'over'));
});

test('who voted is not asked again while another still is, and who is stood in for is named', async () => {
  await world.policy({ approval: 'two' });
  const release = await newRelease(world);
  await vote(world, release, people.bill);
  expect(await approvals('bill')).toEqual([]);
  expect(await approvals('mona')).toHaveLength(1);
  const [missing] = (await page(release)).environments.find((one) => one.environment === 'prod')?.missing ?? [];
  expect(missing?.givers.persons.map((one) => one.name)).toEqual(['mona']);
  await world.policy({ approval: 'one' });
  await world.tx((tx) => tx.write(`delete from role_binding where holder_id = $1`, [people.beth.id]));
  expect(await approvals('beth'), 'no role, nobody to stand in for').toEqual([]);
  await delegate(world, 'mona', 'beth');
  const [item] = await approvals('beth');
  expect(item?.act).toMatchObject({ kind: 'vote', myself: false, for: [{ id: people.mona.id, name: 'mona' }] });
  await delegate(world, 'mona', null);
  await world.tx((tx) => abandonRelease(tx, people.rita, release.id, 'over'));
});

test('a deployment that waits for people is found by its own answer; one that waits for a clock is not', async () => {
  const release = await newRelease(world, { plan: 'continuous' });
  const waits = (meaning: string) => ({ answer: { verdict: 'wait', meaning, reasons: [], decision: null, intent: '', at: '' } });
  expect(await approvals('bill'), 'nothing was asked for yet').toEqual([]);
  const frozen = await deployment(release, waits('approvals=allow:x calendar=wait:y'));
  expect(await approvals('bill')).toEqual([]);
  await world.tx((tx) => tx.write(`delete from deployment where id = $1`, [frozen]));
  const id = await deployment(release, waits('lifecycle=allow:x approvals=wait:approvals.missing calendar=allow:z'));
  expect(await approvals('bill')).toMatchObject([{ release: { id: release.id }, why: 'Its deployment waits for your answer.' }]);
  const shown = await page(release);
  expect(shown.deployments).toMatchObject([{ id, environment: 'prod', state: 'waiting', compares: false }]);
  await world.tx((tx) => tx.write(`update deployment set state = 'cancelled', finished_at = requested_at where id = $1`, [id]));
  await world.tx((tx) => abandonRelease(tx, people.rita, release.id, 'over'));
});

test('what ended badly waits for a person until something newer is tried or it is given up', async () => {
  await world.tx((tx) =>
    tx.write(
      `insert into role_binding (id, org_id, holder_id, role, given_by, given_at) values ('rol_dev', $1, $2, 'developer', 'test', $3)`,
      [tx.org, people.bill.id, '2026-01-01T00:00:00.000Z'],
    ),
  );
  const release = await newRelease(world, { plan: 'continuous' });
  const gone = await deployment(release, {
    state: 'failed',
    cause: 'the agent said no',
    finished: true,
    recorded: true,
    previous: { version: '1.0.0' },
  });
  const failures = async (who: Who) => (await look(who)).items.filter((item) => item.kind === 'deployment');
  expect(await failures('bill')).toMatchObject([
    { why: 'the agent said no', act: { deployment: gone, retry: true, rollBack: { version: '1.0.0' }, abandon: true } },
  ]);
  expect(await failures('mona'), 'a release manager too').toHaveLength(1);
  expect(await failures('coco'), 'who may not deploy decides nothing').toEqual([]);
  expect((await world.tx((tx) => boardOfReleases(tx, people.bill, { state: 'went-wrong', limit: 10 }, 'all'))).items).toMatchObject([
    { id: release.id },
  ]);
  await deployment(release, { state: 'acting', started: true });
  expect(await failures('bill'), 'tried again').toEqual([]);
  expect((await world.tx((tx) => boardOfReleases(tx, people.bill, { state: 'went-wrong', limit: 10 }, 'all'))).items).toEqual([]);
  const under = await world.tx((tx) => boardOfReleases(tx, people.bill, { state: 'under-way', limit: 10 }, 'all'));
  expect(releaseBoard.answer.parse(under).items).toMatchObject([{ id: release.id, requester: { name: 'rita' } }]);
  expect((await world.tx((tx) => boardOfReleases(tx, people.bill, { limit: 10 }, new Set()))).items).toEqual([]);
  expect((await world.tx((tx) => boardOfReleases(tx, people.rita, { mine: 'yes', limit: 1 }, 'all'))).next).not.toBeNull();
  expect((await world.tx((tx) => boardOfReleases(tx, people.bill, { mine: 'yes', limit: 10 }, 'all'))).items).toEqual([]);
  await world.tx((tx) => tx.write(`update deployment set state = 'cancelled', finished_at = requested_at where finished_at is null`));
  await world.tx((tx) => abandonRelease(tx, people.rita, release.id, 'over'));
});

test('the checklist waits until each item has a word; a break-glass for the second person; its review for another than who broke it', async () => {
  await world.policy({
    approval: null,
    readiness: { rollbackPlan: false, dependencies: false, checklist: ['Runbook read'] },
    breakGlass: { persons: 2, timeBox: '4h', debtDue: '3d' },
  });
  const release = await newRelease(world);
  const kinds = async (who: Who) => (await look(who)).items.map((item) => item.kind);
  expect((await look('bill')).items).toMatchObject([{ kind: 'checklist', act: { kind: 'tick', items: ['Runbook read'] } }]);
  const place = { release, service: shop, environment: prod };
  await world.tx((tx) => tickChecklist(tx, people.bill, place, { item: 'Runbook read', state: 'no', note: '' }));
  expect(await kinds('bill'), 'a no is a word').toEqual([]);

  await world.tx((tx) => breakGlass(tx, people.rita, place, { reason: 'on fire', ticket: 'INC-1' }));
  expect((await look('mona')).items).toMatchObject([
    { kind: 'break-glass', act: { reason: 'on fire', asked: [{ name: 'rita' }], needed: 2 } },
  ]);
  expect(await kinds('rita'), 'she has asked').not.toContain('break-glass');
  expect(await kinds('bill'), 'he may not').not.toContain('break-glass');
  await world.tx((tx) => breakGlass(tx, people.mona, place, { reason: 'on fire', ticket: 'INC-1' }));
  expect((await look('bill')).items).toMatchObject([{ kind: 'review', act: { can: 'pay', owner: { name: 'rita' } } }]);
  expect((await look('rita')).items).toMatchObject([{ kind: 'review', act: { can: 'nothing' } }]);
  expect(await kinds('mona'), 'she broke it too').toEqual([]);
  expect((await page(release)).breakGlass).toMatchObject([
    { environment: 'prod', persons: [{ name: 'rita' }, { name: 'mona' }], debt: { state: 'approved' } },
  ]);
  await world.tx((tx) => abandonRelease(tx, people.rita, release.id, 'over'));
  await world.tx((tx) =>
    tx.write(`update waiver set state = 'paid', decided_by = $1, decided_at = created_at where kind = 'debt'`, [people.bill.id]),
  );
});

test('what runs waits to be looked at only where the policy asks for a person', async () => {
  const release = await newRelease(world, { plan: 'continuous' });
  await world.tx((tx) =>
    setRunning(tx, agent, {
      serviceId: shop.id,
      environmentId: prod.id,
      releaseId: release.id,
      version: release.versionName,
      artifactDigests: release.digests,
      configurationDigest: digestOf('{}'),
      deploymentId: 'dep_1',
      rollback: false,
    }),
  );
  const waits = async () => (await look('bill')).items.filter((item) => item.kind === 'verification');
  expect(await waits()).toEqual([]);
  await world.policy({ verification: { checks: ['health', 'person'], maxAge: null } });
  expect(await waits()).toMatchObject([{ service: 'shop', environment: 'prod', release: { id: release.id } }]);
  expect(
    (await world.tx((tx) => boardOfReleases(tx, people.bill, { state: 'runs', environment: 'prod', limit: 10 }, 'all'))).items,
  ).toHaveLength(1);
  expect((await world.tx((tx) => boardOfReleases(tx, people.bill, { state: 'runs', environment: 'dev', limit: 10 }, 'all'))).items).toEqual(
    [],
  );
  expect((await look('bill')).items.every((item) => item.otherwise !== '' && item.why !== '')).toBe(true);
  expect((await world.tx((tx) => inboxOf(tx, people.bill, new Set()))).items, 'of services that are not seen nothing is told').toEqual([]);
});

test('a service that names no policy of its own is asked by the organisation’s', async () => {
  await world.tx((tx) => tx.write(`update service set policy = null where id = $1`, [shop.id]));
  const release = await newRelease(world);
  expect((await look('bill')).items.map((item) => item.kind)).not.toContain('verification');
  await world.tx((tx) => abandonRelease(tx, people.rita, release.id, 'over'));
  await world.tx((tx) => tx.write(`update service set policy = 'regulated' where id = $1`, [shop.id]));
});

test('the story of an incident: what was deployed before it, who opened and resolved it', async () => {
  const release = await newRelease(world, { plan: 'continuous' });
  const id = await deployment(release, { state: 'succeeded', started: true, finished: true });
  const lookup = { existing: async (_: unknown, ids: readonly string[]) => new Set(ids) };
  const open = {
    serviceId: shop.id,
    environmentId: prod.id,
    severity: 'major' as const,
    title: 'slow',
    description: 'very',
    startedAt: null,
  };
  const incident = await world.tx((tx) => openIncident(tx, people.bill, lookup, { ...open, deployments: [] }));
  const story = incidentPage.answer.parse(await world.tx((tx) => incidentStory(tx, incident.id)));
  expect(story.description).toBe('very');
  expect(story.deployments[0]).toMatchObject({ id, linked: false, state: 'succeeded' });
  expect(story.timeline.filter((one) => one.deployment === null || one.deployment === id).map((one) => one.kind)).toEqual([
    'deployment',
    'deployment',
    'began',
    'opened',
  ]);
  expect(story.timeline.at(-1)?.actor).toMatchObject({ person: { name: 'bill' } });
  await world.tx((tx) => resolveIncident(tx, people.bill, incident.id, null));
  expect((await world.tx((tx) => incidentStory(tx, incident.id))).timeline.at(-1)).toMatchObject({ kind: 'resolved' });
  await expect(world.tx((tx) => incidentStory(tx, `inc_${'0'.repeat(32)}`))).rejects.toMatchObject({ status: 404 });
});

test('a deployment that compares nothing has no points; a decision shows what it was derived from, with names', async () => {
  await world.policy({ approval: 'one', verification: { checks: ['health'], maxAge: null } });
  const release = await newRelease(world, { plan: 'continuous' });
  const id = await deployment(release, { state: 'cancelled', finished: true });
  const compared = await world.tx(async (tx) => comparisonOf(tx, (await deploymentById(tx, id))!));
  expect(deploymentComparison.answer.parse(compared)).toMatchObject({ against: null, points: [] });

  await vote(world, release, people.bill);
  const asked = { releaseId: release.id, environmentId: prod.id, actor: people.bill, purpose: 'deploy' as const, record: true };
  const { decision } = await world.tx((tx) => mayShip(tx, asked));
  const shown = await world.tx(async (tx) => inputsOfDecision(tx, (await decisionById(tx, decision ?? ''))!));
  expect(Object.keys(shown.inputs).sort()).toEqual(
    ['approvals', 'calendar', 'debt', 'gates', 'lifecycle', 'readiness', 'subject', 'supply-chain'].sort(),
  );
  expect(shown).toMatchObject({ service: 'shop', version: release.versionName, leftOut: [], persons: { [people.bill.id]: 'bill' } });
  expect(JSON.stringify(shown)).not.toContain('@example.org');
});

test('a canary beside its baseline: intervals counted on both sides, in order', async () => {
  const release = await newRelease(world, { plan: 'continuous' });
  const plan = [{ kind: 'observe', wave: 0, forMs: 1, maxMs: 2, minRequests: 10, marginPermille: 50, against: 'baseline' }];
  const id = await deployment(release, { state: 'observing', started: true, plan });
  const [canary, baseline] = ['candidate', 'baseline'].map((role) => `${role}-${id.slice(-16)}`);
  await world.tx(async (tx) => {
    const now = await tx.now();
    for (const [instance, seq, errors] of [
      [canary, 1, 10],
      [baseline, 1, 0],
      [canary, 2, 10],
      [baseline, 2, 0],
      [canary, 3, 10],
    ] as const)
      await tx.write(
        `insert into deployment_sample (deployment_id, instance, seq, org_id, wave, requests, errors, latency, received_at) values ($1, $2, $3, $4, 0, 100, $5, null, $6)`,
        [id, instance, seq, tx.org, errors, now],
      );
  });
  const compared = deploymentComparison.answer.parse(await world.tx(async (tx) => comparisonOf(tx, (await deploymentById(tx, id))!)));
  expect(compared).toMatchObject({ against: 'baseline', marginPermille: 50, intervalsPerPoint: 1 });
  expect(compared.points.map((point) => [point.canary.errors, point.other.errors, point.differencePermille])).toEqual([
    [10, 0, 100],
    [10, 0, 100],
  ]);
});
