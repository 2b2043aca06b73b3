import { expect, test } from 'vitest';
import { applyCatalogFile, planCatalogFile } from '../../catalog/apply.commands.ts';
import { environmentsInOrder } from '../../catalog/catalog.queries.ts';
import { system } from '../../kernel/actor.ts';
import { testFloor } from '../../testing/database.ts';
import { factsOf, givenRun, givenRunner, givenService } from '../../testing/pipelines.ts';
import { claimJob } from '../runners/claim.commands.ts';
import { viewRun } from '../run.views.ts';
import { putEnvironmentSecret } from './environment-secrets.commands.ts';
import { deleteSecret, putSecret, serviceSecrets } from './secrets.commands.ts';

const floor = await testFloor();
const actor = system(floor.org, 'test');
const shop = await givenService(floor, 'shop');
const bank = await givenService(floor, 'bank');
const put = (service: string, name: string, value: string, protectedOnly: boolean) =>
  floor.db.tx(floor.org, (tx) => putSecret(tx, actor, { service, name, value, protectedOnly }));
const ASKS = (names: string, environment = '') => `{jobs: {a: {secrets: [${names}]${environment}, steps: [{run: x}]}}}`;

await put(shop.id, 'DEPLOY_KEY', 'planted-deploy-key', true);
await put(shop.id, 'NPM_TOKEN', 'planted-npm-token', false);
await put(bank.id, 'VAULT', 'planted-vault', false);

test('secrets go by trust: all to a protected run, some to a trusted one, none to a stranger', async () => {
  const ours = await givenRunner(floor);
  const strangers = await givenRunner(floor, { trust: 'untrusted' });
  await givenRun(floor, shop, ASKS('DEPLOY_KEY, NPM_TOKEN'));
  const job = await ours.taken();
  expect(job.claimed.secrets).toEqual({ DEPLOY_KEY: 'planted-deploy-key', NPM_TOKEN: 'planted-npm-token' });
  expect(job.plan.secrets.sort()).toEqual(['DEPLOY_KEY', 'NPM_TOKEN']);
  await ours.finish(job.holder);

  await givenRun(floor, shop, ASKS('NPM_TOKEN'), { trust: 'trusted' });
  const branch = await ours.taken();
  expect(branch.claimed.secrets).toEqual({ NPM_TOKEN: 'planted-npm-token' });
  await ours.finish(branch.holder);

  await givenRun(floor, shop, ASKS('DEPLOY_KEY, NPM_TOKEN'), { trust: 'untrusted' });
  const stranger = await strangers.taken();
  expect(stranger.claimed.secrets).toEqual({});
  expect(stranger.plan.secrets).toEqual([]);
  await strangers.finish(stranger.holder);
});

test('a stranger gets nothing even from a store that would give it', async () => {
  const strangers = await givenRunner(floor, { trust: 'untrusted' });
  await givenRun(floor, shop, ASKS('NPM_TOKEN'), { trust: 'untrusted' });
  const claimed = await claimJob(
    floor,
    strangers.actor,
    { executors: ['host'], waitMs: 0 },
    { secrets: { release: async () => ({ NPM_TOKEN: 'x' }) } },
  );
  expect(claimed?.secrets).toEqual({});
});

test('a run of ours that may not have what it asks for fails and names it', async () => {
  const runner = await givenRunner(floor);
  for (const [yaml, trust, name] of [
    [ASKS('DEPLOY_KEY'), 'trusted', 'DEPLOY_KEY'],
    [ASKS('NOBODY'), 'protected', 'NOBODY'],
    [ASKS('VAULT'), 'protected', 'VAULT'],
    [ASKS('DEPLOY_KEY', ', environment: prod'), 'protected', 'DEPLOY_KEY'],
  ] as const) {
    const run = await givenRun(floor, shop, yaml, { trust });
    expect(await runner.take()).toBeNull();
    expect(await floor.db.read(floor.org, (tx) => viewRun(tx, run.id))).toMatchObject({
      state: 'failed',
      cause: expect.stringContaining(name),
    });
  }
});

