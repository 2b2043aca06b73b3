import type { z } from 'zod';
import type { deploymentDetail, deploymentSummary, environmentServices } from '../contract/deployments.ts';
import { whatRuns } from '../environments/environments.queries.ts';
import type { Tx } from '../platform/floor.ts';
import { agentById } from './agents.queries.ts';
import { stepsOf, type Deployment } from './deployment.ts';
import { actsOf, deploymentById, DEPLOYMENT_COLUMNS, slotsIn } from './deployments.queries.ts';
import { describeStep } from './strategy.ts';

export type Summary = z.infer<typeof deploymentSummary>;
export type Detail = z.infer<typeof deploymentDetail>;

/** Names of the places of these deployments, by id of service and environment. */
async function namesOf(tx: Tx, rows: readonly Deployment[]): Promise<(id: string) => string> {
  const named = await tx.query<{ id: string; name: string }>(
    `select id, name from service where id = any($1) union all select id, name from environment where id = any($2)`,
    [rows.map((row) => row.serviceId), rows.map((row) => row.environmentId)],
  );
  const names = new Map(named.map((one) => [one.id, one.name]));
  return (id) => names.get(id) ?? id;
}

function summary(row: Deployment, name: (id: string) => string): Summary {
  const { steps, at } = stepsOf(row);
  return {
    id: row.id as Summary['id'],
    service: name(row.serviceId),
    environment: name(row.environmentId),
    release: row.releaseId as Summary['release'],
    version: row.versionName,
    digest: row.digest,
    kind: row.kind,
    state: row.state,
    cause: row.cause,
    strategy: row.strategy.kind,
    step: at,
    steps: steps.length,
    requestedBy: row.requestedBy,
    requestedAt: row.requestedAt,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
    earliest: row.earliest,
    previous:
      row.previous === null
        ? null
        : { release: row.previous.release as Summary['release'], version: row.previous.version, digest: row.previous.digest },
    external: externalOf(row),
  };
}

function externalOf({ external }: Deployment): Summary['external'] {
  if (external === null) return null;
  const { system, id, url, admitted, observed, decision, told } = external;
  return { system, id, url, admitted, observed, decision: decision as `dec_${string}` | null, told };
}

/** One deployment in short. */
export async function summaryOf(tx: Tx, row: Deployment): Promise<Summary> {
  return summary(row, await namesOf(tx, [row]));
}

export type ListAsk = {
  readonly service?: string | undefined;
  readonly environment?: string | undefined;
  readonly release?: string | undefined;
  readonly state?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
};

/** Deployments, newest first, of services that may be seen. The cursor is the instant and id of the last one shown. */
export async function listOf(
  tx: Tx,
  ask: ListAsk,
  visible: 'all' | ReadonlySet<string>,
): Promise<{ items: Summary[]; next: string | null }> {
  const [at, id] = ask.cursor?.split('~') ?? [];
  const rows = await tx.query<Deployment>(
    `select ${DEPLOYMENT_COLUMNS} from deployment
     where ($1::text is null or service_id in (select id from service where name = $1)) and ($2::text is null or environment_id in (select id from environment where name = $2))
       and ($3::text is null or release_id = $3) and ($4::text is null or state = $4) and ($5::text[] is null or service_id = any($5))
       and ($6::timestamptz is null or (requested_at, id) < ($6::timestamptz, $7::text))
     order by requested_at desc, id desc limit $8`,
    [
      ask.service ?? null,
      ask.environment ?? null,
      ask.release ?? null,
      ask.state ?? null,
      visible === 'all' ? null : [...visible],
      at !== undefined && id !== undefined && !Number.isNaN(Date.parse(at)) ? at : null,
      id ?? null,
      ask.limit + 1,
    ],
  );
  const shown = rows.slice(0, ask.limit);
  const name = await namesOf(tx, shown);
  const last = shown.at(-1);
  return {
    items: shown.map((row) => summary(row, name)),
    next: rows.length > ask.limit && last !== undefined ? `${last.requestedAt}~${last.id}` : null,
  };
}

