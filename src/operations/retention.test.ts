import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { retention } from '../app/slices.ts';
import { system } from '../kernel/actor.ts';
import { digestOf, hexOf, type Digest } from '../kernel/digest.ts';
import { tidyMirrors } from '../pipelines/retention/mirrors.work.ts';
import { sealLogTask } from '../pipelines/logs/seal.reactions.ts';
import { followLog } from '../pipelines/logs/log.views.ts';
import { tidyIncoming } from '../platform/blobs/tidy.system.ts';
import { notNamed, retentionTask } from '../platform/retention/sweep.work.ts';
import { testFloor } from '../testing/database.ts';
import { factsOf, givenRun, givenRunner, givenService, passTime } from '../testing/pipelines.ts';
import { changeRetention, holdBack, letGo } from './retention.commands.ts';

const floor = await testFloor();
const actor = system(floor.org, 'test');
const shop = await givenService(floor, 'shop');
const runner = await givenRunner(floor);
const DAY = 86_400_000;
const round = () => retentionTask(retention).run(floor, {}, floor.org);
const tx = <R>(work: Parameters<typeof floor.db.tx<R>>[1]) => floor.db.tx(floor.org, work);

/** Makes a stored file as old as the database's clock says that it is. */
function age(digest: Digest, ms: number): void {
  const path = join(floor.config.state, 'blobs', hexOf(digest).slice(0, 2), hexOf(digest));
  const then = new Date(Date.now() - ms);
  utimesSync(path, then, then);
}

type Made = { readonly run: string; readonly job: string; readonly log: Digest };

/** A run that ended, with a sealed log of this text. */
async function ended(text: string): Promise<Made> {
  const run = await givenRun(floor, shop, '{jobs: {a: {steps: [{run: x}]}}}');
  const { holder } = await runner.taken();
  const bytes = Buffer.from(text);
  await tx(async (t) => {
    await t.query(`insert into job_log (job_id, attempt, at_byte, org_id, bytes) values ($1, $2, 0, $3, $4)`, [
      holder.job,
      holder.attempt,
      floor.org,
      bytes,
    ]);
    await t.query(`update job_attempt set log_stored = $3 where job_id = $1 and attempt = $2`, [holder.job, holder.attempt, bytes.length]);
  });
  await runner.finish(holder, { log: { bytes: bytes.length, digest: digestOf(text) } });
  await sealLogTask.run(floor, { job: holder.job, attempt: holder.attempt }, floor.org);
  return { run: run.id, job: holder.job, log: digestOf(text) };
}

/** Bytes that a report of a run has, received now. */
async function report(run: Made, name: string, digest: Digest): Promise<void> {
  await tx(async (t) =>
    t.query(
      `insert into report (id, org_id, run_id, job_id, attempt, service_id, trust, kind, name, path, digest, state, reason, received_at)
       values ($1, $2, $3, $4, 1, $5, 'protected', 'lcov', $6, 'x', $7, 'ok', null, $8)`,
      [t.floor.newId('rep'), floor.org, run.run, run.job, shop.id, name, digest, await t.now()],
    ),
  );
}
const readLog = (run: Made) => followLog(floor, floor.org, { job: run.job, offset: 0, waitMs: 0 });

test('logs go after 90 days and their bytes a day later; holds, younger ones and bytes that others need stay', async () => {
  const old = await ended('the old log\n');
  const held = await ended('a log under legal hold\n');
  const shared = await ended('bytes that are a report too\n');
  await floor.blobs.put('bytes that are a report too\n');
  const hold = await tx((t) => holdBack(t, actor, { run: held.run, reason: 'a case in court' }));
  await passTime(floor, 91 * DAY);
  const young = await ended('the young log\n');
  await report(young, 'shared', shared.log);
  for (const { log } of [old, held, shared]) age(log, 91 * DAY);

  await round();
  await expect(readLog(old)).rejects.toMatchObject({ code: 'pipelines.log-removed', status: 410 });
  expect((await readLog(held)).text).toBe('a log under legal hold\n');
  expect((await readLog(young)).text).toBe('the young log\n');
  // The bytes wait a day, so that whoever stored the same meanwhile has named them.
  expect(await floor.blobs.has(old.log)).toBe(true);
  await passTime(floor, DAY + 7_200_000);
  await round();
  expect(await floor.blobs.has(old.log)).toBe(false);
  expect(await floor.blobs.has(shared.log)).toBe(true);
  expect(await floor.blobs.has(held.log)).toBe(true);
  expect((await factsOf(floor, 'retention.removed')).at(-1)?.body).toEqual({ what: 'logs', things: 2, days: 90 });

  await tx((t) => letGo(t, actor, hold, 'the case is closed'));
  await round();
  await passTime(floor, DAY + 7_200_000);
  await round();
  await expect(readLog(held)).rejects.toMatchObject({ code: 'pipelines.log-removed' });
  expect(await floor.blobs.has(held.log)).toBe(false);
  // The row still says what the log was.
  const row = await floor.db.read(floor.org, (t) =>
    t.one<{ log_digest: string }>(`select log_digest from job_attempt where job_id = $1`, [old.job]),
  );
  expect(row.log_digest).toBe(old.log);
});

