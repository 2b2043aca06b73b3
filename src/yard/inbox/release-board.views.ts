import type { z } from 'zod';
import { decodeCursor, pageOf } from '../../changes/page.ts';
import type { releaseBoard } from '../../contract/inbox.ts';
import { personLabel } from '../../identity/identity.queries.ts';
import type { Actor } from '../../kernel/actor.ts';
import type { Row, Tx } from '../../platform/floor.ts';

type Answer = z.infer<(typeof releaseBoard)['answer']>;
type Asked = z.output<(typeof releaseBoard)['query']>;
type Line = Omit<Answer['items'][number], 'requester' | 'targets'> & { requestedBy: string | null; targets: string[] };
type Deployed = { release: string; environment: string; id: string; state: string; cause: string; at: string };

/**
 * Releases, newest first. `state`: under way, runs somewhere, or went wrong at its last try, in the environment where one
 * is named; a release that was given up is none of these.
 */
export async function boardOfReleases(tx: Tx, actor: Actor, asked: Asked, visible: 'all' | ReadonlySet<string>): Promise<Answer> {
  const rows = await linesOf(tx, actor, asked, visible);
  const page = pageOf(rows, asked.limit, (row) => [row.createdAt, row.id]);
  const ids = page.rows.map((row) => row.id);
  const deployed = await tx.query<Deployed & Row>(
    `select distinct on (release_id, environment_id) release_id as release, environment.name as environment, deployment.id, state, cause,
       coalesce(finished_at, requested_at) as at
     from deployment join environment on environment.id = environment_id where release_id = any($1)
     order by release_id, environment_id, requested_at desc, deployment.id desc`,
    [ids],
  );
  const running = await tx.query<{ release: string; environment: string }>(
    `select release_id as release, environment.name as environment from running join environment on environment.id = environment_id where release_id = any($1)`,
    [ids],
  );
  const names = await personLabel(
    tx,
    page.rows.flatMap((row) => row.requestedBy ?? []),
  );
  const items = page.rows.map(({ requestedBy, targets, ...row }) => ({
    ...row,
    requester: requestedBy === null ? null : { id: requestedBy, name: names.get(requestedBy) ?? requestedBy },
    targets: targets.map((environment) => {
      const last = deployed.find((one) => one.release === row.id && one.environment === environment);
      return {
        environment,
        runs: running.some((one) => one.release === row.id && one.environment === environment),
        deployment: last === undefined ? null : { id: last.id, state: last.state, cause: last.cause, at: last.at },
      };
    }),
  }));
  return { items, next: page.next } as Answer;
}

/** One row more than a page. */
function linesOf(tx: Tx, actor: Actor, asked: Asked, visible: 'all' | ReadonlySet<string>): Promise<Line[]> {
  const after = decodeCursor(asked.cursor);
  return tx.query<Line & Row>(
    `select release.id, service.name as service, version_name as version, type, release.state, commit_id as commit, requested_by as "requestedBy",
       release.created_at as "createdAt", targets
     from release join service on service.id = release.service_id
     where ($1::text[] is null or release.service_id = any($1)) and ($2::text is null or service.name = $2)
       and ($3::text is null or requested_by = $3)
       and ($4::text is null or $4 = any(targets))
       and case $5::text
         when 'open' then release.state = 'open'
         when 'abandoned' then release.state = 'abandoned'
         when 'under-way' then exists (select from deployment d join environment e on e.id = d.environment_id
           where d.release_id = release.id and d.finished_at is null and ($4::text is null or e.name = $4))
         when 'runs' then exists (select from running r join environment e on e.id = r.environment_id
           where r.release_id = release.id and r.service_id = release.service_id and ($4::text is null or e.name = $4))
         when 'went-wrong' then release.state = 'open' and exists (select from deployment d join environment e on e.id = d.environment_id
           where d.release_id = release.id and d.state in ('failed', 'rolled-back') and ($4::text is null or e.name = $4)
             and not exists (select from deployment n where n.release_id = d.release_id and n.environment_id = d.environment_id and n.requested_at > d.requested_at))
         else true end
       and ($6::timestamptz is null or (release.created_at, release.id) < ($6::timestamptz, $7::text))
     order by release.created_at desc, release.id desc limit $8`,
    [
      visible === 'all' ? null : [...visible],
      asked.service ?? null,
      asked.mine === undefined ? null : actor.id,
      asked.environment ?? null,
      asked.state ?? null,
      after?.[0] ?? null,
      after?.[1] ?? null,
      asked.limit + 1,
    ],
  );
}
