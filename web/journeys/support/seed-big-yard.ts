import { parseConfig } from '../../../src/platform/config.ts';
import type { Floor, Tx } from '../../../src/platform/floor.ts';
import { openFloor } from '../../../src/platform/floor.system.ts';
import { makeLog } from '../../../src/platform/log.system.ts';
import { startEmbedded } from '../../../src/platform/postgres/embedded.system.ts';

/** How large a yard to make. */
export type Size = {
  readonly services: number;
  /** Of dev, test, stage, pre, prod: the first so many. */
  readonly environments: number;
  /** Releases of each service; all but the newest two ran everywhere. */
  readonly releases: number;
  readonly runs: number;
};

export const BIG: Size = { services: 500, environments: 5, releases: 10, runs: 10 };

const NAMES = ['dev', 'test', 'stage', 'pre', 'prod'] as const;
const KINDS = ['development', 'test', 'staging', 'staging', 'production'] as const;
const WORDS = ['cart', 'search', 'prices', 'ledger', 'mail', 'login', 'stock', 'media', 'tax', 'geo', 'risk', 'feed', 'chat', 'maps'];

/**
 * Fills an organisation with a yard of `size`, in seconds: rows as commands would have left them, written as sets with
 * row-level security on, and without facts. What is odd (failed, waiting, drifting, incidents, debts) is spread over it
 * by number, so that two yards of one size are alike.
 */
export async function seedBigYard(floor: Floor, size: Size = BIG): Promise<void> {
  await floor.db.tx(floor.org, async (tx) => {
    const now = await tx.now();
    await catalog(tx, size, now);
    await builds(tx, size, now);
    await releases(tx, size, now);
    await tx.query('analyze deployment');
    await places(tx, size, now);
    await trouble(tx, size, now);
  });
  // As autovacuum would have after a while.
  for (const table of ['service', 'running', 'verification', 'deployment', 'deployment_slot', 'release', 'run', 'incident', 'waiver'])
    await floor.db.tx(floor.org, async (tx) => tx.query(`analyze ${table}`));
}

/** The floor of an instance whose server runs (on its embedded database), for as long as `work` takes. */
export async function withFloorOf(
  instance: { readonly env: Readonly<Record<string, string>> },
  work: (floor: Floor) => Promise<void>,
): Promise<void> {
  const config = parseConfig({ ...instance.env, YARDMASTER_DATABASE_POOL: '5' }, false);
  const { connection } = await startEmbedded(config.state, config.keys);
  const open = await openFloor({ config, log: makeLog('silent', 'seed'), where: connection, wiring: new Map(), migrations: null });
  try {
    await work(open.floor);
  } finally {
    await open.close();
  }
}

const id = (prefix: string, of: string): string => `('${prefix}_' || md5('${prefix}' || ${of}))`;
const digest = (of: string): string => `('sha256:' || encode(sha256(convert_to(${of}, 'UTF8')), 'hex'))`;

