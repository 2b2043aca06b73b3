import type { z } from 'zod';
import type { incidentPage } from '../../contract/inbox.ts';
import { incidentById } from '../../environments/environments.queries.ts';
import { personLabel } from '../../identity/identity.queries.ts';
import { plus } from '../../kernel/time.ts';
import type { Row, Tx } from '../../platform/floor.ts';
import { notFound } from '../../platform/platform.problems.ts';
import { actorOf } from '../release/release-page.views.ts';
import { storyOf, type Deployed } from './incident-story.ts';

type Answer = z.infer<(typeof incidentPage)['answer']>;

/** How long before an incident's beginning a deployment is looked at as what may have caused it. */
const BEFORE_MS = 86_400_000;

/** The story of an incident. */
export async function incidentStory(tx: Tx, id: string): Promise<Answer> {
  const incident = await incidentById(tx, id);
  if (incident === null) throw notFound({ what: `incident ${id}` });
  const { description } = await tx.one<{ description: string | null }>(`select description from incident where id = $1`, [id]);
  const facts = await tx.query<{ type: string; actor: string; at: string; body: Record<string, unknown> }>(
    `select type, actor, at, body from fact where subject = $1 order by id limit 500`,
    [id],
  );
  const to = incident.resolvedAt ?? (await tx.now());
  const deployed = await tx.query<Deployed & Row>(
    `select deployment.id, environment.name as environment, release_id as release, version_name as version, deployment.kind, deployment.state, deployment.cause, requested_by as "requestedBy",
       requested_at as "requestedAt", started_at as "startedAt", finished_at as "finishedAt", deployment.id = any($5) as linked
     from deployment join environment on environment.id = environment_id
     where deployment.id = any($5) or (service_id = $1 and ($2::text is null or environment_id = $2)
       and started_at is not null and started_at >= $3::timestamptz and started_at <= $4::timestamptz)
     order by requested_at desc limit 100`,
    [incident.serviceId, incident.environmentId, plus(incident.startedAt, -BEFORE_MS), to, incident.deployments],
  );
  const running = await tx.query<Answer['running'][number]>(
    `select environment.name as environment, release_id as release, release_version as version, since from running join environment on environment.id = environment_id
     where service_id = $1 and ($2::text is null or environment_id = $2) order by environment.name`,
    [incident.serviceId, incident.environmentId],
  );
  const labels = [...facts.map((fact) => fact.actor), ...deployed.map((one) => one.requestedBy)];
  const names = await personLabel(tx, [...new Set(labels.map((label) => label.slice(label.indexOf(':') + 1)))]);
  const timeline = storyOf(incident, facts, deployed).map(({ by, ...moment }) => ({
    ...moment,
    actor: by === null ? null : actorOf(by, names),
  }));
  const deployments = deployed.map(({ id: deployment, environment, release, version, kind, state, cause, linked, ...times }) => ({
    id: deployment,
    environment,
    release,
    version,
    kind,
    state,
    cause,
    linked,
    at: times.finishedAt ?? times.startedAt ?? times.requestedAt,
  }));
  return { description, timeline, deployments, running } as Answer;
}
