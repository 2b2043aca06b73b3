import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { chmod, cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { sealedColumns, slices } from '../app/slices.ts';
import { system } from '../kernel/actor.ts';
import { putSecret, serviceSecrets } from '../pipelines/secrets/secrets.commands.ts';
import { parseConfig } from '../platform/config.ts';
import { openFloor, type OpenFloor } from '../platform/floor.system.ts';
import type { Floor } from '../platform/floor.ts';
import { startWorker } from '../platform/jobs/worker.system.ts';
import { beatNode } from '../platform/keys/keys.store.ts';
import { viewKeys } from '../platform/keys/keys.views.ts';
import { keepNode } from '../platform/keys/node.system.ts';
import { promote, removeMaster, rotateData, rotateMaster, rotationActor } from '../platform/keys/rotate.commands.ts';
import { makeLog } from '../platform/log.system.ts';
import { testDatabase } from '../testing/database.ts';
import { givenRun, givenRunner, givenService, passTime } from '../testing/pipelines.ts';

const undo: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const step of undo.reverse()) await step();
});

const database = await testDatabase();
undo.push(() => database.drop());
const root = await mkdtemp(join(tmpdir(), 'ym-rotate-'));
await chmod(root, 0o755);
undo.push(() => rm(root, { recursive: true, force: true }));

/** One more server on the same database; its keys folder is shared, or its own. */
async function server(name: string, keys = join(root, 'keys')): Promise<Floor> {
  const env = { YARDMASTER_STATE: join(root, name), YARDMASTER_KEYS: keys, YARDMASTER_LOG_LEVEL: 'silent', YARDMASTER_DATABASE_POOL: '8' };
  const config = parseConfig({ ...env, YARDMASTER_SWEEP_MS: '200' }, false);
  const open: OpenFloor = await openFloor({
    config,
    log: makeLog('silent', name),
    where: database.where,
    wiring: new Map(),
    migrations: null,
  });
  undo.push(() => open.close());
  const platform = slices[0] ?? { tasks: [], sweepers: [] };
  const worker = await startWorker(open.floor, open.pool, { tasks: platform.tasks, sweepers: platform.sweepers, reactions: [] });
  const node = keepNode(open.floor, '0');
  undo.push(async () => {
    await worker.stop();
    await node.stop();
  });
  return open.floor;
}

const one = await server('one');
const two = await server('two');
const actor = system(one.org, 'test');
const shop = await givenService(one, 'shop');
const NAMES = Array.from({ length: 30 }, (_, at) => `S${at}`);

const put = (floor: Floor, name: string, value: string) =>
  floor.db.tx(floor.org, (tx) => putSecret(tx, actor, { service: shop.id, name, value, protectedOnly: false }));
const released = (floor: Floor) =>
  floor.db.read(floor.org, (tx) =>
    serviceSecrets.release(tx, { job: 'job_x', run: 'run_x', trust: 'protected', service: shop.id, environment: null, names: NAMES }),
  );
const keys = () => one.db.read('*', (tx) => viewKeys(tx, sealedColumns));
const heads = async (): Promise<Set<string>> =>
  new Set(
    (
      await one.db.read('*', (tx) =>
        tx.query<{ h: string }>(`select encode(substring(sealed from 1 for 17), 'hex') as h from service_secret`),
      )
    ).map(({ h }) => h),
  );

/** A value as it was sealed before there were data keys. */
function firstForm(master: Buffer, place: string, value: string): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(hkdfSync('sha256', master, 'yardmaster secrets', place, 32)), nonce);
  cipher.setAAD(Buffer.from(place));
  const body = Buffer.concat([cipher.update(value), cipher.final()]);
  return Buffer.concat([Buffer.from([1]), nonce, cipher.getAuthTag(), body]);
}