test('no value stands anywhere in the database, and a row can not be moved', async () => {
  const runner = await givenRunner(floor);
  await givenRun(floor, shop, ASKS('NPM_TOKEN'));
  await runner.finish((await runner.taken()).holder);
  const tables = await floor.db.read('*', (tx) =>
    tx.query<{ name: string }>(
      `select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables where schemaname in ('public', 'graphile_worker')`,
    ),
  );
  for (const { name } of tables) {
    const rows = await floor.db.read('*', (tx) => tx.query<{ row: string }>(`select t::text as row from ${name} t`));
    expect(
      rows.some(({ row }) => row.includes('planted-') || row.includes(Buffer.from('planted-').toString('hex'))),
      name,
    ).toBe(false);
  }
  await floor.db.tx(floor.org, (tx) =>
    tx.query(`update service_secret set sealed = (select sealed from service_secret where name = 'VAULT') where name = 'NPM_TOKEN'`),
  );
  await givenRun(floor, shop, ASKS('NPM_TOKEN'));
  await expect(runner.take()).rejects.toThrow();
  await put(shop.id, 'NPM_TOKEN', 'again', false);
  expect((await runner.taken()).claimed.secrets).toEqual({ NPM_TOKEN: 'again' });
});

test('a change is a fact without the value; a forgotten secret is gone', async () => {
  expect(await put(shop.id, 'OLD', 'x', false)).toBe(1);
  expect(await put(shop.id, 'OLD', 'y', false)).toBe(2);
  await floor.db.tx(floor.org, (tx) => deleteSecret(tx, actor, shop.id, 'OLD'));
  await expect(floor.db.tx(floor.org, (tx) => deleteSecret(tx, actor, shop.id, 'OLD'))).rejects.toMatchObject({
    code: 'pipelines.no-such-secret',
  });
  const facts = await factsOf(floor, 'secret.changed', shop.id);
  expect(facts.at(-1)?.body).toEqual({ name: 'OLD', version: 2, protectedOnly: false });
  expect(await factsOf(floor, 'secret.removed', shop.id)).toHaveLength(1);
});

test('secrets of an environment go to its jobs on a protected branch, and of a guarded environment to none', async () => {
  const text = `environments: {qa: {kind: test}, sealed: {kind: test, protected: true, after: qa}, live: {kind: production, after: qa}}\n`;
  const input = { text, file: 'yardmaster.yaml', prune: false };
  const environments = await floor.db.tx(floor.org, async (tx) => {
    const { plan } = await planCatalogFile(tx, input);
    await applyCatalogFile(tx, actor, { ...input, plan: plan.digest });
    return environmentsInOrder(tx);
  });
  for (const { id, name } of environments) {
    const at = { service: shop.id, environment: id, name: 'KUBE' };
    await floor.db.tx(floor.org, (tx) => putEnvironmentSecret(tx, actor, at, `planted-kube-${name}`));
  }
  const ask = (environment: string, trust: 'protected' | 'trusted' | 'untrusted', names = ['KUBE', 'DEPLOY_KEY']) =>
    floor.db.read(floor.org, (tx) => serviceSecrets.release(tx, { job: 'j', run: 'r', trust, service: shop.id, environment, names }));
  expect(await ask('qa', 'protected')).toEqual({ KUBE: 'planted-kube-qa' });
  expect(await ask('qa', 'trusted')).toEqual({});
  expect(await ask('qa', 'untrusted')).toEqual({});
  for (const guarded of ['sealed', 'live', 'nowhere']) expect(await ask(guarded, 'protected')).toEqual({});

  const runner = await givenRunner(floor);
  await givenRun(floor, shop, ASKS('KUBE', ', environment: qa'));
  const job = await runner.taken();
  expect(job.claimed.secrets).toEqual({ KUBE: 'planted-kube-qa' });
  await runner.finish(job.holder);
  const run = await givenRun(floor, shop, ASKS('KUBE', ', environment: live'));
  expect(await runner.take()).toBeNull();
  expect(await floor.db.read(floor.org, (tx) => viewRun(tx, run.id))).toMatchObject({
    state: 'failed',
    cause: expect.stringContaining('KUBE'),
  });
});
