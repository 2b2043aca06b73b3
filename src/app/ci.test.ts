import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { system } from '../kernel/actor.ts';
import { describedBy } from '../integrations/connections/described.fixture.ts';
import type { Heard, Says } from '../integrations/connections/stub.fixture.ts';
import { askBackfill, fetchLog, mapTo, readAgain } from '../integrations/ci/ci.commands.ts';
import { pipelinesOf, placesOf } from '../integrations/ci/ci.store.ts';
import { ciTasks, LIST_PLACES, LOOK, LOOK_AT_RUN } from '../integrations/ci/ci.work.ts';
import { jenkinsFixture } from '../integrations/jenkins/jenkins.fixture.ts';
import { hookConnection } from '../integrations/forges/hook.commands.ts';
import { forgeSources } from '../pipelines/merge-requests/forge.api.ts';
import { intakeOf } from '../platform/hooks/door.routes.ts';
import { takeDue } from '../platform/hooks/take.work.ts';
import { SENDERS } from '../testing/forges/senders.ts';
import { listRuns, viewRun } from '../pipelines/run.views.ts';
import { connected, type Connected } from '../testing/connected.ts';
import { testFloor } from '../testing/database.ts';
import { givenService } from '../testing/pipelines.ts';
import { ciPorts, takers } from './slices.ts';

const floor = await testFloor({ config: { egressAllow: '127.0.0.1' } });
const actor = system(floor.org, 'test');
const api = describedBy('github.com/api.github.com.json');
const [list, look, lookAtRun] = ciTasks(ciPorts);
const DAY = 86_400_000;
const NOW = Date.now();

type Run = { id: number; at: number; status: string; conclusion: string | null; attempt: number; workflow: string };
const sha = (id: number): string => id.toString(16).padStart(40, 'a');
const iso = (ms: number): string => new Date(ms).toISOString();

/** A GitHub with one repository and these runs, which follows GitHub's own description and says what does not. */
function githubWith(repo: string, runs: Run[], names: (id: number) => string = (id) => `unit ${id % 3}`) {
  const wrong: string[] = [];
  let trouble: ((heard: Heard) => Says | null) | null = null;
  const runJson = (run: Run) => ({
    id: run.id,
    name: run.workflow,
    workflow_id: run.workflow.length,
    path: `.github/workflows/${run.workflow.length}.yml`,
    display_title: names(run.id),
    head_sha: sha(run.id),
    head_branch: names(run.id),
    event: 'push',
    status: run.status,
    conclusion: run.conclusion,
    run_attempt: run.attempt,
    created_at: iso(run.at),
    run_started_at: iso(run.at + 1000),
    updated_at: iso(run.at + 61_000 + (run.id % 10) * 1000),
    html_url: `https://github.com/${repo}/actions/runs/${run.id}`,
    actor: { login: names(run.id) },
  });
  const answer = (heard: Heard): Says => {
    wrong.push(...api.wrong(heard));
    const said = trouble?.(heard) ?? null;
    if (said !== null) return said;
    if (heard.path === '/installation/repositories') return { status: 403, json: { message: 'no' } };
    if (heard.path === '/user/repos')
      return { json: [{ id: 1, full_name: repo, clone_url: `https://github.com/${repo}.git`, default_branch: 'main' }] };
    const one = new RegExp(`^/repos/${repo}/actions/(runs|jobs)(?:/(\\d+))?(/attempts/\\d+/jobs|/logs)?$`).exec(heard.path);
    if (one === null) return { status: 404, json: {} };
    if (one[1] === 'jobs') return { text: `log of ${one[2]}\n\u001b[31m<img src=x onerror=alert(1)>\u001b[0m\n` };
    if (one[2] === undefined) {
      const [from = '', to = ''] = (heard.query.get('created') ?? '').split('..');
      const page = Number(heard.query.get('page'));
      const found = runs.filter((run) => iso(run.at) >= from && iso(run.at) < to).sort((a, b) => b.at - a.at);
      return { json: { total_count: found.length, workflow_runs: found.slice((page - 1) * 100, page * 100).map(runJson) } };
    }
    const run = runs.find(({ id }) => String(id) === one[2]);
    if (run === undefined) return { status: 404, json: {} };
    if (one[3] === undefined) return { json: runJson(run) };
    const base = { status: run.status, conclusion: run.conclusion, started_at: iso(run.at + 1000), completed_at: iso(run.at + 60_000) };
    const step = { ...base, name: names(run.id), number: 1 };
    return {
      json: {
        total_count: 1,
        jobs: [{ ...base, id: run.id * 10, name: names(run.id), created_at: iso(run.at), runner_name: names(run.id), steps: [step] }],
      },
    };
  };
  return { answer, wrong, break: (with_: typeof trouble) => void (trouble = with_) };
}

