import type { Instant } from '../kernel/time.ts';
import type { Tx } from '../platform/floor.ts';
import type { ProductionFact } from './kpi.ts';

type Row = { fact: string; type: string; subject: string; service: string | null; at: Instant; body: Record<string, unknown> };

/** Facts that the four keys are folded from; more than this in one window is refused rather than cut silently. */
export const FACT_LIMIT = 200_000;

const TYPES = [
  'service.deployed',
  'service.upgraded',
  'service.rolledback',
  'deployment.finished',
  'release.created',
  'incident.detected',
  'incident.linked',
  'incident.resolved',
];

/** Ids of services and names or ids of an environment; null: all. */
export type Chosen = { readonly services: readonly string[] | null; readonly environment: readonly string[] | null };

/** What happened in production environments up to `to`, oldest first. */
export async function productionFacts(tx: Tx, to: Instant, { services, environment }: Chosen): Promise<ProductionFact[]> {
  const rows = await tx.query<Row>(
    `select fact_id as fact, type, subject, service_id as service, at, body from fact
     where type = any($1) and at < $2 and ($3::text[] is null or service_id = any($3))
       and (type = 'release.created' or body ->> 'environment' is null
            or exists (select from environment where environment.kind = 'production' and (environment.id = body ->> 'environment' or environment.name = body ->> 'environment')))
       and ($5::text[] is null or body ->> 'environment' is null or body ->> 'environment' = any($5))
     order by id limit $4`,
    [TYPES, to, services, FACT_LIMIT, environment],
  );
  return rows.flatMap(asProductionFact);
}

/** When each commit was made, by commit id. */
export async function commitTimes(tx: Tx, commits: readonly string[]): Promise<Map<string, Instant>> {
  const rows = await tx.query<{ id: string; at: Instant }>(
    `select id, min(committed_at) as at from source_commit where id = any($1) group by id`,
    [commits],
  );
  return new Map(rows.map((row) => [row.id, row.at]));
}

function asProductionFact({ fact, type, subject, service, at, body }: Row): ProductionFact[] {
  const text = (key: string): string => (typeof body[key] === 'string' ? body[key] : '');
  const base = { fact, at, service: service ?? '' };
  switch (type) {
    case 'service.deployed':
    case 'service.upgraded':
    case 'service.rolledback':
      return [
        {
          ...base,
          service: service ?? subject,
          kind: 'running',
          release: text('release'),
          deployment: text('deployment'),
          rolledBack: type === 'service.rolledback',
        },
      ];
    case 'deployment.finished':
      return [
        {
          ...base,
          kind: 'deployment-finished',
          release: text('release'),
          deployment: subject,
          outcome: text('outcome') as 'succeeded',
          began: body['began'] === true,
          rollback: body['kind'] === 'rollback',
          startedAt: typeof body['startedAt'] === 'string' ? body['startedAt'] : null,
          finishedAt: text('finishedAt'),
        },
      ];
    case 'release.created':
      return [
        {
          ...base,
          kind: 'release-created',
          release: subject,
          type: text('type'),
          commits: Array.isArray(body['commits']) ? (body['commits'] as string[]) : [],
          more: Number(body['more'] ?? 0),
        },
      ];
    case 'incident.detected':
      return [{ ...base, kind: 'incident-detected', incident: subject, startedAt: text('startedAt') }];
    case 'incident.linked':
      return [{ ...base, kind: 'incident-linked', incident: subject, deployment: text('deployment') }];
    case 'incident.resolved':
      return [{ ...base, kind: 'incident-resolved', incident: subject, startedAt: text('startedAt'), resolvedAt: text('resolvedAt') }];
    default:
      return [];
  }
}
