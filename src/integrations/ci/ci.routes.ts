import * as contract from '../../contract/ci.ts';
import type { CiPipelinesView, CiPlaceView } from '../../contract/ci.ts';
import { mount, type Mounted } from '../../platform/http/handler.ts';
import type { Tx } from '../../platform/floor.ts';
import { askBackfill, ciConnection, fetchLog, mapTo, readAgain } from './ci.commands.ts';
import { listedOf, pipelinesOf, placesOf, type PipelineRow, type PlaceRow } from './ci.store.ts';
import { progressOf } from './look.ts';
import type { CiPorts } from './runs.port.ts';

/** CI servers over HTTP. */
export function ciRoutes(ports: CiPorts): readonly Mounted[] {
  return [
    mount(contract.listPipelines, async ({ tx, params }) => listing(tx, (await ciConnection(tx, params.connection)).id, ports)),
    mount(contract.mapPipeline, async ({ tx, actor, params, body }) => {
      const mapped = await mapTo(tx, actor, { ...params, service: body.service }, ports);
      return pipelineView(mapped, new Map((await ports.services.all(tx)).map(({ id, name }) => [id, name])));
    }),
    mount(contract.backfill, async ({ tx, actor, params, body }) => ({
      connection: params.connection,
      days: body.days,
      places: await askBackfill(tx, actor, params.connection, body.days),
    })),
    mount(contract.readRunAgain, async ({ floor, actor, params }) => {
      await readAgain(floor, actor.org, params.run, ports);
      return { run: params.run };
    }),
    mount(contract.fetchForeignLog, async ({ floor, actor, params }) => ({
      job: params.job,
      bytes: await fetchLog(floor, actor.org, params.job, ports),
    })),
  ];
}

async function listing(tx: Tx, connection: string, ports: CiPorts): Promise<CiPipelinesView> {
  const [listed, places, pipelines, services] = [
    await listedOf(tx, connection),
    await placesOf(tx, connection),
    await pipelinesOf(tx, connection),
    await ports.services.all(tx),
  ];
  const names = new Map(services.map(({ id, name }) => [id, name]));
  const below = Map.groupBy(pipelines, ({ place }) => place);
  const views = places.map((place) => placeView(place, below.get(place.id) ?? [], names));
  const filled = views.flatMap(({ watched, backfill }) => (watched && backfill !== null ? [backfill] : []));
  const sum = filled.reduce((all, one) => all + one.progress, 0);
  return {
    listedAt: listed?.listedAt ?? null,
    lastError: listed?.lastError ?? null,
    backfill: {
      places: filled.length,
      done: filled.filter(({ doneAt }) => doneAt !== null).length,
      runs: filled.reduce((all, one) => all + one.runs, 0),
      progress: filled.length === 0 ? 0 : Math.round((sum / filled.length) * 100) / 100,
    },
    places: views,
  };
}

function placeView(place: PlaceRow, pipelines: readonly PipelineRow[], services: ReadonlyMap<string, string>): CiPlaceView {
  const {
    id,
    name,
    url,
    repository,
    watched,
    checkedAt,
    nextAt,
    failures,
    lastError,
    fillSince: since,
    fillUntil: until,
    fillReached: reached,
    fillDoneAt: doneAt,
    fillRuns: runs,
  } = place;
  const backfill =
    since === null || until === null
      ? null
      : { since, reached, doneAt, runs, progress: progressOf({ since, until, reached, done: doneAt !== null }) };
  return {
    id: id as CiPlaceView['id'],
    name,
    url,
    repository,
    watched,
    checkedAt,
    nextAt,
    failures,
    lastError,
    backfill,
    pipelines: pipelines.map((pipeline) => pipelineView(pipeline, services)),
  };
}

function pipelineView(
  { id, key, name, file, service, mappedBy }: PipelineRow,
  services: ReadonlyMap<string, string>,
): CiPlaceView['pipelines'][number] {
  return {
    id: id as CiPlaceView['pipelines'][number]['id'],
    key,
    name,
    file,
    service: service === null ? null : (services.get(service) ?? null),
    mappedBy,
  };
}
