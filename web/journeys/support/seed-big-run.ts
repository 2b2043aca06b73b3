import { setImmediate as others } from 'node:timers/promises';
import type { Floor } from '../../../src/platform/floor.ts';
import { indexBuilder } from '../../../src/pipelines/logs/log-index.ts';

/** How large a run to make. `logBytes`: of the log of the job `long-log`. */
export type RunSize = { readonly jobs: number; readonly logBytes: number };
export const BIG_RUN: RunSize = { jobs: 500, logBytes: 100_000_000 };
export type BigRun = { readonly run: string; readonly logJob: string; readonly lines: number; readonly needleLines: readonly number[] };

const id = (prefix: string, of: string): string => `('${prefix}_' || md5('${prefix}' || ${of}))`;

/**
 * Makes one failed run of `size` in an organisation, with a service of its own: rows as commands would have left them.
 * Jobs: `build`, four matrices, `long-log` (it failed) and `ship`, which was skipped. The long log is sealed, in colours,
 * with steps and groups; the word `needle` stands in three of its lines.
 */
export async function seedBigRun(floor: Floor, size: RunSize = BIG_RUN): Promise<BigRun> {
  const log = await longLog(floor, size.logBytes);
  await floor.db.tx(floor.org, async (tx) => {
    const now = await tx.now();
    const { org } = tx;
    await tx.write(
      `insert into team (id, org_id, name, title, created_at) values (${id('tea', "'big'")}, $1, 'big-team', 'Big team', $2) on conflict do nothing`,
      [org, now],
    );
    await tx.write(
      `insert into service (id, org_id, name, team_id, tier, repository, stack, depends_on, run, configuration, policy, observe_only, created_at)
       values (${id('svc', "'big'")}, $1, 'monorepo', ${id('tea', "'big'")}, 2, null, 'node', '[]', null, '{}', 'standard', false, $2)`,
      [org, now],
    );
    await tx.write(
      `insert into run (id, org_id, service_id, repository, ref, commit_id, trigger, trust, state, inputs, requested_by, heard_at, queued_at, started_at, finished_at)
       values (${id('run', "'big'")}, $1, ${id('svc', "'big'")}, 'https://git.example.org/monorepo.git', 'refs/heads/main', md5('big') || 'abcdabcd', 'push', 'protected', 'failed', '{}',
         'system:push', $2::timestamptz - interval '31 minutes', $2::timestamptz - interval '30 minutes', $2::timestamptz - interval '30 minutes', $2::timestamptz - interval '1 minute')`,
      [org, now],
    );
    await tx.write(JOBS, [org, now, size.jobs]);
    await tx.write(
      `insert into runner (id, org_id, name, pool, trust, key_digest, created_at) values (${id('rnr', "'big'")}, $1, 'big-runner', 'default', 'trusted', 'none', $2)`,
      [org, now],
    );
    await tx.write(
      `insert into job_attempt (job_id, attempt, org_id, runner_id, token, plan, plan_digest, readable, started_at, finished_at, result, executor, isolation, log_stored, log_digest, log_complete)
       select id, 1, org_id, runner_id, 1, '{}', 'sha256:' || repeat('0', 64), '{}', started_at, finished_at, state, 'sandbox', '{files,processes,network}', 0, $2, true
       from job where run_id = ${id('run', "'big'")} and attempt = 1 and org_id = $1`,
      [org, log.emptyDigest],
    );
    await tx.write(
      `insert into job_step (job_id, attempt, position, org_id, name, state, exit_code, duration_ms, started_at, finished_at)
       select j.id, 1, s, j.org_id, (array['check out', 'install', 'test'])[s + 1], case when s = 2 and j.state = 'failed' then 'failed' else 'succeeded' end,
         case when s = 2 and j.state = 'failed' then 1 else 0 end, 4000 * (s + 1), j.started_at, j.finished_at
       from job j, generate_series(0, 2) s where j.run_id = ${id('run', "'big'")} and j.attempt = 1 and j.org_id = $1`,
      [org],
    );
    await tx.write(
      `update job_attempt set log_stored = $2, log_digest = $3, log_index = $4, result = 'failed' where org_id = $1 and job_id = ${id('job', "'big long-log'")}`,
      [org, log.size, log.digest, log.index],
    );
  });
  const [run] = await floor.db.read(floor.org, (tx) =>
    tx.query<{ run: string; job: string }>(`select ${id('run', "'big'")} as run, ${id('job', "'big long-log'")} as job`),
  );
  return { run: run?.run ?? '', logJob: run?.job ?? '', lines: log.lines, needleLines: log.needles };
}