async function catalog(tx: Tx, { services, environments }: Size, now: string): Promise<void> {
  const { org } = tx;
  await tx.write(
    `insert into team (id, org_id, name, title, created_at) select ${id('tea', 't')}, $1, 'team-' || lpad(t::text, 2, '0'), 'Team ' || t, $2 from generate_series(1, 20) t`,
    [org, now],
  );
  for (const [at, name] of NAMES.slice(0, environments).entries())
    await tx.write(
      `insert into environment (id, org_id, name, kind, after, protected, agent, strategy, created_at) values (${id('env', '$2::text')}, $1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        org,
        name,
        KINDS[at],
        JSON.stringify(at === 0 ? [] : [NAMES[at - 1]]),
        name === 'prod',
        `yard-${name}`,
        JSON.stringify(strategyOf(name)),
        now,
      ],
    );
  await tx.write(
    `insert into agent (id, org_id, name, labels, key_digest, last_seen_at, created_at)
     select ${id('agt', 'name')}, $1, 'yard-' || name, '{}', md5(name), $2, $2 from environment where org_id = $1`,
    [org, now],
  );
  await tx.write(
    `insert into service (id, org_id, name, team_id, tier, repository, stack, depends_on, policy, run, configuration, observe_only, created_at)
     select ${id('svc', 's')}, $1, ($4::text[])[1 + s % array_length($4::text[], 1)] || '-' || lpad(s::text, 3, '0'), ${id('tea', '(1 + s % 20)')}, 1 + s % 3,
       jsonb_build_object('url', 'https://git.example.org/' || s, 'branch', 'main', 'path', '.'), 'node',
       case when s > 20 then jsonb_build_array(jsonb_build_object('service', ($4::text[])[1 + (s - 20) % array_length($4::text[], 1)] || '-' || lpad((s - 20)::text, 3, '0'), 'range', '^1.0.0')) else '[]' end,
       null, null, jsonb_build_object('dev', jsonb_build_object('LEVEL', 'debug'), 'prod', jsonb_build_object('LEVEL', 'info', 'REGION', 'eu')), s % 50 = 0, $2
     from generate_series(1, $3::int) s`,
    [org, now, services, WORDS],
  );
}

function strategyOf(name: string): unknown {
  if (name !== 'prod') return { kind: 'all-at-once' };
  return {
    kind: 'canary',
    baseline: true,
    steps: [
      { weight: 10, forMs: 60_000 },
      { weight: 50, forMs: 60_000 },
    ],
    maxErrorRateWorse: 5,
    minRequests: 50,
  };
}

async function builds(tx: Tx, { services, runs }: Size, now: string): Promise<void> {
  await tx.write(
    `insert into run (id, org_id, service_id, repository, ref, commit_id, trigger, trust, state, inputs, requested_by, heard_at, queued_at, started_at, finished_at)
     select ${id('run', "(s || '.' || r)")}, $1, ${id('svc', 's')}, 'https://git.example.org/' || s, 'refs/heads/main', md5('c' || s || '.' || r) || '00000000', 'push', 'protected',
       case when r = $4 and s % 17 = 0 then 'failed' when r = $4 and s % 23 = 0 then 'running' else 'succeeded' end, '{}', 'system:watch', at, at, at,
       case when r = $4 and s % 23 = 0 and s % 17 <> 0 then null else at + interval '2 minutes' end
     from generate_series(1, $3::int) s cross join generate_series(1, $4::int) r
     cross join lateral (select $2::timestamptz - ($4::int - r + 1) * interval '5 hours' - s * interval '1 second' as at) t`,
    [tx.org, now, services, runs],
  );
}

async function releases(tx: Tx, { services, environments, releases: count }: Size, now: string): Promise<void> {
  const { org } = tx;
  await tx.write(
    `insert into release (id, org_id, service_id, version_name, type, state, commit_id, run_id, digests, change_id, plan, targets, schema_change, notes, created_at)
     select ${id('rel', "(s || '.' || r)")}, $1, ${id('svc', 's')}, '1.' || r || '.0', 'standard', 'open', md5('c' || s || '.' || r) || '00000000', ${id('run', "(s || '.' || r)")},
       array[${digest("s || '.' || r")}], ${id('chg', "(s || '.' || r)")}, 'continuous', $4, '{"kind":"none"}', '', $2::timestamptz - ($5::int - r + 1) * interval '1 day'
     from generate_series(1, $3::int) s cross join generate_series(1, $5::int) r`,
    [org, now, services, NAMES.slice(0, environments), count],
  );
  await tx.write(
    `insert into deployment (id, org_id, service_id, environment_id, release_id, version_name, digest, kind, state, cause, requested_by, strategy, start_order, plan, recorded,
       requested_at, started_at, finished_at)
     select ${id('dep', "(s || '.' || r || '.' || e.name)")}, $1, ${id('svc', 's')}, e.id, ${id('rel', "(s || '.' || r)")}, '1.' || r || '.0', ${digest("s || '.' || r")}, 'deploy',
       'succeeded', 'It runs and is verified.', 'system:promotion', e.strategy, '{}', '[]', true, at, at, at + interval '1 minute'
     from generate_series(1, $3::int) s cross join generate_series(1, $4::int) r cross join (select *, row_number() over (order by kind = 'production', kind = 'staging', kind = 'test', name desc) as n from environment where org_id = $1) e
     cross join lateral (select $2::timestamptz - ($4::int - r + 1) * interval '1 day' + e.n * interval '1 hour' as at) t
     where r <= $4::int - (case when e.kind = 'production' then s % 3 when e.kind = 'staging' then s % 2 else 0 end)`,
    [org, now, services, count],
  );
}

/** What runs is what was deployed last; verified by health and smoke, and seen so by the agent. */
async function places(tx: Tx, { services }: Size, now: string): Promise<void> {
  const { org } = tx;
  await tx.write(
    `insert into running (service_id, environment_id, org_id, release_id, release_version, artifact_digests, configuration_digest, deployment_id, since)
     select distinct on (service_id, environment_id) service_id, environment_id, $1, release_id, version_name, jsonb_build_array(digest), ${digest("'c'")}, id, finished_at
     from deployment where org_id = $1 order by service_id, environment_id, requested_at desc`,
    [org],
  );
  await tx.query('analyze running');
  await tx.write(
    `insert into running_history (org_id, service_id, environment_id, release_id, release_version, artifact_digests, configuration_digest, deployment_id, change, since)
     select org_id, service_id, environment_id, release_id, version_name, jsonb_build_array(digest), ${digest("'c'")}, id, 'upgraded', finished_at from deployment where org_id = $1 order by requested_at`,
    [org],
  );
  await tx.write(
    `insert into verification (id, org_id, service_id, environment_id, release_id, deployment_id, check_name, verdict, by_actor, at)
     select 'ver_' || md5(d.id || c), $1, d.service_id, d.environment_id, d.release_id, d.id, c,
       case when c = 'smoke' and r.deployment_id is not null and abs(hashtext(d.id)) % 97 = 0 then 'failed' else 'passed' end, 'agent:agt_x', d.finished_at
     from deployment d left join running r on r.deployment_id = d.id cross join unnest(array['health', 'smoke']) c where d.org_id = $1`,
    [org],
  );
  await tx.write(
    `insert into deployment_slot (service_id, environment_id, org_id, agent_id, deployment_id, release_id, instance, start_order, picture, picture_at)
     select r.service_id, r.environment_id, $1, null, r.deployment_id, r.release_id, 'candidate-1', '{}',
       jsonb_build_object('frontPort', 20000, 'router', 'builtin', 'token', 1, 'instances', jsonb_build_array(jsonb_build_object('instance', 'candidate-1',
         'digest', case when abs(hashtext(r.deployment_id)) % 211 = 0 then ${digest("'other'")} else r.artifact_digests ->> 0 end,
         'version', r.release_version, 'release', r.release_id, 'state', 'up', 'weight', 100, 'port', 30000, 'pid', 1))), $2
     from running r where r.org_id = $1`,
    [org, now],
  );
  void services;
}

/** Every twentieth service is on its way to prod (half of it waits), some failed, some hurt, some owe. */
async function trouble(tx: Tx, { services, releases: count }: Size, now: string): Promise<void> {
  const { org } = tx;
  const plan = JSON.stringify([
    { kind: 'start', role: 'candidate' },
    { kind: 'weigh', weights: { candidate: 10, baseline: 10, stable: 80 }, wave: 0, observe: true },
    { kind: 'observe', wave: 0, forMs: 60_000, maxMs: 240_000, minRequests: 50, marginPermille: 5, against: 'baseline' },
  ]);
  await tx.write(
    `insert into deployment (id, org_id, service_id, environment_id, release_id, version_name, digest, kind, state, cause, requested_by, strategy, start_order, plan, step, holds,
       requested_at, started_at, finished_at)
     select ${id('dep', "('now' || s)")}, $1, ${id('svc', 's')}, ${id('env', "'prod'")}, ${id('rel', "(s || '.' || $4::int)")}, '1.' || $4::int || '.0', ${digest("s || '.' || $4::int")}, 'deploy',
       case when s % 10 = 1 then 'failed' when s % 40 = 0 then 'observing' else 'waiting' end,
       case when s % 10 = 1 then 'The candidate did not become healthy.' else '0 of 1 approvals of route one-other-person are given.' end, 'system:promotion', '{"kind":"canary"}', '{}',
       $5, case when s % 40 = 0 then 2 else 0 end, s % 40 = 0, $2::timestamptz - interval '10 minutes', $2, case when s % 10 = 1 then $2::timestamptz end
     from generate_series(1, $3::int) s where exists (select from environment where org_id = $1 and name = 'prod') and (s % 20 = 0 or s % 50 = 1)`,
    [org, now, services, count, plan],
  );
  await tx.write(
    `insert into incident (id, org_id, service_id, environment_id, severity, title, state, started_at, detected_at, source)
     select ${id('inc', 's')}, $1, ${id('svc', 's')}, (select id from environment where org_id = $1 order by kind = 'production' desc limit 1),
       case when s % 2 = 0 then 'critical' else 'major' end, 'Checkout answers slowly', 'open', $2, $2, 'person' from generate_series(1, $3::int) s where s % 41 = 0`,
    [org, now, services],
  );
  await tx.write(
    `insert into waiver (id, org_id, kind, team_id, service_id, subject, owner, reason, ticket, requested_by, expires_at, state, created_at)
     select ${id('wvr', 's')}, $1, 'debt', ${id('tea', '(1 + s % 20)')}, ${id('svc', 's')}, 'the approval, taken afterwards', 'per_x', 'a night', 'T-1', 'per_x', $2::timestamptz + interval '3 days', 'approved', $2
     from generate_series(1, $3::int) s where s % 61 = 0`,
    [org, now, services],
  );
}
