import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { artifactPort } from '../artifacts/accept.api.ts';
import { signBuild } from '../artifacts/sign.reactions.ts';
import { supplyChain } from '../artifacts/supply-chain.ts';
import { supplyChainInputs } from '../artifacts/supply-chain.queries.ts';
import {
  addRecorderIdentity,
  addSigstoreRoot,
  revokeRecorderIdentity,
  revokeSigstoreRoot,
} from '../artifacts/recorded/recorders.commands.ts';
import { artifactView } from '../artifacts/artifacts.views.ts';
import { jobWitness, testSigstore } from '../testing/sigstore.ts';
import { addRecorderKey, recordAttestation, revokeRecorderKey } from '../artifacts/recorded/recorded.commands.ts';
import type { Service } from '../catalog/service.ts';
import { system, type Actor } from '../kernel/actor.ts';
import { digestOf, hexOf, type Digest } from '../kernel/digest.ts';
import { pae, type Envelope } from '../kernel/dsse.ts';
import { recordArtifact, recordBuild, recordReport, type About } from '../pipelines/recorded/record.commands.ts';
import { viewRun } from '../pipelines/run.views.ts';
import type { Fact } from '../platform/floor.ts';
import { testFloor } from '../testing/database.ts';
import { givenService } from '../testing/pipelines.ts';
import { gateFacts } from './gates.queries.ts';
import { speaking } from './policy/facts.ts';
import { recordedSbom } from './recorded-sbom.reactions.ts';
import { reportPort } from './report.api.ts';

