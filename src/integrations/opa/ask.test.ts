import { expect, test } from 'vitest';
import { opaPlaces } from '../../app/opa.ts';
import { policyOf } from '../../gates/gates.queries.ts';
import { changePolicy } from '../../gates/policy.commands.ts';
import { opaQuestions } from '../../gates/policy/evaluate.ts';
import { askAdmission } from '../../deployments/external.commands.ts';
import { openArtifact } from '../../artifacts/open.api.ts';
import { canonicalJson } from '../../kernel/canonical.ts';
import { digestOfValue } from '../../kernel/digest.ts';
import { plus } from '../../kernel/time.ts';
import { OPA_TASK } from '../../gates/policy/opa.ts';
import { saveOpaAnswer } from '../../gates/opa.store.ts';
import { loadInputs } from '../../releases/inputs.queries.ts';
import { look, mayShip } from '../../releases/may-ship.api.ts';
import { decide } from '../../releases/may-ship.ts';
import { connected, openConnectionAgain } from '../../testing/connected.ts';
import { testFloor } from '../../testing/database.ts';
import { newRelease } from '../../testing/release-story.ts';
import { releaseWorld } from '../../testing/release-world.ts';
import type { Heard, Says } from '../connections/stub.fixture.ts';
import { askOpa, askOpaTask, opaSweeper } from './ask.work.ts';
import { opa as vendor } from './index.ts';

// The other side is a stub after OPA's documented REST API (Data API, "Get a Document (with Input)"; Health API). No OPA runs here.

const floor = await testFloor({ config: { egressAllow: '127.0.0.1' } });
const world = await releaseWorld(floor);
const { tx, people, prod } = world;
const inputs: unknown[] = [];
let result: unknown = { result: true };

function documented(heard: Heard): Says {
  if (heard.method === 'GET' && heard.path === '/health') return { json: {} };
  if (heard.method !== 'POST' || !heard.path.startsWith('/v1/data/')) return { status: 404, json: { code: 'resource_not_found' } };
  if (heard.headers['content-type'] !== 'application/json') return { status: 400, json: { code: 'invalid_parameter' } };
  inputs.push((JSON.parse(heard.body) as { input: unknown }).input);
  return { json: result };
}
const other = await connected(floor, 'opa', documented);
const gitea = await connected(floor, 'gitea', documented);
const release = await newRelease(world);
const question = { releaseId: release.id, environmentId: prod.id, purpose: 'deploy', deploymentId: null } as const;

async function policyAsks(connection: string): Promise<void> {
  const { version } = await tx((t) => policyOf(t, 'regulated'));
  const { source } = await tx((t) =>
    t.one<{ source: string }>(`select source from policy_version where name = 'regulated' order by version desc limit 1`),
  );
  const document = JSON.parse(source) as { checks: object; tiers: Record<string, { production: { checks: string[] } }> };
  document.checks = { agreed: { title: 'OPA agrees', opa: { connection, path: 'yardmaster/ship' }, remedy: 'Ask them.', mode: 'block' } };
  for (const kinds of Object.values(document.tiers)) kinds.production.checks = ['agreed'];
  await tx((t) => changePolicy(t, people.root, { name: 'regulated', source: JSON.stringify(document), version }));
}
const gates = async () => {
  const { answer } = await tx((t) => look(t, question));
  const { verdict, reasons } = answer.rules.find(({ rule }) => rule === 'gates') ?? { verdict: 'none', reasons: [] };
  return { verdict, text: reasons.map(({ text }) => text).join(' ') };
};
const ask = () => askOpa(floor, opaPlaces, floor.org, release.id, prod.id);
const forget = () => tx((t) => t.write(`delete from opa_answer`, []));

test('OPA is asked about the facts of the decision, outside of it, and what it said stands in the decision', async () => {
  const { gates: before } = (await tx((t) => look(t, question))).loaded.inputs;
  expect(
    before.facts.some((one) => 'opa' in one),
    'where no check asks, inputs stay what they were',
  ).toBe(false);
  expect(await ask()).toBe(0);
  await policyAsks(other.row.name);
  expect(await gates()).toMatchObject({ verdict: 'unknown', text: expect.stringContaining('was not asked about exactly these facts yet') });
  expect(await ask()).toBe(1);
  expect(other.heard.at(-1)).toMatchObject({ method: 'POST', path: '/v1/data/yardmaster/ship' });
  expect(await gates()).toMatchObject({ verdict: 'allow' });
  const { loaded } = await tx((t) => look(t, question));
  const [asked] = opaQuestions(loaded.inputs.gates, loaded.now);
  expect(inputs.at(-1)).toEqual(JSON.parse(canonicalJson(asked?.input)));
  expect(loaded.inputs.gates.facts[0]?.opa).toMatchObject([{ input: digestOfValue(inputs.at(-1)), answer: true }]);
  expect(await ask(), 'what is fresh is not asked again').toBe(0);
});

test('a decision is replayed from what was answered then, whatever OPA says by now', async () => {
  const { loaded, answer } = await tx((t) => look(t, question));
  const kept = JSON.parse(canonicalJson({ subject: loaded.subject, inputs: loaded.inputs })) as Pick<typeof loaded, 'subject' | 'inputs'>;
  await forget();
  result = { result: { allow: false, reasons: ['frozen by audit'] } };
  expect(await ask()).toBe(1);
  expect(await gates()).toMatchObject({ verdict: 'deny', text: expect.stringContaining('frozen by audit') });
  expect(decide(kept.subject, kept.inputs, loaded.now)).toEqual(answer);
  expect(decide(kept.subject, kept.inputs, plus(loaded.now, 600_000)).rules.find(({ rule }) => rule === 'gates')?.verdict).toBe('unknown');
  result = { result: true };
});

