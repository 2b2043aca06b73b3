import { FOREIGN_LOG_LIMIT, JOBS_MOST, type CiReader } from '../ci/ci.ts';
import { halved, nextSlot, slotOf, textOf } from '../ci/pages.ts';
import { path, type Caller } from '../connections/vendor.ts';
import { at, count, list } from '../forges/loose.ts';
import { githubPlace, githubRun } from './ci-translate.ts';

/** GitHub lists at most 1,000 runs of one question (REST API, "List workflow runs for a repository"). */
const LISTED_MOST = 1000;
const PER_PAGE = 100;

/** GitHub Actions: a place is a repository, a pipeline a workflow file. */
export const githubActions: CiReader = {
  system: 'github-actions',
  listing: 'whole',

  /** Repositories of the App's installation, or those that the token's owner works in. */
  async *places(caller) {
    const query = { per_page: PER_PAGE };
    const installed = await caller.ask({ path: 'installation/repositories', query: { per_page: 1 }, expect: [403, 404] });
    const listing = installed.status === 200 ? 'installation/repositories' : 'user/repos';
    for await (const page of caller.pages({ path: listing, query, redirects: 2 })) {
      for (const value of list(at(page, 'repositories') ?? page)) {
        const place = at(value, 'archived') === true ? null : githubPlace(value);
        if (place !== null) yield place;
      }
    }
  },

  async page(caller, place, window, kept) {
    let slot = slotOf(window, kept);
    for (;;) {
      const { json } = await caller.ask({
        path: runsOf(place),
        query: { per_page: PER_PAGE, page: slot.page, created: `${slot.from}..${slot.to}`, exclude_pull_requests: false },
        redirects: 2,
      });
      const half = (count(at(json, 'total_count')) ?? 0) > LISTED_MOST ? halved(slot) : null;
      if (half !== null) {
        slot = half;
        continue;
      }
      const values = list(at(json, 'workflow_runs'));
      const next = nextSlot(window, slot, values.length === PER_PAGE && slot.page * PER_PAGE < LISTED_MOST);
      return { runs: values.flatMap((value) => githubRun(value, null) ?? []), next: next === null ? null : textOf(next) };
    }
  },

  async run(caller, place, id) {
    const answer = await caller.ask({ path: `${runsOf(place)}/${path(id)}`, redirects: 2, expect: [404, 410] });
    const seen = answer.status === 200 ? githubRun(answer.json, null) : null;
    if (seen === null) return null;
    return githubRun(answer.json, await jobsOf(caller, `${runsOf(place)}/${path(id)}/attempts/${seen.attempt}/jobs`));
  },

  // The answer is a link to a file that lives for a minute, on a host of its own that must not see our credential.
  async log(caller, place, _run, job) {
    const asked = { path: `${repo(place)}/actions/jobs/${path(job)}/logs`, redirects: 2, limit: FOREIGN_LOG_LIMIT, expect: [404, 410] };
    const answer = await caller.ask(asked);
    return answer.status === 200 ? answer.bytes : null;
  },
};

async function jobsOf(caller: Caller, listing: string): Promise<unknown[]> {
  const jobs: unknown[] = [];
  for (let page = 1; jobs.length < JOBS_MOST; page += 1) {
    const { json } = await caller.ask({ path: listing, query: { per_page: PER_PAGE, page }, redirects: 2 });
    const found = list(at(json, 'jobs'));
    jobs.push(...found);
    if (found.length < PER_PAGE) break;
  }
  return jobs;
}

/** `repos/owner/name`, from a place's key. */
export function repo(place: string): string {
  const [owner = '', name = ''] = place.split('/');
  return `repos/${path(owner, name)}`;
}

const runsOf = (place: string): string => `${repo(place)}/actions/runs`;
