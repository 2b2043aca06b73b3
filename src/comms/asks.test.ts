import { expect, test } from 'vitest';
import { requestWaiver } from '../waivers/waiver.commands.ts';
import { openIncident } from '../environments/incident.commands.ts';
import { holdRelease } from '../releases/hold.commands.ts';
import { digestOf } from '../kernel/digest.ts';
import { plus } from '../kernel/time.ts';
import type { ReleaseRow } from '../releases/releases.queries.ts';
import { testFloor } from '../testing/database.ts';
import { newRelease, vote } from '../testing/release-story.ts';
import { delegate, releaseWorld, type Who } from '../testing/release-world.ts';
import { loadFact } from '../platform/jobs/worker.system.ts';
import { commsSweepers, onNewsForPeople } from './comms.reactions.ts';
import { openLink, makeLink } from './link.commands.ts';
import { LOOK_TASK, lookAt } from './look.work.ts';
import { setMail } from './mail.commands.ts';
import { savePreference } from './preference.store.ts';
import { STANDARD } from './preference.ts';

// Who is told what, in an organisation where only segregation of duties tells people apart.

const floor = await testFloor({ config: { egressAllow: 'localhost', publicUrl: 'https://yard.example.org' } });
const world = await releaseWorld(floor);
const { people, prod, shop, tx } = world;
const HOUR = 3_600_000;
await setMail(floor, people.root, {
  host: 'localhost',
  port: 2525,
  tls: 'starttls',
  username: null,
  password: null,
  sender: 'yard@example.org',
  answerWithinMs: 24 * HOUR,
  remindBeforeMs: 4 * HOUR,
  version: 0,
});

type Told = { who: string; kind: string; subject: string; lines: string[]; state: string; over: boolean };
async function told(release: string | null = null): Promise<Told[]> {
  return tx((t) =>
    t.query<Told>(
      `select person.name as who, kind, subject, lines, state, over from notice join person on person.id = receiver
       where ($1::text is null or release_id = $1) order by person.name, kind, at`,
      [release],
    ),
  );
}
const names = (all: readonly Told[], kind: string): string[] => all.filter((one) => one.kind === kind).map((one) => one.who);

/** Asks for prod; the deployment waits before its first act. */
async function waits(release: ReleaseRow): Promise<void> {
  await tx(async (t) =>
    t.write(
      `insert into deployment (id, org_id, service_id, environment_id, release_id, version_name, digest, kind, state, cause, requested_by, strategy, start_order, plan, recorded, requested_at)
       values ($1, $2, $3, $4, $5, $6, $7, 'deploy', 'waiting', 'waits', 'system:deployments', '{"kind":"all-at-once"}', '{}', '[]', false, $8)`,
      [floor.newId('dep'), t.org, shop.id, prod.id, release.id, release.versionName, digestOf('x'), await t.now()],
    ),
  );
}
const hear = async (type: string): Promise<void> => {
  const { id } = await tx((t) => t.one<{ id: string }>(`select fact_id as id from fact where type = $1 order by id desc limit 1`, [type]));
  const fact = await loadFact(floor, floor.org, id);
  if (fact !== null) await onNewsForPeople.run(floor, fact);
};