/** Matrices of a quarter each of what is left over; every 97th cell failed, the last but three wait for nothing. */
const JOBS = `
insert into job (id, org_id, run_id, service_id, position, name, declared, needs, planned, timeout_ms, pool, executor, trust, state, cause, attempt, max_attempts, runner_id, token, queued_at, started_at, finished_at)
select ${id('job', "('big ' || name)")}, $1, ${id('run', "'big'")}, ${id('svc', "'big'")}, n, name, declared, needs, '{}', 3600000, 'default', 'any', 'protected', state,
  case when state = 'failed' then 'The step "test" failed with exit code 1.' end,
  case when state = 'skipped' then 0 else 1 end, 1, case when state = 'skipped' then null else ${id('rnr', "'big'")} end, 1,
  $2::timestamptz - interval '30 minutes' + from_s * interval '1 second',
  case when state <> 'skipped' then $2::timestamptz - interval '30 minutes' + (from_s + n % 40) * interval '1 second' end,
  $2::timestamptz - interval '30 minutes' + (from_s + n % 40 + 60 + n % 300) * interval '1 second'
from (
  select n,
    case when n = 0 then 'build' when n = 1 then 'long-log' when n = 2 then 'ship' else (array['unit', 'integration', 'browser', 'lint'])[n % 4 + 1] || ' (shard ' || n || ')' end as name,
    case when n = 0 then 'build' when n = 1 then 'long-log' when n = 2 then 'ship' else (array['unit', 'integration', 'browser', 'lint'])[n % 4 + 1] end as declared,
    case when n = 0 then '{}'::text[] when n = 2 then array['long-log'] || array(select (array['unit', 'integration', 'browser', 'lint'])[m % 4 + 1] || ' (shard ' || m || ')' from generate_series(3, $3::int - 1) m) else array['build'] end as needs,
    case when n = 1 or (n > 2 and n % 97 = 0) then 'failed' when n = 2 then 'skipped' else 'succeeded' end as state,
    case when n = 0 then 0 else 360 end as from_s
  from generate_series(0, $3::int - 1) n) j`;

type Log = {
  readonly digest: string;
  readonly emptyDigest: string;
  readonly size: number;
  readonly index: Uint8Array;
  readonly lines: number;
  readonly needles: number[];
};

async function longLog(floor: Floor, bytes: number): Promise<Log> {
  const builder = indexBuilder();
  const needles: number[] = [];
  let lines = 0;
  async function* text(): AsyncGenerator<Uint8Array> {
    let size = 0;
    let part: string[] = [];
    const add = (line: string): void => {
      lines += 1;
      part.push(`${line}\n`);
      size += Buffer.byteLength(line) + 1;
    };
    add('▶ check out');
    add('✓ succeeded after 1.2 s');
    add('▶ install');
    add('::group::packages');
    for (let at = 0; at < 300; at += 1) add(`\u001b[2mfetched\u001b[0m package-${at}`);
    add('::endgroup::');
    add('✓ succeeded after 4 s');
    add('▶ test');
    for (let at = 0; size < bytes - 1000; at += 1) {
      if (at === 1000 || at === 500_000 || size > bytes - 5000) {
        add(`a needle at ${at}`);
        needles.push(lines);
        if (size > bytes - 5000) break;
      } else if (at % 50_000 === 7) add(`a long line ${'x'.repeat(3000)} and its end`);
      else
        add(
          `\u001b[32m✓\u001b[0m ${String(at).padStart(7, '0')} \u001b[1msuite ${at % 97}\u001b[0m does what it says in ${(at * 7) % 900} ms ${'·'.repeat(at % 23)}`,
        );
      if (part.length > 4000) {
        const chunk = Buffer.from(part.join(''));
        part = [];
        builder.add(chunk);
        yield chunk;
        await others();
      }
    }
    add('\u001b[31mError: expected 3, got 2\u001b[0m');
    add('    at cart.test.ts:31:7');
    add('✗ failed with exit code 1 after 12 min');
    const chunk = Buffer.from(part.join(''));
    builder.add(chunk);
    yield chunk;
  }
  const { digest, size } = await floor.blobs.put(text());
  const { digest: emptyDigest } = await floor.blobs.put('');
  return { digest, emptyDigest, size, index: builder.end(), lines, needles };
}