const placeOf = async (github: Connected) => {
  const [place] = await floor.db.read(floor.org, (tx) => placesOf(tx, github.row.id));
  if (place === undefined) throw new Error('no place');
  return place;
};
const lookAt = async (github: Connected): Promise<void> => look?.run(floor, { place: (await placeOf(github)).id }, floor.org);
const everyRun = async (service: string) => {
  const items = [];
  let cursor: string | undefined;
  do {
    const page = await floor.db.read(floor.org, (tx) => listRuns(tx, { service, cursor, limit: 500, visible: 'all' }));
    items.push(...page.items);
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
  return items;
};

test('the runs of 90 days come page by page: through limits, a kill and a second server, each once', async () => {
  await givenService(floor, 'shop', { url: 'ssh://git@github.com/acme/shop.git' });
  const runs: Run[] = Array.from({ length: 260 }, (_, index) => ({
    id: index + 1,
    at: NOW - 7_200_000 - Math.floor((index * 120 * DAY) / 260),
    status: 'completed',
    conclusion: index % 5 === 0 ? 'failure' : 'success',
    attempt: 1,
    workflow: index % 4 === 0 ? 'deploy' : 'ci',
  }));
  const world = githubWith('acme/shop', runs);
  const github = await connected(floor, 'github', world.answer);
  await list?.run(floor, { connection: github.row.id }, floor.org);
  expect(await placeOf(github)).toMatchObject({ name: 'acme/shop', watched: true, fillRuns: 0 });

  let asked = 0;
  world.break((heard) => {
    asked += 1;
    if (asked % 7 === 0) return { status: 502, text: 'bad gateway' };
    if (asked === 20)
      return { status: 403, headers: { 'retry-after': '900' }, json: { message: 'You have exceeded a secondary rate limit' } };
    // Killed in the middle: the answer never comes, and whoever goes on starts from the page that was kept.
    if (asked % 11 === 0 && heard.path.endsWith('/runs')) return 'hang up';
    return null;
  });
  for (let round = 0; round < 80 && (await placeOf(github)).fillDoneAt === null; round += 1) {
    await Promise.all([lookAt(github), lookAt(github)]);
    // Time passes: what asked for quiet is asked again.
    await floor.db.tx(floor.org, (tx) => tx.write(`update connection set quiet_until = null where id = $1`, [github.row.id]));
  }
  const place = await placeOf(github);
  expect(place.fillDoneAt).not.toBeNull();
  const wanted = runs.filter(({ at }) => at >= Date.parse(place.fillSince ?? '') && at < Date.parse(place.fillUntil ?? ''));
  const known = await everyRun('shop');
  expect(known).toHaveLength(wanted.length);
  expect(new Set(known.map(({ recorded }) => recorded?.id)).size).toBe(wanted.length);
  expect(known.filter(({ state }) => state === 'failed')).toHaveLength(wanted.filter(({ conclusion }) => conclusion === 'failure').length);
  expect(world.wrong).toEqual([]);
  // Told as facts once each, however often they were read.
  const facts = await floor.db.read(floor.org, (tx) =>
    tx.one<{ n: number; d: number }>(
      `select count(*)::int as n, count(distinct subject)::int as d from fact where type = 'pipelinerun.read'`,
    ),
  );
  expect(facts).toEqual({ n: wanted.length, d: wanted.length });

  world.break(null);
  await floor.db.tx(floor.org, (tx) => askBackfill(tx, actor, github.row.name, 90));
  for (let round = 0; round < 20 && (await placeOf(github)).fillDoneAt === null; round += 1) await lookAt(github);
  expect(await everyRun('shop')).toHaveLength(wanted.length);
  expect((await floor.db.read(floor.org, (tx) => pipelinesOf(tx, github.row.id))).map(({ name, mappedBy }) => [name, mappedBy])).toEqual([
    ['ci', 'repository'],
    ['deploy', 'repository'],
  ]);
}, 600_000);

test('state comes from the other side as it is: under way, ended, run again, gone; a log when somebody wants it', async () => {
  await givenService(floor, 'cart', { url: 'https://github.com/acme/cart' });
  const run: Run = { id: 7, at: NOW - 60_000, status: 'in_progress', conclusion: null, attempt: 1, workflow: 'ci' };
  const runs = [run];
  const world = githubWith('acme/cart', runs);
  const github = await connected(floor, 'github', world.answer);
  await list?.run(floor, { connection: github.row.id }, floor.org);
  await lookAt(github);
  const [first] = await everyRun('cart');
  expect(first).toMatchObject({
    state: 'running',
    trigger: 'read',
    trust: 'untrusted',
    read: { pipeline: 'ci', whole: true },
    recorded: { system: 'github-actions', id: '7' },
  });
  const view = async (id: string) => floor.db.read(floor.org, (tx) => viewRun(tx, id));
  const [job] = (await view(first?.id ?? ''))?.jobs ?? [];
  expect(job).toMatchObject({ state: 'running', steps: [{ state: 'running' }], foreign: { log: 'none' } });
  await expect(fetchLog(floor, floor.org, job?.id ?? '', ciPorts)).rejects.toMatchObject({ code: 'ci.still-running' });

  Object.assign(run, { status: 'completed', conclusion: 'failure' });
  await readAgain(floor, floor.org, first?.id ?? '', ciPorts);
  expect(await view(first?.id ?? '')).toMatchObject({ state: 'failed', jobs: [{ state: 'failed', foreign: { log: 'there' } }] });
  expect(await fetchLog(floor, floor.org, job?.id ?? '', ciPorts)).toBeGreaterThan(10);
  expect((await view(first?.id ?? ''))?.jobs[0]?.foreign?.log).toBe('here');

  // An answer that was on its way longer than a newer one sets nothing back.
  Object.assign(run, { status: 'in_progress', conclusion: null });
  await readAgain(floor, floor.org, first?.id ?? '', ciPorts);
  expect(await view(first?.id ?? '')).toMatchObject({ state: 'failed' });
  // Run again there it is another attempt, and another run here.
  Object.assign(run, { status: 'completed', conclusion: 'success', attempt: 2 });
  await readAgain(floor, floor.org, first?.id ?? '', ciPorts);
  expect((await everyRun('cart')).map(({ state, recorded }) => [recorded?.attempt, state]).sort()).toEqual([
    [1, 'failed'],
    [2, 'succeeded'],
  ]);
  runs.splice(0);
  await readAgain(floor, floor.org, first?.id ?? '', ciPorts);
  expect(await view(first?.id ?? '')).toMatchObject({ state: 'failed' });
  expect(world.wrong).toEqual([]);
});

test('a pipeline of nobody is listed and its runs are not kept, until somebody says whose it is', async () => {
  await givenService(floor, 'pay');
  const builds = [{ number: 3, timestamp: NOW - DAY, duration: 5000, result: 'SUCCESS', building: false, actions: [] }];
  const jenkins = await connected(floor, 'jenkins', jenkinsFixture({ 'pay $(id)': { kind: 'freestyle', builds } }));
  await list?.run(floor, { connection: jenkins.row.id }, floor.org);
  await lookAt(jenkins);
  expect(await everyRun('pay')).toEqual([]);
  const [pipeline] = await floor.db.read(floor.org, (tx) => pipelinesOf(tx, jenkins.row.id));
  expect(pipeline).toMatchObject({ name: 'pay $(id)', service: null });
  await floor.db.tx(floor.org, (tx) =>
    mapTo(tx, actor, { connection: jenkins.row.name, pipeline: pipeline?.id ?? '', service: 'pay' }, ciPorts),
  );
  await lookAt(jenkins);
  expect(await everyRun('pay')).toMatchObject([{ state: 'succeeded', recorded: { system: 'jenkins', id: 'pay $(id)#3' } }]);
});

/** A page and a bit in the suite; every name goes through every reader in hostile-ci.test.ts. */
const COUNT = process.env['CAMPAIGN_FULL'] === '1' ? 1000 : 130;

test('hostile names go in as texts and come out as texts, over pages', async () => {
  await givenService(floor, 'names', { url: 'https://github.com/acme/names' });
  const file = join(import.meta.dirname, '../../../shared/corpus/strings/minimaxir+big-list-of-naughty-strings/blns.json');
  const naughty = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as string[]) : [];
  const seeds = [
    ...naughty,
    '$(touch /tmp/owned)',
    '`id`',
    '; rm -rf /',
    '--upload-pack=x',
    '../../etc/passwd',
    "'; drop table run; --",
    '<script>alert(1)</script>',
    'a\r\nb\u0000c',
    '\u202etxt.exe',
    '\ud800',
    '${{ github.token }}',
    '{{7*7}}',
    '%00',
    'x'.repeat(5000),
  ];
  const names = Array.from({ length: COUNT }, (_, index) => `${seeds[index % seeds.length] ?? ''}${index < seeds.length ? '' : index}`);
  const runs: Run[] = names.map((_, index) => ({
    id: index + 1,
    at: NOW - 3_600_000 - index * 1000,
    status: 'completed',
    conclusion: 'success',
    attempt: 1,
    workflow: 'ci',
  }));
  const world = githubWith('acme/names', runs, (id) => names[id - 1] ?? '');
  const github = await connected(floor, 'github', world.answer);
  await list?.run(floor, { connection: github.row.id }, floor.org);
  for (let round = 0; round < 30; round += 1) {
    await lookAt(github);
    if ((await placeOf(github)).fillDoneAt !== null && (await everyRun('names')).length === COUNT) break;
  }
  const known = await everyRun('names');
  expect(known).toHaveLength(COUNT);
  const texts = known.flatMap(({ read, ref }) => [read?.title ?? '', read?.actor ?? '', ref ?? '']);
  // eslint-disable-next-line no-control-regex -- none of these may be left
  expect(texts.filter((text) => /[\u0000-\u001f\u007f]/.test(text) || text.length > 600)).toEqual([]);
  expect(existsSync('/tmp/owned')).toBe(false);
  for (const { id } of known.slice(0, 150))
    expect(await floor.db.read(floor.org, (tx) => viewRun(tx, id))).toMatchObject({ state: 'succeeded' });
  expect(world.wrong).toEqual([]);
}, 600_000);