const floor = await testFloor();
const bot: Actor = {
  kind: 'bot',
  id: floor.newId('bot'),
  org: floor.org,
  owner: floor.newId('per'),
  credential: { kind: 'token', id: floor.newId('tok'), actions: null, services: null },
};
const admin = system(floor.org, 'test');
const ports = { artifacts: artifactPort, reports: reportPort };
const root = mkdtempSync(join(tmpdir(), 'ym-recorded-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const git = (...args: string[]): string =>
  execFileSync('git', ['-C', root, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.org', ...args])
    .toString()
    .trim();
execFileSync('git', ['init', '-q', '-b', 'main', root]);
git('commit', '-qm', 'feat: x', '--allow-empty');
const commit = git('rev-parse', 'HEAD');
git('checkout', '-q', '-b', 'topic');
git('commit', '-qm', 'feat: y', '--allow-empty');
const onTopic = git('rev-parse', 'HEAD');
const shop = await givenService(floor, 'shop', { url: `file://${root}` });

const keys = generateKeyPairSync('ed25519');
const PEM = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
const key = await floor.db.tx(floor.org, (tx) => addRecorderKey(tx, admin, { name: 'ci', publicKey: PEM, services: ['shop'] }));

function signed(digest: Digest, from: string, more: object = {}): Envelope {
  const statement = {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'shop', digest: { sha256: hexOf(digest) } }],
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: { buildType: 'x', externalParameters: {}, resolvedDependencies: [{ uri: 'git+x', digest: { gitCommit: from } }] },
      runDetails: { builder: { id: 'https://ci.example/builder' } },
    },
    ...more,
  };
  const payload = Buffer.from(JSON.stringify(statement));
  const type = 'application/vnd.in-toto+json';
  return {
    payloadType: type,
    payload: payload.toString('base64'),
    signatures: [{ keyid: '', sig: sign(null, pae(type, payload), keys.privateKey).toString('base64') }],
  };
}

const JUNIT = '<testsuite name="s" tests="2" failures="0"><testcase name="a" time="1"/><testcase name="b" time="1"/></testsuite>';
const BOM = JSON.stringify({
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  version: 1,
  components: [{ type: 'library', name: 'left', version: '1.0.0', purl: 'pkg:npm/left@1.0.0' }],
});
const about = (id: string, of = commit): About => ({
  service: 'shop',
  external: { system: 'jenkins', id, attempt: 1 },
  url: `https://ci.example/${id}`,
  commit: of,
  ref: null,
});
const bytes = async (text: string): Promise<Digest> => (await floor.blobs.put(text)).digest;
const artifact = async (run: string, text: string, of = commit) => {
  const { digest, size } = await floor.blobs.put(text);
  await recordArtifact(floor, bot, about(run, of), { job: 'build', name: 'shop', digest, size, kept: true, reference: null }, ports);
  return digest;
};
const report = async (run: string, kind: string, text: string, more: { artifact?: string; digest?: Digest } = {}) =>
  recordReport(
    floor,
    bot,
    about(run),
    {
      job: 'test',
      kind,
      name: kind,
      path: kind,
      digest: await bytes(text),
      forArtifact: more.artifact ?? null,
      forDigest: more.digest ?? null,
    },
    ports,
  );

/** What the server does behind requests: signs what is to be signed, and binds recorded bills of materials. */
async function settle(digest: Digest): Promise<void> {
  const builds = await floor.db.read(floor.org, (tx) =>
    tx.query<{ id: string }>(`select id from artifact_build where digest = $1`, [digest]),
  );
  for (const { id } of builds) await signBuild(floor, floor.org, id);
  const facts = await floor.db.read(floor.org, (tx) =>
    tx.query<Fact & Record<string, unknown>>(
      `select fact_id as id, type, org_id as org, subject, service_id as service, actor, at, body from fact where type in ('artifact.signed', 'report.read') order by id`,
    ),
  );
  for (const fact of facts.slice(-12)) await recordedSbom.run(floor, fact);
}

/** Everything that decides, without ids and times. */
async function seen(service: Service, digest: Digest, runs: readonly string[]) {
  await settle(digest);
  return floor.db.read(floor.org, async (tx) => {
    const [facts] = await gateFacts(tx, service.id, [digest]);
    const inputs = await supplyChainInputs(tx, service, [digest]);
    const answers = (['token', 'identity', 'attestation'] as const).map((recorded) => {
      const { verdict, reasons } = supplyChain(inputs, { sbom: true, provenance: true, recorded });
      return { verdict, reasons: reasons.map(({ code }) => code) };
    });
    const views = [];
    for (const run of runs) {
      const row = await tx.one<{ id: string }>(`select id from run where external_id = $1`, [run]);
      const view = await viewRun(tx, row.id);
      views.push({
        state: view?.state,
        trust: view?.trust,
        jobs: view?.jobs.map(({ name, state, artifacts }) => ({ name, state, artifacts: artifacts.map((one) => one.name) })),
      });
    }
    const reports = speaking(facts?.reports ?? []).map(({ kind, name, state, trust, tests, sbom }) => ({
      kind,
      name,
      state,
      trust,
      tests,
      sbom,
    }));
    return { reports, build: facts?.build, answers, views };
  });
}

test('whatever the order in which a build is told, it ends in the same state and the same facts', async () => {
  let round = 0;
  let expected: unknown = null;
  const tell = async (order: readonly number[]): Promise<void> => {
    round += 1;
    const run = `r${round}`;
    const text = `bytes ${round}`;
    const digest = digestOf(text);
    const events: readonly (() => Promise<unknown>)[] = [
      () => recordBuild(floor, bot, about(run), { job: null, state: 'running', startedAt: null, finishedAt: null }),
      () => recordBuild(floor, bot, about(run), { job: null, state: 'succeeded', startedAt: null, finishedAt: null }),
      () => recordBuild(floor, bot, about(run), { job: 'test', state: 'succeeded', startedAt: null, finishedAt: null }),
      () => artifact(run, text),
      () => report(run, 'junit', JUNIT),
      // The scan is a run of its own, and knows the bytes.
      () => report(`${run}-scan`, 'cyclonedx', BOM, { digest }),
      () => floor.db.tx(floor.org, (tx) => recordAttestation(tx, bot, { service: 'shop', envelope: signed(digest, commit) })),
    ];
    for (const at of order) {
      await events[at]?.();
      // Told twice is once.
      if (round % 3 === 0) await events[at]?.();
    }
    const now = await seen(shop, digest, [run, `${run}-scan`]);
    expected ??= now;
    expect(now, `told in the order ${order.join()}`).toEqual(expected);
  };
  await tell([0, 1, 2, 3, 4, 5, 6]);
  expect(expected).toMatchObject({
    reports: [
      { kind: 'cyclonedx', state: 'ok' },
      { kind: 'junit', state: 'ok', tests: { total: 2, passed: 2 } },
    ],
    build: { recorded: true, trust: 'protected', system: 'jenkins', via: 'token' },
    answers: [{ verdict: 'allow' }, { verdict: 'allow' }, { verdict: 'allow', reasons: ['artifacts.sbom', 'artifacts.recorded-attested'] }],
    views: [
      { state: 'succeeded', trust: 'protected' },
      { state: 'running', trust: 'protected' },
    ],
  });
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 7 }), async (order) => tell(order)),
    { numRuns: 6 },
  );
}, 600_000);