test('keys are rotated on two servers while jobs take their secrets: none fails, everything ends under new keys', async () => {
  for (const name of NAMES) await put(one, name, `value of ${name}`);
  const master = Buffer.from((await readFile(join(root, 'keys/master.key'), 'utf8')).trim(), 'base64');
  const old = firstForm(master, `secret:${one.org}:${shop.id}:S0`, 'from long ago');
  await one.db.tx(one.org, (tx) => tx.write(`update service_secret set sealed = $2 where service_id = $1 and name = 'S0'`, [shop.id, old]));
  expect(await released(two)).toMatchObject({ S0: 'from long ago', S1: 'value of S1' });
  const before = await heads();
  const first = (await keys()).masters[0]?.id ?? '';

  // A job with a secret goes from queue to claim again and again, and values are read and changed on both servers.
  const runner = await givenRunner(one);
  const asked: unknown[] = [];
  const failed: unknown[] = [];
  let over = false;
  const readers = [one, two].map(async (floor) => {
    while (!over) {
      const got = await released(floor).catch((error: unknown) => error);
      asked.push(got);
      if ((got as Record<string, string>)['S1'] !== 'value of S1' || (got as Record<string, string>)['S0'] !== 'from long ago')
        failed.push(got);
      await sleep(5);
    }
  });
  const jobs = (async () => {
    for (let at = 0; at < 20; at += 1) {
      await givenRun(one, shop, '{jobs: {a: {secrets: [S1, S2], steps: [{run: x}]}}}');
      const job = await runner.taken();
      if (job.claimed.secrets['S1'] !== 'value of S1') failed.push(job);
      await runner.finish(job.holder);
      await put(two, 'S2', `changed ${at}`);
    }
  })().catch((error: unknown) => failed.push(error));

  const rotated: string[] = [];
  for (let round = 0; round < 3; round += 1) {
    const made = await rotateMaster(round % 2 === 0 ? one : two, actor);
    rotated.push(made.key);
    await expect.poll(async () => (await keys()).masters.find(({ id }) => id === made.key)?.state, { timeout: 15_000 }).toBe('current');
    await one.db.tx(one.org, (tx) => rotateData(tx, actor, round === 1 ? `service:${shop.id}` : null, null));
  }
  await expect
    .poll(async () => [...(await heads())].filter((head) => before.has(head) || head.startsWith('01')), { timeout: 20_000 })
    .toEqual([]);
  await jobs;
  over = true;
  await Promise.all(readers);
  expect(failed).toEqual([]);
  expect(asked.length).toBeGreaterThan(20);

  // Old data keys go once nobody can hold what they sealed; old masters only then.
  await expect.poll(async () => (await heads()).size, { timeout: 20_000 }).toBe(1);
  await passTime(one, 300_000);
  await expect.poll(async () => (await keys()).retiring, { timeout: 20_000 }).toBe(0);
  await expect.poll(async () => (await keys()).masters.filter(({ uses }) => uses > 0).length, { timeout: 20_000 }).toBe(1);
  const current = rotated.at(-1) ?? '';
  await expect(removeMaster(one, actor, current, sealedColumns)).rejects.toMatchObject({ code: 'platform.key-is-current' });
  for (const id of [first, ...rotated.slice(0, -1)]) await removeMaster(one, actor, id, sealedColumns);
  expect(one.masters.ids()).toEqual([current]);
  expect(await released(two)).toMatchObject({ S0: 'from long ago', S2: 'changed 19' });
  const facts = await one.db.read(one.org, (tx) => tx.query<{ type: string }>(`select type from fact where type like '%-key.%'`));
  expect(facts.map(({ type }) => type).filter((type) => type === 'master-key.removed')).toHaveLength(3);
}, 600_000);

test('a key that something is wrapped by is not removed', async () => {
  const before = (await keys()).masters.find(({ state }) => state === 'current')?.id ?? '';
  await one.db.tx('*', async (tx) => {
    await tx.write(`update master_key set state = 'old' where id = $1`, [before]);
  });
  await expect(removeMaster(one, actor, before, sealedColumns)).rejects.toMatchObject({ code: 'platform.key-in-use' });
  await one.db.tx('*', (tx) => tx.write(`update master_key set state = 'current' where id = $1`, [before]));
  expect(one.masters.ids()).toContain(before);
});

test('a live server with keys of its own holds a rotation back until it knows the key', async () => {
  await one.db.tx('*', (tx) => beatNode(tx, { id: 'nod_elsewhere', name: 'elsewhere', version: '0', masters: [] }));
  const made = await rotateMaster(one, actor);
  expect(made).toMatchObject({ state: 'announced', waitsFor: expect.arrayContaining(['elsewhere']) as string[] });
  expect((await rotateMaster(two, actor)).key).toBe(made.key);
  expect((await keys()).masters.find(({ id }) => id === made.key)).toMatchObject({
    state: 'announced',
    unknownTo: expect.arrayContaining(['elsewhere']) as string[],
  });
  await put(one, 'S3', 'meanwhile');
  await one.db.tx('*', (tx) => beatNode(tx, { id: 'nod_elsewhere', name: 'elsewhere', version: '0', masters: [made.key] }));
  await expect.poll(() => promote(one, rotationActor(one)), { timeout: 15_000 }).toMatchObject({ key: made.key, state: 'current' });
  expect(await released(two)).toMatchObject({ S3: 'meanwhile' });
}, 600_000);

test('a server that lacks the current key does not start; one with a copy of the folder does', async () => {
  await expect(server('stranger', join(root, 'strange-keys'))).rejects.toMatchObject({ code: 'platform.master-key-missing' });
  await cp(join(root, 'keys'), join(root, 'copied-keys'), { recursive: true });
  const copy = await server('copy', join(root, 'copied-keys'));
  expect(await released(copy)).toMatchObject({ S3: 'meanwhile' });
});

test('a value that was changed, or moved to another name, is not opened', async () => {
  await put(one, 'S4', 'four');
  await put(one, 'S5', 'five');
  const [row] = await one.db.read('*', (tx) => tx.query<{ sealed: Buffer }>(`select sealed from service_secret where name = 'S4'`));
  await one.db.tx(one.org, (tx) => tx.write(`update service_secret set sealed = $1 where name = 'S5'`, [row?.sealed]));
  await expect(released(one)).rejects.toMatchObject({ code: 'platform.sealed-value' });
  await put(one, 'S5', 'five again');
  const bent = Buffer.from(row?.sealed ?? []);
  bent[20] = (bent[20] ?? 0) ^ 1;
  await one.db.tx(one.org, (tx) => tx.write(`update service_secret set sealed = $1 where name = 'S4'`, [bent]));
  await expect(released(one)).rejects.toMatchObject({ code: 'platform.sealed-value' });
});