test('a webhook that tells of CI has it asked at once: the run that it names, of whatever age, or the newest', async () => {
  await givenService(floor, 'told', { url: 'https://github.com/acme/told' });
  const old: Run = { id: 11, at: NOW - 40 * DAY, status: 'in_progress', conclusion: null, attempt: 2, workflow: 'ci' };
  const runs: Run[] = [];
  const world = githubWith('acme/told', runs);
  const github = await connected(floor, 'github', world.answer);
  await list?.run(floor, { connection: github.row.id }, floor.org);
  await lookAt(github);
  const hook = await hookConnection(floor, actor, forgeSources, github.row.name, false);
  const jobs = async (): Promise<[string, Record<string, unknown>][]> => {
    const rows = await floor.db.tx('*', (tx) =>
      tx.query<{ task: string; payload: Record<string, unknown> }>(
        `select t.identifier as task, j.payload from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id`,
      ),
    );
    return rows.map(({ task, payload }) => [task, payload]);
  };
  const told = async (kind: string, payload: object): Promise<[string, Record<string, unknown>][]> => {
    await floor.db.tx('*', (tx) => tx.write(`delete from graphile_worker._private_jobs`, []));
    const body = Buffer.from(JSON.stringify({ ...payload, repository: { full_name: 'Acme/Told' } }));
    const headers = SENDERS['github']?.(hook.secret, { id: floor.randomHex(8), kind, body }) ?? {};
    await intakeOf(floor).take({ hook: hook.hook, headers, body, encrypted: true });
    while ((await takeDue(floor, takers)) > 0);
    return jobs();
  };
  // It ran again, forty days after it was made: no listing of the newest would have it.
  runs.push(old);
  const again = await told('workflow_run', { workflow_run: { id: 11, head_sha: sha(11) } });
  expect(again.map(([task]) => task)).toEqual([LOOK_AT_RUN]);
  for (const [, payload] of again) await lookAtRun?.run(floor, payload, floor.org);
  expect(await everyRun('told')).toMatchObject([{ state: 'running', recorded: { id: '11', attempt: 2 } }]);
  // Without a number the newest are asked for, though they were asked for a moment ago; what comes at once comes together.
  runs.push({ id: 12, at: NOW - 1000, status: 'completed', conclusion: 'success', attempt: 1, workflow: 'ci' });
  await floor.db.tx(floor.org, (tx) =>
    tx.write(`update ci_place set read_until = read_until - interval '10 seconds' where connection_id = $1`, [github.row.id]),
  );
  const newest = await told('check_suite', { action: 'completed', check_suite: { head_sha: sha(12) } });
  expect(newest).toMatchObject([[LOOK, { heard: true }]]);
  for (const [, payload] of newest) await look?.run(floor, payload, floor.org);
  expect((await everyRun('told')).map(({ recorded }) => recorded?.id).sort()).toEqual(['11', '12']);
  // Told again within seconds, it is asked a little later, and once.
  await look?.run(floor, { place: (await placeOf(github)).id, heard: true }, floor.org);
  await look?.run(floor, { place: (await placeOf(github)).id, heard: true }, floor.org);
  expect((await jobs()).filter(([task, data]) => task === LOOK && data['heard'] === true)).toHaveLength(1);
});

test('work is named as the sweeper wakes it', () => {
  expect([list?.name, look?.name, lookAtRun?.name]).toEqual([LIST_PLACES, LOOK, LOOK_AT_RUN]);
});