test('an approval is asked of who could give it, once, and of nobody whose vote would not count', async () => {
  await world.apply();
  const release = await newRelease(world);
  await tx((t) => lookAt(t, release.id));
  expect(await told(release.id), 'nothing waits yet').toEqual([]);
  await waits(release);
  await delegate(world, 'bill', 'beth');
  await tx((t) => lookAt(t, release.id));
  await tx((t) => lookAt(t, release.id));
  const all = await told(release.id);
  // ann wrote it, cora committed it, coco helped, rita asked for it, root changed policy and configuration.
  const asked = names(all, 'asked');
  for (const excluded of ['ann', 'cora', 'coco', 'rita'] satisfies Who[]) expect(asked).not.toContain(excluded);
  expect(asked).toEqual([...new Set(asked)]);
  expect(asked).toEqual(expect.arrayContaining(['beth', 'bill', 'mona']));
  const mail = all.find((one) => one.who === 'beth' && one.kind === 'asked');
  expect(mail?.subject).toBe(`Approve shop ${release.versionName} for prod`);
  expect(mail?.lines.join(' ')).toContain(`It can't go to prod yet`);
  expect(names(all, 'waits')).toEqual(['rita']);
  // One answer is enough: what was not sent yet is not sent any more.
  await vote(world, release, people.bill);
  await hear('approval.given');
  await tx((t) => lookAt(t, release.id));
  const after = await told(release.id);
  expect(after.filter((one) => one.kind === 'asked').map((one) => [one.state, one.over])).toEqual(asked.map(() => ['dropped', true]));
  expect(after.find((one) => one.kind === 'decided')).toMatchObject({
    who: 'rita',
    subject: `shop ${release.versionName} for prod: approved by bill`,
    lines: ['bill approved it: because'],
  });
  await delegate(world, 'bill', null);
});

test('who has not answered is reminded once, before the time is up, and only where it is still asked', async () => {
  const release = await newRelease(world);
  await waits(release);
  await tx((t) => lookAt(t, release.id));
  await tx((t) => t.write(`update notice set state = 'sent' where release_id = $1 and kind = 'asked'`, [release.id]));
  const remind = commsSweepers.find((one) => one.name === 'comms.remind');
  const wakes = async (): Promise<number> => {
    await floor.db.tx('*', async (t) => remind?.sweep(t));
    const sql = `select count(*)::int as n from graphile_worker.jobs where task_identifier = $1 and key like '%' || $2 || '%'`;
    return (await tx((t) => t.one<{ n: number }>(sql, [LOOK_TASK, release.id]))).n;
  };
  expect(await wakes()).toBe(0);
  await tx((t) => lookAt(t, release.id));
  expect(names(await told(release.id), 'reminder')).toEqual([]);
  await tx((t) => t.write(`update notice set at = at - interval '21 hours' where release_id = $1 and kind = 'asked'`, [release.id]));
  expect(await wakes()).toBe(1);
  await tx((t) => lookAt(t, release.id));
  await tx((t) => lookAt(t, release.id));
  const reminded = names(await told(release.id), 'reminder');
  expect(reminded).toEqual(names(await told(release.id), 'asked'));
  expect((await told(release.id)).find((one) => one.kind === 'reminder')?.lines[0]).toMatch(/^It should be answered before 20/);
  // Somebody rejects it: nothing is asked of anybody.
  await vote(world, release, people.mona, null, { verdict: 'reject' });
  await hear('approval.rejected');
  await tx((t) => lookAt(t, release.id));
  expect((await told(release.id)).filter((one) => one.state === 'queued' && one.kind === 'reminder')).toEqual([]);
});

test('everybody is told as they chose: not at all, in the night later, by digest', async () => {
  const minute = new Date().getUTCHours() * 60 + new Date().getUTCMinutes();
  const quiet = { from: (minute + 1430) % 1440, until: (minute + 60) % 1440 };
  await tx((t) => savePreference(t, people.bill.id, 0, { ...STANDARD, wants: { ...STANDARD.wants, asked: 'off' } }));
  await tx((t) => savePreference(t, people.beth.id, 0, { ...STANDARD, quiet }));
  const release = await newRelease(world);
  await waits(release);
  await tx((t) => lookAt(t, release.id));
  const all = await told(release.id);
  expect(names(all, 'asked')).not.toContain('bill');
  const { due } = await tx((t) =>
    t.one<{ due: string }>(`select due_at as due from notice where receiver = $1 and release_id = $2`, [people.beth.id, release.id]),
  );
  expect(Date.parse(due) - Date.now()).toBeGreaterThan(50 * 60_000);
  expect(all.find((one) => one.kind === 'waits')?.state).toBe('digest');
});