test('a report for the artifact of a name and commit binds whichever comes first, and lends itself to nothing less trusted', async () => {
  await report('named', 'junit', JUNIT.replace('tests="2"', 'tests="2" id="n"'), { artifact: 'shop' });
  const digest = await artifact('later', 'named bytes');
  const facts = async (of: Digest) => (await floor.db.read(floor.org, (tx) => gateFacts(tx, shop.id, [of])))[0]?.reports ?? [];
  expect((await facts(digest)).map(({ kind }) => kind)).toContain('junit');
  // A commit that only a branch holds is another commit, and its bytes get nothing of it.
  const other = await artifact('other', 'bytes of the branch', onTopic);
  expect((await facts(other)).map(({ kind }) => kind)).toEqual([]);
  // The same commit told by somebody whose word is not trusted: the bytes may be anything.
  const forged = await artifact('forged', 'forged bytes');
  await floor.db.tx(floor.org, (tx) =>
    tx.query(`update artifact_build set made = jsonb_set(made, '{trust}', '"untrusted"') where digest = $1`, [forged]),
  );
  expect(await facts(forged)).toEqual([]);
});

test('what is told otherwise than before is refused and changes nothing; another attempt is another run', async () => {
  const state = (outcome: 'succeeded' | 'failed', attempt = 1) =>
    recordBuild(
      floor,
      bot,
      { ...about('twice'), external: { system: 'jenkins', id: 'twice', attempt } },
      { job: null, state: outcome, startedAt: null, finishedAt: null },
    );
  const first = await state('failed');
  expect(first.fresh).toBe(true);
  expect((await state('failed')).fresh).toBe(false);
  await expect(state('succeeded')).rejects.toMatchObject({ code: 'pipelines.told-otherwise' });
  const second = await state('succeeded', 2);
  expect(second.run.id).not.toBe(first.run.id);
  expect(second.run.state).toBe('succeeded');
  await artifact('names', 'one');
  await expect(artifact('names', 'two')).rejects.toMatchObject({ code: 'pipelines.told-otherwise' });
  await expect(artifact('names', 'one', onTopic)).rejects.toMatchObject({ code: 'pipelines.told-otherwise' });
});

test('trust is where the commit stands in our copy of the repository; what is not there is untrusted', async () => {
  const trustOf = async (run: string, of: string) =>
    (await recordBuild(floor, bot, about(run, of), { job: null, state: 'succeeded', startedAt: null, finishedAt: null })).run.trust;
  expect(await trustOf('t1', commit)).toBe('protected');
  expect(await trustOf('t2', onTopic)).toBe('trusted');
  expect(await trustOf('t3', 'e'.repeat(40))).toBe('untrusted');
  const digest = await artifact('t4', 'of nowhere', 'e'.repeat(40));
  const { answers } = await seen(shop, digest, []);
  expect(answers.map(({ verdict }) => verdict)).toEqual(['deny', 'deny', 'deny']);
});

