import { FOREIGN_LOG_LIMIT, type CiReader } from '../ci/ci.ts';
import { path } from '../connections/vendor.ts';
import { at, list } from '../forges/loose.ts';
import { azurePlace, azureRun } from './ci-translate.ts';

const VERSION = { 'api-version': '7.1' };
const PER_PAGE = 100;

/** Azure Pipelines: a place is a project, a pipeline a build definition. */
export const azurePipelines: CiReader = {
  system: 'azure-pipelines',
  listing: 'whole',

  async *places(caller) {
    let token: string | undefined;
    do {
      const answer = await caller.ask({ path: '_apis/projects', query: { ...VERSION, $top: PER_PAGE, continuationToken: token } });
      for (const value of list(at(answer.json, 'value'))) {
        const place = azurePlace(value);
        if (place !== null) yield place;
      }
      token = answer.headers['x-ms-continuationtoken'];
    } while (token !== undefined && token !== '');
  },

  async page(caller, place, { since, until }, kept) {
    const query = {
      ...VERSION,
      minTime: since,
      maxTime: until,
      queryOrder: 'queueTimeDescending',
      $top: PER_PAGE,
      continuationToken: kept ?? undefined,
    };
    const answer = await caller.ask({ path: builds(place), query });
    const next = answer.headers['x-ms-continuationtoken'] ?? '';
    return {
      runs: list(at(answer.json, 'value')).flatMap((value) => azureRun(value, null) ?? []),
      next: next === '' ? null : next.slice(0, 2000),
    };
  },

  async run(caller, place, id) {
    const one = `${builds(place)}/${path(id)}`;
    const answer = await caller.ask({ path: one, query: VERSION, expect: [404] });
    if (answer.status === 404) return null;
    // A build that has not begun has no timeline: 204, or 404.
    const timeline = await caller.ask({ path: `${one}/timeline`, query: VERSION, expect: [404], limit: 16 * 1024 ** 2 });
    return azureRun(answer.json, { of: timeline.status === 200 ? timeline.json : null });
  },

  async log(caller, place, run, job) {
    if (job === '') return null;
    const asked = {
      path: `${builds(place)}/${path(run)}/logs/${path(job)}`,
      query: VERSION,
      headers: { accept: 'text/plain' },
      limit: FOREIGN_LOG_LIMIT,
      expect: [404],
    };
    const answer = await caller.ask(asked);
    return answer.status === 200 ? answer.bytes : null;
  },
};

const builds = (place: string): string => `${path(place)}/_apis/build/builds`;
