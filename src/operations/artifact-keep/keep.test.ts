import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { retention } from '../../app/slices.ts';
import { openArtifact } from '../../artifacts/open.api.ts';
import { system } from '../../kernel/actor.ts';
import { digestOf, hexOf, type Digest } from '../../kernel/digest.ts';
import { notNamed, retentionTask } from '../../platform/retention/sweep.work.ts';
import { testFloor } from '../../testing/database.ts';
import { factsOf, givenService, passTime } from '../../testing/pipelines.ts';
import { changeRetention, holdBack, letGo } from '../retention.commands.ts';
import { listDueArtifacts } from './due.views.ts';
import { artifactRetention } from './keep.work.ts';

const floor = await testFloor();
const { org } = floor;
const actor = system(org, 'test');
const shop = await givenService(floor, 'shop');
const tx = <R>(work: Parameters<typeof floor.db.tx<R>>[1]) => floor.db.tx(org, work);
const DAY = 86_400_000;
const environments = { stage: 'env_1', prod: 'env_2' } as const;
await tx(async (t) => {
  for (const [name, kind] of [
    ['stage', 'staging'],
    ['prod', 'production'],
  ] as const)
    await t.write(
      `insert into environment (id, org_id, name, kind, after, protected, agent, strategy, created_at) values ($1, $2, $3, $4, '[]', false, 'x', '{}', $5)`,
      [environments[name], org, name, kind, await t.now()],
    );
});

let count = 0;
/** An artifact of the shop whose bytes are stored, built now. */
async function built(): Promise<Digest> {
  const { digest, size } = await floor.blobs.put(`artifact ${(count += 1)}`);
  await tx(async (t) => {
    const at = await t.now();
    await t.write(`insert into artifact (id, org_id, digest, size, name, checked_at, created_at) values ($1, $2, $3, $4, 'shop', $5, $5)`, [
      `art_${count}`,
      org,
      digest,
      size,
      at,
    ]);
    await t.write(
      `insert into artifact_build (id, org_id, artifact_id, digest, service_id, run_id, job_id, attempt, name, made, state, due_at, created_at)
       values ($1, $2, $3, $4, $5, $6, $1, 1, 'shop', '{}', 'signed', $7, $7)`,
      [`bld_${count}`, org, `art_${count}`, digest, shop.id, `run_${count}`, at],
    );
  });
  return digest;
}

async function released(digest: Digest): Promise<string> {
  const id = `rel_${(count += 1)}`;
  await tx(async (t) =>
    t.write(
      `insert into release (id, org_id, service_id, version_name, type, state, commit_id, run_id, digests, change_id, plan, targets, schema_change, notes, created_at)
       values ($1, $2, $3, $1, 'standard', 'open', 'c', 'run_of_release', $4, 'chg', 'manual', '{}', '{}', '', $5)`,
      [id, org, shop.id, [digest], await t.now()],
    ),
  );
  return id;
}

/** It runs in a place from now on, and what ran there before no more. */
async function runs(digest: Digest, where: keyof typeof environments): Promise<void> {
  await tx(async (t) => {
    const at = await t.now();
    await t.write(`update running_history set until = $2 where environment_id = $1 and until is null`, [environments[where], at]);
    await t.write(
      `insert into running_history (org_id, service_id, environment_id, release_id, release_version, artifact_digests, configuration_digest, deployment_id, change, since)
       values ($1, $2, $3, 'rel', '1', $4, 'c', 'dep', 'deployed', $5)`,
      [org, shop.id, environments[where], JSON.stringify([digest]), at],
    );
  });
}

const round = () => retentionTask(retention).run(floor, {}, org);
const kept = async (digests: readonly Digest[]): Promise<Digest[]> => {
  const rows = await tx((t) => t.query<{ digest: Digest }>(`select digest from artifact where kept and digest = any($1)`, [digests]));
  return digests.filter((digest) => rows.some((row) => row.digest === digest));
};
const set = (what: string, days: number, keep: number) => tx((t) => changeRetention(t, actor, retention.rules, what, days, keep));

