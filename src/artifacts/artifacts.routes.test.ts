import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { applyCatalogFile, planCatalogFile } from '../catalog/apply.commands.ts';
import { serviceByName } from '../catalog/catalog.queries.ts';
import type { Actor } from '../kernel/actor.ts';
import type { Digest } from '../kernel/digest.ts';
import { digestOf, hexOf } from '../kernel/digest.ts';
import type { AccessGate } from '../platform/http/gate.port.ts';
import { buildApp } from '../platform/http/server.system.ts';
import { notAllowed } from '../platform/platform.problems.ts';
import { testFloor } from '../testing/database.ts';
import { packFolder } from '../testing/tar.ts';
import { acceptArtifact } from './accept.api.ts';
import { artifactsOfRun } from './artifacts.queries.ts';
import { artifactRoutes } from './artifacts.routes.ts';
import { signBuild } from './sign.reactions.ts';

const floor = await testFloor();
const { org } = floor;
const ada: Actor = { kind: 'person', id: 'per_ada', org, credential: { kind: 'token', id: 'tok', actions: null, services: null } };
const file = {
  text: 'teams: {web: {title: Web}}\nservices:\n  shop: {team: web, tier: 2, repository: {url: "https://git.example/shop.git", branch: main}}\n  bank: {team: web, tier: 1}\n',
  file: 'yardmaster.yaml',
  prune: false,
};
await floor.db.tx(org, async (t) => applyCatalogFile(t, ada, { ...file, plan: (await planCatalogFile(t, file)).plan.digest }));
const [shop, bank] = await floor.db.tx(org, async (t) => [(await serviceByName(t, 'shop'))!, (await serviceByName(t, 'bank'))!]);

/** Keys are `Bearer NAME`: `all` sees and does everything, `bank` only what concerns the bank. */
const gate: AccessGate = {
  authenticate: async (_floor, authorization) => (authorization === undefined ? null : { ...ada, id: authorization.slice(7) }),
  authorise: async (tx, actor, action, on) => {
    // As the real one: it reads who holds what.
    await tx.query('select 1');
    if (actor.id !== 'all' && on.service !== actor.id) throw notAllowed({ action, on: on.service ?? 'the organisation', roles: [] });
  },
  resolve: async () => ({}),
  visible: async (_tx, actor) => (actor.id === 'all' ? 'all' : new Set([bank!.id])),
  holdsAnywhere: async () => true,
};
const app = buildApp(artifactRoutes, { floor, gate, stopping: new AbortController().signal, observe: () => undefined });
const call = (who: string, path: string, init: RequestInit = {}) =>
  app.request(path, { ...init, headers: { host: 'localhost', authorization: `Bearer ${who}`, ...init.headers } });
const json = async (who: string, path: string): Promise<Record<string, unknown>> =>
  (await (await call(who, path)).json()) as Record<string, unknown>;

let count = 0;
async function built(text: string, service: string): Promise<Digest> {
  const { digest, size } = await floor.blobs.put(text);
  const run = `run_${(++count).toString(16).padStart(32, '0')}`;
  const job = `job_${count.toString(16).padStart(32, '0')}`;
  const times = { startedAt: '2026-11-23T12:00:00.000Z', finishedAt: '2026-11-23T12:01:00.000Z' };
  const source = { commit: 'c'.repeat(40), repository: 'https://git.example/shop.git', ref: 'refs/heads/main' };
  const how = { trust: 'protected', executor: 'host', isolation: [], planDigest: digestOf('plan'), materials: [], inputs: [] } as const;
  const actor: Actor = { kind: 'runner', id: 'rnr_1', org };
  await floor.db.tx(org, (t) =>
    acceptArtifact(t, { run, job, attempt: 1, service, name: 'app', digest, size, actor, ...source, ...times, ...how }),
  );
  const [build] = await floor.db.tx(org, (t) => artifactsOfRun(t, run));
  await signBuild(floor, org, build!.id);
  return digest;
}
const ofShop = await built('shop bytes', shop!.id);
const ofBank = await built('bank bytes', bank!.id);
const ofBoth = await built('common bytes', shop!.id);
await built('common bytes', bank!.id);

test('list, one, bytes, SBOM and attestations', async () => {
  expect(await json('all', '/v1/artifacts?service=shop')).toMatchObject({
    items: [
      { service: 'shop', digest: ofBoth },
      { service: 'shop', digest: ofShop, state: 'signed' },
    ],
    next: null,
  });
  expect(await json('all', `/v1/artifacts/${ofShop}`)).toMatchObject({
    digest: ofShop,
    revoked: null,
    damagedAt: null,
    builds: [{ service: 'shop' }],
    attestations: [{ kind: 'sbom' }, { kind: 'provenance' }],
  });
  const bytes = await call('all', `/v1/artifacts/${ofShop}/bytes`);
  expect(await bytes.text()).toBe('shop bytes');
  expect(bytes.headers.get('content-disposition')).toBe('attachment; filename="app.tar.gz"');
  expect(await json('all', `/v1/artifacts/${ofShop}/sbom`)).toMatchObject({
    bomFormat: 'CycloneDX',
    compositions: [{ aggregate: 'incomplete' }],
  });
  const { items } = (await json('all', `/v1/artifacts/${ofShop}/attestations`)) as { items: { envelope: { payload: string } }[] };
  expect(JSON.parse(Buffer.from(items[1]!.envelope.payload, 'base64').toString())).toMatchObject({
    predicateType: 'https://slsa.dev/provenance/v1',
  });
});