test('bytes that were stored again meanwhile are not deleted, though nothing names them yet', async () => {
  const run = await ended('stored twice\n');
  await passTime(floor, 91 * DAY);
  age(run.log, 91 * DAY);
  await round();
  await passTime(floor, DAY + 7_200_000);
  await floor.blobs.put('stored twice\n');
  await round();
  expect(await floor.blobs.has(run.log)).toBe(true);
  expect(await floor.blobs.remove(run.log, 60_000)).toBe(false);
  age(run.log, 2 * DAY);
  expect(await floor.blobs.remove(run.log, DAY)).toBe(true);
  const left = join(floor.config.state, 'blobs/incoming/left');
  for (const [name, days] of [
    [left, 2],
    [`${left}-young`, 0],
  ] as const) {
    writeFileSync(name, 'half');
    utimesSync(name, new Date(Date.now() - days * DAY), new Date(Date.now() - days * DAY));
  }
  expect(await tidyIncoming(floor.config.state, Date.now())).toBe(1);
  rmSync(`${left}-young`);
  expect(readdirSync(join(floor.config.state, 'blobs/incoming'))).toEqual([]);
});

test('days are an organisation’s own decision; reports go with theirs; a hold over everything keeps everything', async () => {
  const run = await ended('another log\n');
  const mine = await floor.blobs.put('a coverage report');
  await report(run, 'cover', mine.digest);
  await passTime(floor, 20 * DAY);
  await expect(tx((t) => changeRetention(t, actor, retention.rules, 'facts', 5))).rejects.toMatchObject({
    code: 'operations.no-such-retention',
  });
  await tx((t) => changeRetention(t, actor, retention.rules, 'reports', 10));
  const hold = await tx((t) => holdBack(t, actor, { reason: 'an audit' }));
  await round();
  const removed = () =>
    floor.db.read(floor.org, (t) => t.one<{ at: string | null }>(`select removed_at as at from report where name = 'cover'`));
  expect((await removed()).at).toBeNull();
  await tx((t) => letGo(t, actor, hold, 'done'));
  await round();
  expect((await removed()).at).not.toBeNull();
  expect((await readLog(run)).text).toBe('another log\n');
  expect((await factsOf(floor, 'retention.changed')).at(-1)?.body).toEqual({ what: 'reports', days: 10, before: 365 });
});

test('caches go when nobody used them for 30 days', async () => {
  const add = (key: string) =>
    tx(async (t) =>
      t.query(
        `insert into cache_entry (service_id, trust, key, org_id, digest, size, job_id, created_at, used_at) values ($1, 'trusted', $2, $3, $4, 1, 'job_x', $5::timestamptz - interval '40 days', $6)`,
        [shop.id, key, floor.org, digestOf(key), await t.now(), key === 'used' ? await t.now() : null],
      ),
    );
  await add('used');
  await add('forgotten');
  await round();
  const left = await floor.db.read(floor.org, (t) => t.query<{ key: string }>(`select key from cache_entry`));
  expect(left.map(({ key }) => key)).toEqual(['used']);
});

