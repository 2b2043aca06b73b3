import { mustService } from '../../catalog/catalog.queries.ts';
import { actorLabel, type Actor } from '../../kernel/actor.ts';
import type { Floor } from '../../platform/floor.ts';
import type { RunRow } from '../engine/run.store.ts';
import { movedOn, noRepository, noSuchMergeRequest } from '../pipelines.problems.ts';
import { refreshOne } from '../sources/mirror.commands.ts';
import { ensureSource } from '../sources/source.store.ts';
import { startRun } from '../sources/start.commands.ts';
import { resolveRef } from '../../host/git.run.ts';
import { keepRef } from '../../host/git-fetch.run.ts';
import { mirrorOf } from '../sources/mirror.commands.ts';
import { allowCommit, mergeRequestOf } from './merge-request.store.ts';

/**
 * Runs the head of a merge request because somebody looked at it and lets it go, at exactly the commit that they saw: a
 * push in between asks again. Its trust is judged by where the commit stands: one of a fork is on no branch of ours.
 */
export async function runMergeRequest(
  floor: Floor,
  actor: Actor,
  asked: { readonly service: string; readonly number: number; readonly commit: string; readonly key: string | null },
): Promise<RunRow> {
  const { source, request } = await floor.db.tx(actor.org, async (tx) => {
    const service = await mustService(tx, asked.service);
    if (service.repository === null) throw noRepository({ service: asked.service });
    const source = await ensureSource(tx, service.repository.url);
    const request = await mergeRequestOf(tx, source.id, asked.number);
    if (request === null) throw noSuchMergeRequest({ number: asked.number });
    return { source, request };
  });
  if (request.head_commit !== asked.commit) throw movedOn({ number: asked.number });
  if (request.head_ref !== null) {
    const as = `merge-requests/${asked.number}`;
    await refreshOne(floor, actor.org, source.id, source.url, request.head_ref, as);
    if ((await resolveRef(mirrorOf(floor, source.id), keepRef(as))) !== asked.commit) throw movedOn({ number: asked.number });
  }
  const run = await startRun(floor, actor, { service: asked.service, commit: asked.commit, inputs: {}, key: asked.key });
  await floor.db.tx(actor.org, (tx) => allowCommit(tx, request.id, asked.commit, actorLabel(actor)));
  return run;
}