/** One deployment with everything that was done and seen, and its row version; null where there is none. */
export async function detailOf(tx: Tx, id: string): Promise<{ deployment: Detail; version: number } | null> {
  const row = await deploymentById(tx, id);
  if (row === null) return null;
  const moves = await tx.query<Detail['moves'][number]>(
    `select seq, from_state as "from", to_state as "to", at, why from deployment_move where deployment_id = $1 order by seq`,
    [id],
  );
  const observations = await tx.query<Detail['observations'][number]>(
    `select instance, count(*)::int as intervals, sum(requests)::int as requests, sum(errors)::int as errors from deployment_sample where deployment_id = $1 group by instance order by instance`,
    [id],
  );
  const verdicts = await tx.query<{ at: string; wave: number; verdict: Omit<Detail['verdicts'][number], 'at' | 'wave'> }>(
    `select at, wave, verdict from deployment_verdict where deployment_id = $1 order by id limit 1000`,
    [id],
  );
  const agent = row.agentId === null ? null : await agentById(tx, row.agentId);
  const deployment: Detail = {
    ...(await summaryOf(tx, row)),
    plan: stepsOf(row).steps.map((step) => ({ kind: step.kind, text: describeStep(step) })),
    reason: row.reason,
    agent: agent === null ? null : { id: agent.id as `agt_${string}`, name: agent.name },
    moves,
    acts: (await actsOf(tx, id)).map((act) => ({
      act: act.id as Detail['acts'][number]['act'],
      step: act.step,
      order: act.work,
      token: act.token,
      state: act.state,
      decision: act.decisionId,
      createdAt: act.createdAt,
      claimedAt: act.claimedAt,
      finishedAt: act.finishedAt,
      result: act.result,
    })),
    observations,
    verdicts: verdicts.map(({ at, wave, verdict }) => ({ at, wave, ...verdict, metrics: [...verdict.metrics] })),
    lastDecision:
      row.lastAnswer === null
        ? null
        : {
            decision: row.lastAnswer.decision,
            verdict: row.lastAnswer.verdict,
            reasons: [...row.lastAnswer.reasons],
            at: row.lastAnswer.at,
          },
  };
  return { deployment, version: row.version };
}

/** What runs by the books alone: where a foreign tool deploys there is no machine of ours that says it. */
async function toldRunning(tx: Tx, serviceId: string, environmentId: string): Promise<ServiceLine['running']> {
  const running = await whatRuns(tx, serviceId, environmentId);
  const row = running?.deploymentId == null ? null : await deploymentById(tx, running.deploymentId);
  if (running === null || row?.external == null) return null;
  return {
    release: running.releaseId as `rel_${string}`,
    version: running.version,
    digest: row.digest,
    since: running.since,
    deployment: row.id,
  };
}

type ServiceLine = z.infer<(typeof environmentServices)['answer']>['items'][number];

/** What runs in an environment, as the books and the agents say, and what is on its way. */
export async function servicesOf(tx: Tx, environmentId: string, visible: 'all' | ReadonlySet<string>): Promise<ServiceLine[]> {
  const open = await tx.query<Deployment>(
    `select ${DEPLOYMENT_COLUMNS} from deployment where environment_id = $1 and finished_at is null order by requested_at`,
    [environmentId],
  );
  const since = await tx.query<{ id: string; at: string; version: string; digest: string; release: string }>(
    `select id, coalesce(finished_at, requested_at) as at, version_name as version, digest, release_id as release from deployment where environment_id = $1 and recorded`,
    [environmentId],
  );
  const lines: ServiceLine[] = [];
  for (const slot of await slotsIn(tx, environmentId)) {
    if (visible !== 'all' && !visible.has(slot.serviceId)) continue;
    const service = await tx.maybe<{ name: string }>(`select name from service where id = $1`, [slot.serviceId]);
    const brought = since.find((one) => one.id === slot.deploymentId);
    const coming =
      open.find((one) => one.serviceId === slot.serviceId && one.holds) ?? open.find((one) => one.serviceId === slot.serviceId);
    lines.push({
      service: service?.name ?? slot.serviceId,
      running:
        slot.startOrder === null || brought === undefined
          ? await toldRunning(tx, slot.serviceId, environmentId)
          : {
              release: slot.startOrder.release,
              version: slot.startOrder.version,
              digest: slot.startOrder.digest,
              since: brought.at,
              deployment: slot.deploymentId,
            },
      deploying:
        coming === undefined ? null : { deployment: coming.id as `dep_${string}`, version: coming.versionName, state: coming.state },
      frontPort: slot.picture?.frontPort ?? null,
      slot: slot.picture,
      slotAt: slot.pictureAt,
    });
  }
  return lines.toSorted((a, b) => (a.service < b.service ? -1 : 1));
}