/** Columns of digests that are not of stored bytes, and why. */
const NOT_BYTES: Readonly<Record<string, string>> = {
  'idempotency.request_digest': 'of a request',
  'credential.secret_digest': 'of a secret',
  'invitation.secret_digest': 'of a secret',
  'agent_registration.secret_digest': 'of a secret',
  'sign_in_failure.email_digest': 'of an address',
  'runner.key_digest': 'of a key',
  'agent.key_digest': 'of a key',
  'runner_registration.token_digest': 'of a token',
  'migration.digest': 'of a file of the program',
  'run.pipeline_digest': 'of a text in a repository',
  'job_attempt.plan_digest': 'of a column',
  'promotion.manifest_digest': 'of bytes in a registry elsewhere',
  'job_attempt.finish_digest': 'of a request',
  'report_digest.digest': 'of what a report speaks for; kept as an artifact',
  'running.artifact_digests': 'of artifacts, which are kept',
  'running_history.artifact_digests': 'of artifacts, which are kept',
  'running.configuration_digest': 'of a column',
  'running_history.configuration_digest': 'of a column',
  'decision.digest': 'of a column',
  'legal_hold.artifact_digest': 'of an artifact, which is kept as one',
  'blob_unnamed.digest': 'the very list',
  'backup.manifest_digest': 'of a file of a backup',
  'restore.manifest_digest': 'of a file of a backup',
  'expansion.digest': 'of a file of the program',
  'opa_answer.input_digest': 'of what another program was asked',
  'package_news.digest': 'of a column',
  'policy_proposal.digest': 'of a column',
  'policy_version.digest': 'of a column',
  'recovery_code.secret_digest': 'of a secret',
  'recorded_attestation.digest': 'of what it speaks of; kept as an artifact',
  'forge_status.shown_digest': 'of what is shown',
  'forge_status.wanted_digest': 'of what is shown',
  'sign_in_flow.secret_digest': 'of a secret',
  'sign_in_flow.state_digest': 'of a secret',
  'terminal_sign_in.code_digest': 'of a secret',
  'terminal_sign_in.secret_digest': 'of a secret',
  'notice_link.secret_digest': 'of a secret',
  'notice_preference.digest_hour': 'an hour of the day',
};

test('every column of digests is either asked before bytes are deleted, or known to be of no bytes', async () => {
  const rows = await floor.db.read('*', (t) =>
    t.query<{ name: string }>(
      `select table_name || '.' || column_name as name from information_schema.columns
       where table_schema = 'public' and (column_name like '%digest%' or column_name in ('archive', 'readable')) and data_type <> 'bytea' order by 1`,
    ),
  );
  const asked = retention.names.flatMap((one) => one.columns);
  const unknown = rows.map(({ name }) => name).filter((name) => !asked.includes(name) && !Object.hasOwn(NOT_BYTES, name));
  expect(unknown).toEqual([]);
  expect(asked.filter((name) => !name.endsWith('.answer') && !rows.some((row) => row.name === name))).toEqual([]);
});

test('what a slice says it needs, it finds: a digest in each of its columns keeps the bytes', async () => {
  const made = await ended('needed\n');
  const stranger = digestOf('a stranger');
  expect(await notNamed(floor, [made.log, stranger], retention)).toEqual([stranger]);
  const archive = digestOf('an archive');
  await tx((t) => t.query(`update run set archive = $1 where id = $2`, [archive, made.run]));
  expect(await notNamed(floor, [archive], retention)).toEqual([]);
  const input = digestOf('an input of a decision');
  await tx(async (t) =>
    t.query(
      `insert into decision (id, org_id, service_id, release_id, environment_id, environment, purpose, verdict, digest, intent, answer, actor, at)
       values ($1, $2, $3, 'rel_x', 'env_x', 'prod', 'deploy', 'allow', 'd', 'i', $4::jsonb, 'test', $5)`,
      [t.floor.newId('dec'), floor.org, shop.id, JSON.stringify({ inputs: { gates: input } }), await t.now()],
    ),
  );
  expect(await notNamed(floor, [input], retention)).toEqual([]);
});

test('mirrors of repositories that nobody watches are thrown away, those in use are kept', async () => {
  const folder = join(floor.config.state, 'git');
  const ids = { watched: 'src_watched', unused: 'src_unused', gone: 'src_gone' };
  await tx(async (t) => {
    for (const id of [ids.watched, ids.unused])
      await t.query(`insert into source (id, org_id, url, due_at, created_at) values ($1, $2, $1, $3, $3)`, [id, floor.org, await t.now()]);
  });
  for (const id of Object.values(ids)) {
    mkdirSync(join(folder, id), { recursive: true });
    writeFileSync(join(folder, id, 'FETCH_HEAD'), '');
  }
  const back = (id: string, ms: number): void =>
    utimesSync(join(folder, id, 'FETCH_HEAD'), new Date(Date.now() - ms), new Date(Date.now() - ms));
  back(ids.unused, 40 * DAY);
  back(ids.gone, DAY);
  expect(await tidyMirrors(floor, Date.now())).toBe(2);
  expect(Object.values(ids).filter((id) => existsSync(join(folder, id)))).toEqual([ids.watched]);
});