test('by level: a token is told as one, an identity or a signature is asked for, and a wrong or revoked signature is none', async () => {
  const digest = await artifact('levels', 'level bytes');
  await report('levels', 'cyclonedx', BOM.replace('1.0.0', '1.0.1'));
  const answers = async () => (await seen(shop, digest, [])).answers;
  expect(await answers()).toEqual([
    { verdict: 'allow', reasons: ['artifacts.sbom', 'artifacts.recorded'] },
    { verdict: 'unknown', reasons: ['artifacts.sbom', 'artifacts.recorded-by-token'] },
    { verdict: 'unknown', reasons: ['artifacts.sbom', 'artifacts.recorded-unattested'] },
  ]);
  const hand = (envelope: Envelope) => floor.db.tx(floor.org, (tx) => recordAttestation(tx, bot, { service: 'shop', envelope }));
  const good = signed(digest, commit);
  const broken = { ...good, signatures: [{ keyid: key.keyId, sig: Buffer.alloc(64).toString('base64') }] };
  expect((await hand(broken)).signer).toMatchObject({ ok: false });
  expect((await answers())[2]?.verdict).toBe('unknown');
  expect((await hand(signed(digest, commit, { predicateType: 'https://example.org/other' }))).signer).toMatchObject({
    ok: true,
    by: { kind: 'key', name: 'ci' },
  });
  expect((await answers())[2]?.verdict).toBe('unknown');
  expect((await hand(good)).fresh).toBe(true);
  expect((await hand(good)).fresh).toBe(false);
  expect((await answers()).map(({ verdict }) => verdict)).toEqual(['allow', 'allow', 'allow']);
  await floor.db.tx(floor.org, (tx) => revokeRecorderKey(tx, admin, key.id));
  expect((await answers()).map(({ verdict }) => verdict)).toEqual(['allow', 'unknown', 'unknown']);
  const again = await floor.db.tx(floor.org, (tx) => addRecorderKey(tx, admin, { name: 'again', publicKey: PEM, services: null }));
  await hand(signed(digest, onTopic));
  expect((await answers()).map(({ reasons }) => reasons.at(-1))).toEqual(Array(3).fill('artifacts.attestation-contradicts'));
  expect(again.keyId).toBe(key.keyId);
});

test('a flood of statements about one artifact is refused and hides nothing', async () => {
  const digest = await artifact('flood', 'flood bytes');
  const hand = (envelope: Envelope) => floor.db.tx(floor.org, (tx) => recordAttestation(tx, bot, { service: 'shop', envelope }));
  const first = signed(digest, commit);
  await hand(first);
  await floor.db.tx(floor.org, (tx) =>
    tx.query(
      `insert into recorded_attestation (id, org_id, service_id, digest, predicate_type, envelope_digest, told, created_at)
       select 'rat_' || md5('flood' || n), org_id, service_id, digest, predicate_type, 'sha256:' || repeat(md5('flood' || n), 2), told, created_at
       from recorded_attestation, generate_series(1, 49) as n where digest = $1`,
      [digest],
    ),
  );
  await expect(hand(signed(digest, onTopic))).rejects.toMatchObject({ code: 'artifacts.too-many-attestations' });
  expect((await hand(first)).fresh).toBe(false);
});

