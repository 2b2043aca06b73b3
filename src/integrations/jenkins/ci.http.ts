import { FOREIGN_LOG_LIMIT, type CiReader, type Place } from '../ci/ci.ts';
import { path, type Caller } from '../connections/vendor.ts';
import { at, instant, list } from '../forges/loose.ts';
import { jenkinsJob, jenkinsPath, jenkinsRun } from './ci-translate.ts';

/** Folders that are looked into, how deep, and jobs that are taken. */
export const FOLDERS_MOST = 500;
export const DEPTH_MOST = 12;
const PER_PAGE = 100;
const BUILD = `number,url,result,building,timestamp,duration,displayName,builtOn,actions[_class,causes[_class,shortDescription,userId],lastBuiltRevision[SHA1,branch[name,SHA1]],remoteUrls]`;

/**
 * Jenkins, by its remote access API: a place is a job; a job of a branch in a multibranch project belongs to the
 * pipeline of the project. The tree parameter keeps answers small: Jenkins would send everything it knows.
 */
export const jenkinsCi: CiReader = {
  system: 'jenkins',
  listing: 'whole',

  async *places(caller) {
    const folders: { fullName: string; multibranch: string | null; depth: number }[] = [{ fullName: '', multibranch: null, depth: 0 }];
    for (let seen = 0; folders.length > 0 && seen < FOLDERS_MOST; seen += 1) {
      const folder = folders.shift();
      if (folder === undefined) return;
      const { json } = await caller.ask({ path: api(folder.fullName), query: { tree: 'jobs[_class,name,url,buildable]' } });
      for (const value of list(at(json, 'jobs'), 5000)) {
        const job = jenkinsJob(value, folder.fullName);
        if (job === null || folder.depth >= DEPTH_MOST) continue;
        if (job.kind === 'job') yield placeOf(job.fullName, folder.multibranch, job.url);
        else
          folders.push({ fullName: job.fullName, multibranch: job.kind === 'multibranch' ? job.fullName : null, depth: folder.depth + 1 });
      }
    }
  },

  async page(caller, place, { since }, kept) {
    const from = kept !== null && /^\d{1,9}$/.test(kept) ? Number(kept) : 0;
    const of = ofPlace(place);
    const tree = `allBuilds[${BUILD}]{${from},${from + PER_PAGE}}`;
    const answer = await caller.ask({ path: api(of.fullName), query: { tree }, expect: [404] });
    // Of a job that is gone it answers a page for people.
    const values = answer.status === 404 ? [] : list(at(answer.json, 'allBuilds'));
    const recent = values.filter((value) => (instant(at(value, 'timestamp')) ?? '') >= since);
    const more = values.length === PER_PAGE && recent.length === values.length;
    return { runs: recent.flatMap((value) => jenkinsRun(value, of, null) ?? []), next: more ? String(from + PER_PAGE) : null };
  },

  async run(caller, place, id) {
    const of = ofPlace(place);
    const one = `${jenkinsPath(of.fullName)}/${path(id)}`;
    const answer = await caller.ask({ path: `${one}/api/json`, query: { tree: BUILD }, expect: [404] });
    if (answer.status === 404) return null;
    return jenkinsRun(answer.json, of, { of: await stages(caller, one) });
  },

  async log(caller, place, run) {
    const asked = { path: `${jenkinsPath(ofPlace(place).fullName)}/${path(run)}/consoleText`, limit: FOREIGN_LOG_LIMIT, expect: [404] };
    const answer = await caller.ask(asked);
    return answer.status === 200 ? answer.bytes : null;
  },
};

/** The stages of a pipeline's build. A job of another kind has none, and a Jenkins without the plugin tells none. */
async function stages(caller: Caller, build: string): Promise<unknown> {
  const answer = await caller.ask({ path: `${build}/wfapi/describe`, expect: [404, 500] });
  return answer.status === 200 ? answer.json : null;
}

const api = (fullName: string): string => (fullName === '' ? 'api/json' : `${jenkinsPath(fullName)}/api/json`);

/** The key of a place: the full name of its job and, behind a line end that no name of Jenkins holds, the multibranch project. */
function placeOf(fullName: string, multibranch: string | null, url: string | null): Place {
  return { key: multibranch === null ? fullName : `${fullName}\n${multibranch}`, name: fullName, repository: null, url, branch: null };
}

function ofPlace(key: string): { fullName: string; pipeline: string } {
  const [fullName = '', pipeline = fullName] = key.split('\n');
  return { fullName, pipeline };
}
