import { existsSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { canonicalBytes } from '../kernel/canonical.ts';
import { sealEnvelope } from '../kernel/dsse.ts';
import { JOB_PLAN_TYPE } from '../contract/runner.ts';
import { packPath } from '../host/archive.pack.ts';
import { runRunner, type RunnerOptions } from './main.ts';
import { makeSigner, planOf, TestServer } from './server.fixture.ts';

// Real processes on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

let server: TestServer;
let state = '';
let stop: AbortController;
let running: Promise<void> = Promise.resolve();
const said: string[] = [];

beforeEach(async () => {
  server = new TestServer();
  await server.start();
  state = await mkdtemp(join(tmpdir(), 'ym-runner-'));
  stop = new AbortController();
  said.length = 0;
});
afterEach(async () => {
  stop.abort();
  await running.catch(() => undefined);
  await server.stop();
  await rm(state, { recursive: true, force: true });
});

function start(more: Partial<RunnerOptions> = {}): Promise<void> {
  running = runRunner(
    { url: server.url, name: 'r1', registration: 'once', state, executors: ['host'], say: (line) => void said.push(line), ...more },
    stop.signal,
  );
  running.catch(() => undefined);
  return running;
}

async function run(plan: ReturnType<typeof planOf>, secrets: Record<string, string> = {}) {
  const id = server.add(plan, secrets);
  const end = await server.end(id);
  return { ...end, log: server.job(id).log, steps: server.job(id).steps };
}

test('a job runs in its source with its variables, and everything it made arrives', async () => {
  const from = join(state, 'src');
  await mkdir(join(from, 'sub'), { recursive: true });
  await writeFile(join(from, 'sub/hello'), 'from source');
  await writeFile(join(from, 'package-lock.json'), '{"lockfileVersion":3}');
  await packPath(from, '.', join(state, 'src.tgz'));
  const archive = server.store(await readFile(join(state, 'src.tgz')));
  start({ state: join(state, 'r') });
  const end = await run(
    planOf({
      source: { repository: null, commit: 'a'.repeat(40), ref: 'refs/heads/$(touch /tmp/ym-pwned)', archive },
      env: { WORD: 'job', BOTH: 'job' },
      steps: [
        {
          name: 'build',
          script:
            'mkdir dist; cat sub/hello > dist/out; echo "$WORD $BOTH $YM_REF"; echo "version=1.2" >> "$YM_OUTPUT"; echo "other=x" >> "$YM_OUTPUT"',
          env: { BOTH: 'step' },
        },
        { name: 'test', script: 'echo "<testsuite/>" > ../report.xml', directory: 'dist' },
        { name: 'node', shell: 'node', script: 'import("node:os").then(() => console.log(process.version, require("node:path").sep))' },
      ],
      artifacts: [{ name: 'app', path: 'dist' }],
      reports: [
        { name: 'unit', kind: 'junit', path: 'report.xml' },
        { name: 'gone', kind: 'lcov', path: 'no/such' },
      ],
      outputs: ['version'],
    }),
  );
  expect(end.log).toContain('job step refs/heads/$(touch /tmp/ym-pwned)\n');
  expect(end.log).toContain(`${process.version} /`);
  expect(end.log).toContain('"other" is not among the outputs');
  expect(end).toMatchObject({ result: 'succeeded', cause: null, executor: 'host', isolation: [], outputs: { version: '1.2' } });
  expect(end.steps).toEqual(['0 running', '0 succeeded', '1 running', '1 succeeded', '2 running', '2 succeeded']);
  const made = end as unknown as {
    artifacts: { digest: string; size: number }[];
    reports: { digest: string | null }[];
    materials: { path: string; digest: string }[];
    log: string;
  };
  expect(gunzipSync(server.blobs.get(made.artifacts[0]!.digest)!).toString()).toContain('from source');
  expect(made.reports[1]!.digest).toBeNull();
  expect(server.blobs.get(made.reports[0]!.digest!)!.toString()).toBe('<testsuite/>\n');
  expect(made.materials).toMatchObject([{ path: 'package-lock.json' }]);
  expect(await stat('/tmp/ym-pwned').catch(() => null)).toBeNull();
  expect(await readdir(join(state, 'r', 'jobs'))).toEqual([]);
});

test('the key is kept for this user only, the registration is used once, and a second runner of one folder is refused', async () => {
  start();
  await run(planOf());
  expect((await stat(join(state, 'runner.json'))).mode & 0o777).toBe(0o600);
  stop.abort();
  await running;
  stop = new AbortController();
  start({ registration: null });
  expect(await run(planOf())).toMatchObject({ result: 'succeeded' });
  expect(server.calls.filter((name) => name === 'Register a')).toHaveLength(1);
  await writeFile(join(state, 'pid'), `1 ${(await readFile('/proc/1/stat', 'utf8')).split(') ')[1]!.split(' ')[19]}`);
  await expect(runRunner({ url: server.url, name: 'r2', registration: null, state }, stop.signal)).rejects.toMatchObject({
    code: 'runner.already-runs',
  });
  await expect(
    runRunner({ url: server.url, name: 'r3', registration: null, state: join(state, 'other') }, stop.signal),
  ).rejects.toMatchObject({ code: 'runner.not-registered' });
});

test('a plan that was changed, signed by another, expired, for another pool or of lower trust is refused and nothing of it runs', async () => {
  start();
  const file = join(state, 'evil');
  const evil = { steps: [`touch ${file}`] };
  const plan = planOf(evil);
  const good = sealEnvelope(JOB_PLAN_TYPE, canonicalBytes(planOf({ ...evil, job: plan.job })), server.keys.signer);
  const cases: [string, string][] = [
    [server.add(plan, {}, { ...good, payload: Buffer.from(canonicalBytes(plan)).toString('base64') }), 'no signature by a trusted key'],
    [server.add(...forged(planOf(evil))), 'no signature by a trusted key'],
    [server.add(...relabelled(planOf(evil))), 'payload type'],
    [server.add(planOf({ ...evil, notAfter: new Date(Date.now() - 1000).toISOString() })), 'was valid until'],
    [server.add(planOf({ ...evil, notAfter: 'tomorrow' })), 'was valid until'],
    [server.add(planOf({ ...evil, pool: 'prod' })), 'for the pool prod'],
    [server.add(planOf({ ...evil, trust: 'untrusted' })), 'of trust untrusted'],
    [server.add(planOf({ ...evil, executor: 'sandbox' })), 'executor sandbox'],
    [server.add(planOf({ ...evil, artifacts: [{ name: 'x', path: '../..' }] })), 'has not the form'],
  ];
  for (const [id, why] of cases)
    expect(await server.end(id), why).toMatchObject({ result: 'refused', cause: expect.stringContaining(why) as string });
  expect(await stat(file).catch(() => null)).toBeNull();

  function forged(changed: typeof plan): Parameters<TestServer['add']> {
    const { signer } = makeSigner();
    return [changed, {}, sealEnvelope(JOB_PLAN_TYPE, canonicalBytes(changed), { ...signer, keyId: server.keys.signer.keyId })];
  }
  function relabelled(changed: typeof plan): Parameters<TestServer['add']> {
    return [changed, {}, sealEnvelope('application/json', canonicalBytes(changed), server.keys.signer)];
  }
});

test('a failing step ends the job, what is marked always still runs, reports are sent and artifacts are not', async () => {
  start();
  const end = await run(
    planOf({
      steps: [
        { script: 'exit 1', continueOnError: true },
        'echo "<r/>" > r.xml; exit 4',
        { name: 'never', script: 'echo NEVER' },
        { script: 'echo tidied', always: true },
      ],
      artifacts: [{ name: 'a', path: 'r.xml' }],
      reports: [{ name: 'r', kind: 'junit', path: 'r.xml' }],
    }),
  );
  expect(end).toMatchObject({
    result: 'failed',
    cause: 'The step "step 1" failed with exit code 4.',
    artifacts: [],
    reports: [{ digest: expect.stringMatching(/^sha256/) as string }],
  });
  expect(end.steps).toEqual(['0 running', '0 failed', '1 running', '1 failed', '2 skipped', '3 running', '3 succeeded']);
  expect(end.log).toContain('tidied');
  expect(end.log).not.toContain('NEVER');
});

test('pipes that fail, time-outs of step and job, missing artifacts and missing programs are failures with a reason', async () => {
  start({ slots: 4 });
  const cases: [ReturnType<typeof planOf>, string, RegExp][] = [
    [planOf({ steps: ['false | true'] }), 'failed', /exit code 1/],
    [planOf({ steps: [{ script: 'sleep 30', timeoutMs: 300 }] }), 'timed-out', /took longer than 300ms/],
    [planOf({ steps: ['sleep 30'], timeoutMs: 400 }), 'timed-out', /The job took longer than 400ms/],
    [planOf({ artifacts: [{ name: 'a', path: 'dist' }] }), 'failed', /dist.*not there/],
    [planOf({ steps: [{ script: 'x', directory: 'nowhere' }] }), 'failed', /could not start/],
    [planOf({ secrets: ['TOKEN'] }), 'failed', /TOKEN, which it was not given/],
    [planOf({ inputs: [{ name: 'i', digest: `sha256:${'0'.repeat(64)}`, path: 'in' }] }), 'failed', /no/],
  ];
  const ends = await Promise.all(cases.map(([plan]) => run(plan)));
  ends.forEach((end, at) =>
    expect(end, String(cases[at]?.[2])).toMatchObject({ result: cases[at]?.[1], cause: expect.stringMatching(cases[at]![2]) as string }),
  );
});

test('secrets reach the step and nothing that leaves the runner: log, reports, outputs, cause', async () => {
  start();
  const secret = 'S3cr3t/Value+42';
  const end = await run(
    planOf({
      steps: [
        {
          name: 'leak',
          script:
            'test "$TOKEN" = "S3cr3t/Value+42"; echo "$TOKEN"; echo -n "$TOKEN" | base64; env | grep TOKEN; echo "<e>$TOKEN</e>" > r.xml; echo "o=$TOKEN" >> $YM_OUTPUT; printf "S3cr3t/"; sleep 0.6; echo "Value+42"',
        },
      ],
      secrets: ['TOKEN'],
      outputs: ['o'],
      reports: [{ name: 'r', kind: 'junit', path: 'r.xml' }],
    }),
    { TOKEN: secret, UNASKED: 'not-named-in-the-plan' },
  );
  expect(end.result).toBe('succeeded');
  const everything =
    JSON.stringify([...server.jobs.values()].map((job) => job.log)) +
    JSON.stringify(server.finished) +
    [...server.blobs.values()].map(String).join();
  expect(everything).not.toContain(secret);
  expect(everything).not.toContain(btoa(secret));
  expect(end).toMatchObject({ outputs: { o: '***' } });
  expect(end.log).toMatch(/\*\*\*\n\*\*\*\nTOKEN=\*\*\*\n\*\*\*\n/);
  expect(everything).not.toContain(server.runnerKey);
});

test('bytes with another digest are never unpacked', async () => {
  start();
  const archive = server.store(Buffer.from('x'));
  server.blobs.set(archive, Buffer.from('y'));
  expect(await run(planOf({ source: { repository: null, commit: null, ref: null, archive } }))).toMatchObject({
    result: 'failed',
    cause: expect.stringContaining('was asked for') as string,
  });
});

test('a cancelled job ends soon, its always steps run, and it says so', async () => {
  start();
  const id = server.add(planOf({ steps: ['sleep 60', { script: 'echo tidied', always: true }] }));
  while (!server.job(id).steps.includes('0 running')) await sleep(20);
  server.job(id).cancel = true;
  expect(await server.end(id, 8000)).toMatchObject({ result: 'cancelled' });
  expect(server.job(id).log).toContain('tidied');
});

test('how the steps ended is told before the job ends, also to a server that was away in between', async () => {
  start();
  const id = server.add(planOf({ steps: ['true'] }));
  let away = 6;
  server.fault = (name, request) => {
    if (name !== 'A step' || away === 0) return false;
    away -= 1;
    request.socket.destroy();
    return true;
  };
  await server.end(id);
  server.fault = null;
  expect(server.job(id).steps).toEqual(['0 running', '0 succeeded']);
  expect(server.calls.lastIndexOf('A step')).toBeLessThan(server.calls.lastIndexOf('The attempt'));
});

test('a lost lease ends the steps at once and nothing more is written', async () => {
  start();
  const marker = join(state, 'ticks');
  const id = server.add(
    planOf({ steps: [`while true; do date +%s%N >> ${marker}; sleep 0.05; done`, { script: `echo always >> ${marker}`, always: true }] }),
  );
  while (!server.job(id).steps.includes('0 running')) await sleep(20);
  while (!existsSync(marker)) await sleep(20);
  server.job(id).token = 8;
  while (!said.some((line) => line.includes('given up'))) await sleep(20);
  const after = await readFile(marker, 'utf8');
  await sleep(300);
  expect(await readFile(marker, 'utf8')).toBe(after);
  expect(after).not.toContain('always');
  expect(server.finished).toEqual([]);
  expect(await readdir(join(state, 'jobs'))).toEqual([]);
});

test('a server that is away and comes back gets the whole log once, and the finish', async () => {
  start();
  let lost = 0;
  server.loseAnswer = (name) => (name === 'Append redacted' || name === 'The attempt') && lost++ % 2 === 0;
  const id = server.add(planOf({ steps: ['for i in $(seq 1 400); do echo "line $i äöü"; sleep 0.005; done'] }));
  while (!server.job(id).log.includes('line 20 ')) await sleep(20);
  await server.stop();
  await sleep(700);
  await server.start();
  expect(await server.end(id)).toMatchObject({ result: 'succeeded' });
  const lines = server
    .job(id)
    .log.split('\n')
    .filter((line) => line.startsWith('line '));
  expect(lines).toEqual(Array.from({ length: 400 }, (_, at) => `line ${at + 1} äöü`));
  expect(lost).toBeGreaterThan(2);
  expect(server.finished).toHaveLength(1);
  expect(server.finished[0]?.body).toMatchObject({ log: { bytes: Buffer.byteLength(server.job(id).log) } });
});

test('caches are restored by prefix, stored after success, and not stored again when hit', async () => {
  start();
  const plan = (key: string, script: string) =>
    planOf({ steps: [script], caches: [{ key, restoreKeys: ['deps-'], paths: ['.cache', 'deep/er'] }] });
  expect((await run(plan('deps-1', 'mkdir -p .cache deep/er; echo one > .cache/f; echo two > deep/er/g; ln -s f .cache/l'))).log).toContain(
    'cache deps-1: stored',
  );
  const second = await run(plan('deps-2', 'cat .cache/l deep/er/g'));
  expect(second.log).toContain('cache deps-2: restored deps-1');
  expect(second.log).toContain('one\ntwo\n');
  expect(second.log).toContain('cache deps-2: stored');
  const third = await run(plan('deps-2', 'true'));
  expect(third.log).toContain('restored it');
  expect(third.log).not.toContain('stored\n');
  expect((await run(plan('deps-3', 'exit 1'))).log).not.toContain(': stored');
});

test('a runner whose key was revoked ends and says what to do', async () => {
  start();
  await run(planOf());
  server.runnerKey = 'other';
  await expect(running).rejects.toMatchObject({ code: 'runner.key-refused' });
});

test('what a step leaves in the background is gone before the job ends', async () => {
  start();
  const end = await run(planOf({ steps: ['(setsid sleep 4242 &) ; sleep 4243 & sleep 0.1; pgrep -fc "^sleep 424[23]$"'] }));
  expect(end.log).toContain('\n2\n');
  const left = (
    await Promise.all(
      (await readdir('/proc'))
        .filter((name) => /^\d+$/.test(name))
        .map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')),
    )
  ).filter((line) => line.startsWith('sleep\x00424'));
  expect(left).toEqual([]);
});

test('after kill -9 of the runner its next life leaves no step running and no folder behind, and works', { timeout: 600_000 }, async () => {
  const entry = join(state, 'entry.mjs');
  const main = new URL('./main.ts', import.meta.url).href;
  const options = JSON.stringify({
    url: server.url,
    name: 'r1',
    registration: 'once',
    state: join(state, 'r'),
    executors: ['host'],
    slots: 2,
  });
  await writeFile(
    entry,
    `import { runRunner } from ${JSON.stringify(main)};\nawait runRunner(${options}, new AbortController().signal);\n`,
  );
  const first = spawn(process.execPath, [entry], { stdio: 'inherit' });
  const plain = server.add(planOf({ steps: ['echo $$ > ../../pid-plain; exec sleep 5151'] }));
  const fled = server.add(planOf({ steps: ['setsid bash -c "echo \\$\\$ > ../../pid-fled; exec sleep 5152" & sleep 5153'] }));
  const pids = await Promise.all(
    ['pid-plain', 'pid-fled'].map((name) =>
      waitFor(async () => Number(await readFile(join(state, 'r/jobs', name), 'utf8').catch(() => '0'))),
    ),
  );
  expect(server.job(plain).steps.concat(server.job(fled).steps)).toEqual(['0 running', '0 running']);
  first.kill('SIGKILL');
  await new Promise((done) => first.once('exit', done));
  for (const pid of pids) expect(await readFile(`/proc/${pid}/cmdline`, 'latin1')).toContain('sleep');
  start({ state: join(state, 'r'), registration: null });
  expect(await run(planOf({ steps: ['echo again'] }))).toMatchObject({ result: 'succeeded' });
  for (const pid of pids) expect(await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => ''), 'still runs').not.toContain('sleep');
  expect(await readdir(join(state, 'r/jobs'))).toEqual([]);
  expect(server.finished).toHaveLength(1);
});

async function waitFor(look: () => Promise<number>): Promise<number> {
  for (;;) {
    const found = await look();
    if (found > 0) return found;
    await sleep(20);
  }
}