test('artifacts go by how far they came, by age and by number; what runs, is a way back, is deployed or held stays', async () => {
  await set('artifacts-built', 30, 1);
  await set('artifacts-released', 100, 0);
  await set('artifacts-production', 1000, 0);
  const plain = await built();
  const staged = await built();
  await released(staged);
  await runs(staged, 'stage');
  // Six versions ran in production: the first is no way back any more, the others are.
  const versions: Digest[] = [];
  for (let at = 0; at < 6; at += 1) {
    const digest = await built();
    versions.push(digest);
    await released(digest);
    await runs(digest, 'prod');
  }
  const onlyReleased = await built();
  await released(onlyReleased);
  const deploying = await built();
  await released(deploying);
  await tx(async (t) =>
    t.write(
      `insert into deployment (id, org_id, service_id, environment_id, release_id, version_name, digest, kind, state, cause, requested_by, strategy, start_order, plan, requested_at)
       values ('dep_1', $1, $2, 'env_2', 'rel', '1', $3, 'deploy', 'waiting', 'x', 'x', '{}', '{}', '[]', $4)`,
      [org, shop.id, deploying, await t.now()],
    ),
  );
  const heldRelease = await built();
  const heldId = await released(heldRelease);
  const hold = await tx((t) => holdBack(t, actor, { release: heldId, reason: 'a case in court' }));
  const heldBytes = await built();
  await tx((t) => holdBack(t, actor, { artifact: heldBytes, reason: 'evidence' }));
  const all = [plain, staged, ...versions, onlyReleased, deploying, heldRelease, heldBytes];

  await passTime(floor, 31 * DAY);
  const newest = await built();
  await round();
  // Only the one that was merely built goes: the held one stays, and the newest is not old enough.
  expect(await kept([...all, newest])).toEqual([staged, ...versions, onlyReleased, deploying, heldRelease, heldBytes, newest]);
  await passTime(floor, 70 * DAY);
  // The newest of a service stays whatever its age.
  await round();
  expect(await kept([...all, newest])).toEqual([staged, ...versions, deploying, heldRelease, heldBytes, newest]);
  await passTime(floor, 1000 * DAY);
  await round();
  expect(await kept([...all, newest])).toEqual([staged, ...versions.slice(1), deploying, heldRelease, heldBytes, newest]);
  await expect(openArtifact(floor, org, versions[0]!)).rejects.toMatchObject({ code: 'artifacts.removed', status: 410 });
  const plan = await Promise.all(artifactRetention.map((rule) => tx(async (t) => rule.list!(t, await t.now(), 100, 0))));
  expect(
    plan
      .flat()
      .filter((one) => one.held)
      .map((one) => one.name),
  ).toEqual(expect.arrayContaining([heldRelease, heldBytes]));
  const whole = await tx(async (t) => listDueArtifacts(t, 'production', await t.now(), 0, 100, true));
  const why = (digest: Digest | undefined) => whole.find((one) => one.digest === digest)?.stays;
  expect([why(versions[1]), why(versions[5])]).toEqual(['way-back', 'runs']);
  const others = await tx(async (t) => listDueArtifacts(t, 'released', '2020-01-01T00:00:00.000Z', 0, 100, true));
  expect(others.map(({ digest, stays }) => [digest, stays])).toEqual(
    expect.arrayContaining([
      [staged, 'runs'],
      [deploying, 'deploying'],
      [heldRelease, 'young'],
    ]),
  );
  const kinds = await tx(async (t) => listDueArtifacts(t, 'built', await t.now(), 1, 100, true));
  expect(kinds.map(({ digest, stays, held }) => [digest, stays, held])).toEqual([
    [heldBytes, null, true],
    [newest, 'newest', false],
  ]);
  await tx((t) => letGo(t, actor, hold, 'closed'));
  await round();
  expect(await kept([heldRelease, heldBytes])).toEqual([heldBytes]);
  expect((await factsOf(floor, 'retention.removed')).map(({ body }) => body['what'])).toEqual(
    expect.arrayContaining(['artifacts-built', 'artifacts-released', 'artifacts-production']),
  );
});

test('the bytes of a removed artifact are deleted a day later, unless something else needs them; built again they are back', async () => {
  const gone = await built();
  const shared = await built();
  await tx((t) => t.write(`update run set archive = $1 where id = (select min(id) from run)`, [shared]));
  await set('artifacts-built', 10, 0);
  await passTime(floor, 11 * DAY);
  await round();
  expect(await kept([gone, shared])).toEqual([]);
  expect(await floor.blobs.has(gone)).toBe(true);
  const then = new Date(Date.now() - 20 * DAY);
  utimesSync(join(floor.config.state, 'blobs', hexOf(gone).slice(0, 2), hexOf(gone)), then, then);
  await passTime(floor, DAY + 7_200_000);
  await round();
  expect(await floor.blobs.has(gone)).toBe(false);
  // A name as an artifact gives way where the artifact was removed, and only there.
  expect(await notNamed(floor, [gone, digestOf('nobody')], retention)).toEqual([gone, digestOf('nobody')]);
  const again = await built();
  expect(await notNamed(floor, [again], retention)).toEqual([]);
});