test('what is no answer is unknown, with its reason', async () => {
  const none: [Says, string][] = [
    [{ json: {} }, 'undefined'],
    [{ json: { result: 'true' } }, 'neither true or false'],
    [{ status: 500, json: { code: 'internal_error' } }, '500'],
    [{ status: 201, json: { result: true } }, 'it answers 201'],
    [{ status: 302, headers: { location: `${other.url}/v1/data/lax` }, json: { result: true } }, 'gave no answer'],
    [{ status: 401, json: {} }, '401'],
    [{ json: { result: { allow: true, reasons: ['x'.repeat(70_000)] } } }, 'gave no answer'],
    [{ text: '{"result": true' }, 'gave no answer'],
    ['hang up', 'gave no answer'],
  ];
  for (const [says, words] of none) {
    await forget();
    await openConnectionAgain(floor, other.row.id);
    other.answer(() => says);
    expect(await ask()).toBe(1);
    expect(await gates(), JSON.stringify(says).slice(0, 100)).toMatchObject({ verdict: 'unknown', text: expect.stringContaining(words) });
    expect(await ask(), 'it is left alone for a while').toBe(0);
  }
  await openConnectionAgain(floor, other.row.id);
  await forget();
  other.answer(async (heard) => {
    await new Promise((resolve) => setTimeout(resolve, 3500));
    return documented(heard);
  });
  expect(await ask()).toBe(1);
  expect(await gates()).toMatchObject({ verdict: 'unknown' });
  other.answer(documented);
});

test('only a connection to an OPA is asked, and only where its address may be called', async () => {
  for (const name of [gitea.row.name, 'nobody']) {
    await policyAsks(name);
    expect(await ask()).toBe(1);
    expect(await gates()).toMatchObject({ verdict: 'unknown', text: expect.stringContaining('no connection to an OPA of this name') });
  }
  expect(gitea.heard).toEqual([]);
  await policyAsks(other.row.name);
  await forget();
  const heard = other.heard.length;
  await tx((t) => t.write(`update connection set url = 'http://169.254.169.254/' where id = $1`, [other.row.id]));
  expect(await ask()).toBe(1);
  expect(await gates()).toMatchObject({ verdict: 'unknown', text: expect.stringContaining('gave no answer') });
  expect(other.heard.length).toBe(heard);
  await tx((t) => t.write(`update connection set url = $2 where id = $1`, [other.row.id, other.url]));
});

test('an act that lacks an answer has it asked for, once, and an older answer never replaces a newer one', async () => {
  await openConnectionAgain(floor, other.row.id);
  await forget();
  const jobs = () =>
    tx((t) =>
      t.query(`select 1 from graphile_worker.jobs where task_identifier = $1 and key like '%' || $2`, [
        OPA_TASK,
        `${release.id}:${prod.id}`,
      ]),
    );
  const act = () =>
    tx((t) => mayShip(t, { releaseId: release.id, environmentId: prod.id, actor: people.ann, purpose: 'deploy', record: true }));
  expect(await jobs()).toEqual([]);
  expect((await act()).verdict).not.toBe('allow');
  await act();
  expect(await jobs()).toHaveLength(1);
  expect(await ask()).toBe(1);
  const loaded = await tx((t) => loadInputs(t, question));
  if (loaded === null || loaded === 'no-environment') throw new Error('no such release');
  const said = loaded.inputs.gates.facts[0]?.opa?.[0];
  if (said === undefined) throw new Error('nothing was said');
  await tx((t) => saveOpaAnswer(t, { ...said, answer: false, askedAt: plus(said.askedAt, -1) }));
  expect((await gates()).verdict).toBe('allow');
  await tx((t) => saveOpaAnswer(t, { ...said, answer: false }));
  expect((await gates()).verdict).toBe('deny');
});

test('a deployment waits for OPA, which is asked, and then goes on past that gate', async () => {
  await forget();
  await tx((t) => t.query(`select graphile_worker.remove_job(key) from graphile_worker.jobs where task_identifier = $1`, [OPA_TASK]));
  expect(await floor.db.tx('*', (t) => opaPlaces.open(t)), 'nothing is on its way').toEqual([]);
  await tx((t) => t.write(`update environment set deployed_by = 'external' where id = $1`, [prod.id]));
  const codes = async () => {
    const { deployment } = await tx((t) =>
      askAdmission(t, { mayShip, openArtifact }, people.ann, { release: release.id, environment: prod.name, purpose: 'deploy' }),
    );
    return { over: deployment.finishedAt, reasons: deployment.lastAnswer?.reasons.map(({ code }) => code) ?? [] };
  };
  expect(await codes()).toMatchObject({ over: null, reasons: expect.arrayContaining(['gates.unknown']) });
  await tx((t) => t.query(`select graphile_worker.remove_job(key) from graphile_worker.jobs where task_identifier = $1`, [OPA_TASK]));
  await floor.db.tx('*', (t) => opaSweeper(opaPlaces).sweep(t));
  const [job, ...more] = await tx((t) =>
    t.query<{ key: string }>(`select key from graphile_worker.jobs where task_identifier = $1`, [OPA_TASK]),
  );
  expect([job?.key.endsWith(`${release.id}:${prod.id}`), more.length]).toEqual([true, 0]);
  await askOpaTask(opaPlaces).run(floor, { release: release.id, environment: prod.id }, floor.org);
  const after = await codes();
  expect(after.over).toBeNull();
  expect(after.reasons.filter((code) => code.startsWith('gates.'))).toEqual([]);
  expect(after.reasons.length, 'it waits for an approval').toBeGreaterThan(0);
});

test('its health says whether it can be asked', async () => {
  expect(await vendor.check(await other.caller())).toMatchObject({ found: [{ ok: true }] });
});