test('whoever sees one service gets nothing of another: no list entry, no page, no bytes, no build of shared bytes', async () => {
  expect(await json('bank', '/v1/artifacts')).toMatchObject({ items: [{ service: 'bank' }, { service: 'bank' }] });
  expect(await json('bank', '/v1/artifacts?service=shop')).toMatchObject({ items: [] });
  for (const path of ['', '/bytes', '/sbom', '/attestations'])
    expect((await call('bank', `/v1/artifacts/${ofShop}${path}`)).status).toBe(404);
  expect(await json('bank', `/v1/artifacts/${ofBoth}`)).toMatchObject({ builds: [{ service: 'bank' }], attestations: [{}, {}] });
  expect((await json('bank', `/v1/artifacts/${ofBoth}`))['builds']).toHaveLength(1);
  expect((await json('bank', `/v1/artifacts/${ofBoth}/attestations`))['items']).toHaveLength(2);
});

test('revoking asks for every service that built the bytes, needs a reason, and shows', async () => {
  const revoke = (who: string, digest: string, body: unknown) =>
    call(who, `/v1/artifacts/${digest}/revoke`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    });
  expect((await revoke('bank', ofBoth, { reason: 'not mine alone' })).status).toBe(403);
  expect((await revoke('bank', ofShop, { reason: 'not mine at all' })).status).toBe(403);
  expect((await revoke('all', ofBank, { reason: '  ' })).status).toBe(400);
  expect((await revoke('all', ofBank, { reason: ['x'] })).status).toBe(400);
  expect((await revoke('all', digestOf('none'), { reason: 'no such thing' })).status).toBe(404);
  expect(await json('all', `/v1/artifacts/${ofBoth}`)).toMatchObject({ revoked: null });
  expect((await revoke('bank', ofBank, { reason: 'leaks a key' })).status).toBe(200);
  expect(await json('bank', `/v1/artifacts/${ofBank}`)).toMatchObject({ revoked: { reason: 'leaks a key' } });
  const [fact] = await floor.db.tx(floor.org, (tx) => tx.query<{ leaf: Buffer }>(`select leaf from fact where type = 'artifact.revoked'`));
  expect(fact?.leaf.toString()).toContain(ofBank);
  expect(fact?.leaf.toString()).not.toContain('leaks a key');
});

test('no other name of bytes than a digest, and no stranger', async () => {
  for (const name of ['latest', 'sha256:abc', ofShop.toUpperCase(), `${ofShop}%00`, '..%2f..%2fetc%2fpasswd'])
    expect([400, 404]).toContain((await call('all', `/v1/artifacts/${name}`)).status);
  expect((await app.request(`/v1/artifacts/${ofShop}`, { headers: { host: 'localhost' } })).status).toBe(401);
});

test('damaged bytes never arrive whole', async () => {
  await writeFile(join(floor.config.state, 'blobs', hexOf(ofShop).slice(0, 2), hexOf(ofShop)), 'shop bytez');
  const answer = await call('all', `/v1/artifacts/${ofShop}/bytes`);
  await expect(answer.arrayBuffer()).rejects.toMatchObject({ code: 'platform.blob-damaged' });
});

test('the files of an archive are listed as text; what is none, is cut off or goes on for ever says so', async () => {
  const tar = packFolder([
    ['app/main.js', 'x'.repeat(600)],
    ['../evil\u0001.txt', 'y'],
  ]);
  const digest = await built(tar.toString('latin1'), shop!.id);
  expect(await json('all', `/v1/artifacts/${digest}/files`)).toEqual({
    items: [
      { path: 'app/main.js', kind: 'file', size: 600, to: '' },
      { path: '../evil\u0001.txt', kind: 'file', size: 1, to: '' },
    ],
    complete: true,
    why: null,
  });
  const text = await built('no archive at all', shop!.id);
  expect(await json('all', `/v1/artifacts/${text}/files`)).toMatchObject({
    items: [],
    complete: false,
    why: 'its bytes are no tar archive',
  });
  const cut = await built(tar.subarray(0, 1536).toString('latin1'), shop!.id);
  expect(await json('all', `/v1/artifacts/${cut}/files`)).toMatchObject({ items: [{ path: 'app/main.js' }], complete: false });
  const many = packFolder(Array.from({ length: 2001 }, (_, at) => [`f${at}`, ''] as const));
  expect(await json('all', `/v1/artifacts/${await built(many.toString('latin1'), shop!.id)}/files`)).toMatchObject({ complete: false });
  expect((await call('bank', `/v1/artifacts/${digest}/files`)).status).toBe(404);
});

test('a rebuild is compared over HTTP, and listed', async () => {
  const digest = await built('rebuilt', shop!.id);
  await built('rebuilt', shop!.id);
  const run = `run_${count.toString(16).padStart(32, '0')}`;
  const answer = await call('all', `/v1/artifacts/${digest}/reproductions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ run }),
  });
  expect([answer.status, await answer.json()]).toMatchObject([200, { same: true, digest }]);
  expect(await json('all', `/v1/artifacts/${digest}/reproductions`)).toMatchObject({ items: [{ same: true }] });
  expect((await call('bank', `/v1/artifacts/${digest}/reproductions`)).status).toBe(404);
});
