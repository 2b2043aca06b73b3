import { FOREIGN_LOG_LIMIT, JOBS_MOST, type CiReader } from '../ci/ci.ts';
import { path, type Caller } from '../connections/vendor.ts';
import { list } from '../forges/loose.ts';
import { gitlabPlace, gitlabRun } from './ci-translate.ts';

const PER_PAGE = 100;

/** GitLab CI: a place is a project, and its pipelines are all of one file. */
export const gitlabCi: CiReader = {
  system: 'gitlab-ci',
  listing: 'part',

  /** Projects of the group that the connection names, else those that the token's owner is a member of. */
  async *places(caller) {
    const group = caller.connection.settings['group'];
    const listing = group === undefined || group === '' ? 'projects' : `groups/${path(group)}/projects`;
    const whose = listing === 'projects' ? { membership: true } : { include_subgroups: true };
    for await (const page of caller.pages({
      path: listing,
      query: { ...whose, archived: false, simple: true, per_page: PER_PAGE, order_by: 'id' },
    })) {
      for (const value of list(page)) {
        const place = gitlabPlace(value);
        if (place !== null) yield place;
      }
    }
  },

  /** By when they last changed, so that a poll sees what went on in pipelines of yesterday too. */
  async page(caller, place, { since, until }, kept) {
    const page = kept !== null && /^\d{1,6}$/.test(kept) ? Number(kept) : 1;
    const { json } = await caller.ask({
      path: pipelines(place),
      query: { updated_after: since, updated_before: until, order_by: 'id', sort: 'desc', per_page: PER_PAGE, page },
    });
    const values = list(json);
    return { runs: values.flatMap((value) => gitlabRun(value, null) ?? []), next: values.length < PER_PAGE ? null : String(page + 1) };
  },

  async run(caller, place, id) {
    const one = `${pipelines(place)}/${path(id)}`;
    const answer = await caller.ask({ path: one, expect: [404] });
    if (answer.status === 404) return null;
    const [jobs, bridges] = [await allOf(caller, `${one}/jobs`), await allOf(caller, `${one}/bridges`)];
    return gitlabRun(answer.json, { jobs, bridges });
  },

  async log(caller, place, _run, job) {
    const asked = { path: `projects/${path(place)}/jobs/${path(job)}/trace`, limit: FOREIGN_LOG_LIMIT, redirects: 2, expect: [403, 404] };
    const answer = await caller.ask(asked);
    return answer.status === 200 ? answer.bytes : null;
  },
};

/** Without those that were run again: what stands is what counts. */
async function allOf(caller: Caller, listing: string): Promise<unknown[]> {
  const all: unknown[] = [];
  for (let page = 1; all.length < JOBS_MOST; page += 1) {
    const { json } = await caller.ask({ path: listing, query: { per_page: PER_PAGE, page } });
    const found = list(json);
    all.push(...found);
    if (found.length < PER_PAGE) break;
  }
  return all;
}

const pipelines = (place: string): string => `projects/${path(place)}/pipelines`;