test('a bundle signed keyless: judged by identity, repository and commit, shown with the workflow, and no more once revoked', async () => {
  const cart = await givenService(floor, 'cart', { url: 'https://github.com/acme/cart.git' });
  const instance = testSigstore();
  const act = <Value>(work: (tx: Parameters<Parameters<typeof floor.db.tx>[1]>[0]) => Promise<Value>): Promise<Value> =>
    floor.db.tx(floor.org, work);
  const { digest, size } = await floor.blobs.put('cart bytes');
  const credential = { kind: 'token' as const, id: floor.newId('tok'), actions: null, services: null };
  const workload: Actor = { ...bot, credential: { ...credential, witness: jobWitness('acme/cart', commit) } };
  const told = { ...about('keyless'), service: 'cart' };
  await recordArtifact(floor, workload, told, { job: 'build', name: 'cart', digest, size, kept: true, reference: null }, ports);
  const subject = 'https://github.com/acme/cart/.github/workflows/build.yml@refs/heads/main';
  const issuer = 'https://token.actions.githubusercontent.com';
  const bundle = (from: string | null, sha: string, predicateType = 'https://slsa.dev/provenance/v1'): string =>
    JSON.stringify(
      instance.bundle(
        {
          _type: 'https://in-toto.io/Statement/v1',
          subject: [{ name: 'cart', digest: { sha256: hexOf(digest) } }],
          predicateType,
          predicate: {
            buildDefinition: { resolvedDependencies: from === null ? [] : [{ uri: 'git+x', digest: { gitCommit: from } }] },
            runDetails: { builder: { id: 'https://github.com/actions/runner' } },
          },
        },
        { subject, issuer, repository: 'https://github.com/acme/cart', ref: 'refs/heads/main', commit: sha },
      ),
    );
  const hand = (text: string) => act((tx) => recordAttestation(tx, workload, { service: 'cart', bundle: text }));
  await settle(digest);
  const asked = () =>
    floor.db.read(floor.org, async (tx) => {
      const inputs = await supplyChainInputs(tx, cart, [digest]);
      // As a decision is derived again from what was stored.
      const { verdict, reasons } = supplyChain(JSON.parse(JSON.stringify(inputs)) as typeof inputs, { sbom: false, provenance: true });
      const [facts] = await gateFacts(tx, cart.id, [digest]);
      return { verdict, code: reasons.at(-1)?.code, text: reasons.at(-1)?.text ?? '', build: facts?.build };
    });
  expect((await hand(bundle(commit, commit))).signer).toMatchObject({ ok: false });
  expect(await asked()).toMatchObject({ verdict: 'unknown', code: 'artifacts.recorded-unattested', build: { signedBy: 'nobody' } });
  const root = await act((tx) => addSigstoreRoot(tx, admin, { name: 'test', document: JSON.stringify(instance.root) }));
  expect(await asked()).toMatchObject({ verdict: 'unknown' });
  const given = { name: 'build', issuer, subject, repository: null, services: ['cart'] };
  const identity = await act((tx) => addRecorderIdentity(tx, admin, given));
  const good = await asked();
  expect(good).toMatchObject({ verdict: 'allow', code: 'artifacts.recorded-attested' });
  expect(good.text).toContain(`provenance signed by ${subject} of github.com/acme/cart, as ${issuer} attests`);
  expect(good.build).toMatchObject({
    signedBy: 'identity',
    signer: subject,
    signerIssuer: issuer,
    signerRepository: 'https://github.com/acme/cart',
  });
  const view = await floor.db.read(floor.org, (tx) => artifactView(tx, digest, 'all'));
  expect(view.handedIn).toMatchObject([{ service: 'cart', key: null, unsigned: null, identity: { name: 'build', subject, commit } }]);
  await expect(act((tx) => addRecorderIdentity(tx, admin, given))).rejects.toMatchObject({ code: 'artifacts.recorder-name-taken' });
  for (const open of ['*', 'https://github.com/*', 'https://*/x', 'https://github.com/*/build.yml'])
    await expect(
      act((tx) => addRecorderIdentity(tx, admin, { ...given, name: 'open', subject: open })),
      open,
    ).rejects.toMatchObject({
      code: 'artifacts.bad-recorder-identity',
    });
  for (const document of ['{}', 'x', PEM, '{"keys": []}'])
    await expect(act((tx) => addSigstoreRoot(tx, admin, { name: 'bad', document }))).rejects.toMatchObject({
      code: 'artifacts.bad-sigstore-root',
    });
  await expect(hand('{"verificationMaterial": {}}')).rejects.toMatchObject({ code: 'artifacts.bad-attestation' });
  await act((tx) => revokeRecorderIdentity(tx, admin, identity.id));
  expect(await asked()).toMatchObject({ verdict: 'unknown', build: { signedBy: 'nobody' } });
  await act((tx) => addRecorderIdentity(tx, admin, given));
  expect(await asked()).toMatchObject({ verdict: 'allow' });
  // A job at another commit of the repository names ours: it does not count, and takes nothing away.
  await hand(bundle(commit, onTopic));
  expect(await asked()).toMatchObject({ verdict: 'allow' });
  await hand(bundle(null, onTopic));
  expect(await asked()).toMatchObject({ verdict: 'deny', code: 'artifacts.attestation-contradicts' });
  await act((tx) => revokeSigstoreRoot(tx, admin, root.id));
  expect(await asked()).toMatchObject({ verdict: 'unknown' });
});