test('a hold, an incident and a waiver reach who they concern, and not who did it', async () => {
  const release = await newRelease(world);
  await tx((t) => holdRelease(t, people.mona, release.id, 'a wrong total', null));
  await hear('release.held');
  expect((await told(release.id)).map(({ who, subject, lines }) => [who, subject, lines])).toEqual([
    ['rita', `shop ${release.versionName} is held by mona`, ['a wrong total']],
  ]);
  const lookup = { existing: async (_: unknown, ids: readonly string[]) => new Set(ids) };
  const open = {
    serviceId: shop.id,
    environmentId: prod.id,
    severity: 'major' as const,
    title: 'slow\r\nBcc: x@y.z',
    description: null,
    startedAt: null,
    deployments: [],
  };
  await tx((t) => openIncident(t, people.mona, lookup, open));
  await hear('incident.detected');
  const incidents = (await told()).filter((one) => one.kind === 'incident');
  expect(incidents.map(({ who, subject }) => [who, subject])).toEqual([['ann', 'Incident (major): slow Bcc: x@y.z']]);
  const expiresAt = plus(new Date().toISOString(), 2 * 24 * HOUR);
  const scope = { teamId: shop.teamId, serviceId: shop.id, environmentId: null };
  const asked = { kind: 'check' as const, scope, subject: 'lint', owner: null, reason: 'late', ticket: 'X-1', price: null, expiresAt };
  const waiver = await tx((t) => requestWaiver(t, people.mona, asked));
  await hear('waiver.requested');
  const deciders = (await told()).filter((one) => one.subject.startsWith('Waiver asked for'));
  expect(deciders.map((one) => one.who)).toContain('ann');
  expect(deciders.map((one) => one.who)).not.toContain('mona');
  await tx((t) => t.write(`update waiver set state = 'approved' where id = $1`, [waiver.id]));
  const remind = commsSweepers.find((one) => one.name === 'comms.remind');
  for (let round = 0; round < 2; round += 1) await floor.db.tx('*', async (t) => remind?.sweep(t));
  expect((await told()).filter((one) => one.kind === 'expiring').map(({ who, subject }) => [who, subject])).toEqual([
    ['mona', 'A waiver ends: check, shop'],
  ]);
});

test('a link of a mail opens its page for its person alone, fills the form in once, and decides nothing', async () => {
  const target = `/releases/rel_1?environment=prod`;
  const secret = await tx((t) => makeLink(t, 'key', { purpose: 'decide', notice: 'ntc_1', person: people.bill.id, target }));
  expect(await tx((t) => makeLink(t, 'key', { purpose: 'decide', notice: 'ntc_1', person: people.bill.id, target }))).toBe(secret);
  const before = await tx((t) => t.query(`select id from approval`));
  await expect(tx((t) => openLink(t, people.beth, secret))).rejects.toMatchObject({ code: 'comms.link-over' });
  await expect(tx((t) => openLink(t, world.bot, secret))).rejects.toMatchObject({ code: 'comms.person-needed' });
  const token = { ...people.bill, credential: { kind: 'token' as const, id: 'tok_1', actions: null, services: null } };
  await expect(tx((t) => openLink(t, token, secret))).rejects.toMatchObject({ code: 'comms.person-needed' });
  await expect(tx((t) => openLink(t, people.bill, `${secret.slice(0, -1)}0`))).rejects.toMatchObject({ code: 'comms.link-over' });
  expect(await tx((t) => openLink(t, people.bill, secret))).toEqual({ to: `${target}&ask=vote`, first: true });
  expect(await tx((t) => openLink(t, people.bill, secret))).toEqual({ to: target, first: false });
  await tx((t) => t.write(`update notice_link set expires_at = yardmaster_now()`));
  await expect(tx((t) => openLink(t, people.bill, secret))).rejects.toMatchObject({ code: 'comms.link-over' });
  expect(await tx((t) => t.query(`select id from approval`))).toEqual(before);
});
