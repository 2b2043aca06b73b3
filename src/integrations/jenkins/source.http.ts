import { oneLine } from '../ci/ci.ts';
import { path, type Caller } from '../connections/vendor.ts';
import { at, list, text } from '../forges/loose.ts';
import { unread } from '../inventory/found.ts';
import type { SourceReader } from '../inventory/source.ts';
import { jenkinsJob, jenkinsPath } from './ci-translate.ts';
import { DEPTH_MOST, FOLDERS_MOST } from './ci.http.ts';
import { foldersLeft } from './jenkins.problems.ts';
import { jenkinsAgents, jenkinsFound, jenkinsRepository, mainBranch, type JobKind } from './source-translate.ts';

const JOBS_MOST = 5000;
const BRANCHES_MOST = 100;
const AGENTS_MOST = 500;
const REMOTE = 'actions[lastBuiltRevision[SHA1,branch[name]],remoteUrls]';
const BUILD = `lastBuild[number,timestamp,building,result,builtOn,actions[causes[_class],lastBuiltRevision[SHA1],remoteUrls]]`;

/**
 * Jobs of Jenkins, in folders too: what its remote access API tells of each. A multibranch project is one pipeline, whose
 * main branch speaks for it. The repository is the one that was built last, so that it joins what the forge says of it.
 */
export const jenkinsSource: SourceReader = {
  server: true,

  async *repositories(caller) {
    const folders: { fullName: string; depth: number }[] = [{ fullName: '', depth: 0 }];
    let left = 0;
    for (let seen = 0; folders.length > 0; seen += 1) {
      const folder = folders.shift();
      if (folder === undefined) break;
      if (seen >= FOLDERS_MOST || folder.depth >= DEPTH_MOST) {
        left += 1;
        continue;
      }
      const tree = `jobs[_class,name,url,lastBuild[${REMOTE}]]{0,${JOBS_MOST + 1}}`;
      // A folder may be gone or closed by now; the root may not.
      const expect = folder.fullName === '' ? [] : [403, 404];
      const answer = await caller.ask({ path: api(folder.fullName), query: { tree }, expect });
      const values = answer.status === 200 ? list(at(answer.json, 'jobs'), JOBS_MOST + 1) : [];
      if (answer.status !== 200 || values.length > JOBS_MOST) left += 1;
      for (const value of values.slice(0, JOBS_MOST)) {
        const job = jenkinsJob(value, folder.fullName);
        if (job === null) continue;
        if (job.kind === 'folder') folders.push({ fullName: job.fullName, depth: folder.depth + 1 });
        else {
          const kind = kindOf(job.kind, value);
          const build = kind === 'multibranch' ? await branchBuild(caller, job.fullName) : at(value, 'lastBuild');
          yield { key: `${kind}\n${job.fullName}`, name: job.fullName, url: jenkinsRepository(build), branch: null };
        }
      }
    }
    if (left > 0) throw foldersLeft({ name: caller.connection.name, left, most: FOLDERS_MOST, depth: DEPTH_MOST, jobs: JOBS_MOST });
  },

  async look(caller, { key, name }) {
    const [kind = 'job', fullName = name] = key.split('\n');
    const nothing = { files: [], environments: null, branchProtected: null };
    const many = kind === 'multibranch' ? `,jobs[name,${BUILD}]{0,${BRANCHES_MOST}}` : `,${BUILD}`;
    const tree = `buildable,disabled,color,property[parameterDefinitions[name]]${many}`;
    const answer = await caller.ask({ path: api(fullName), query: { tree }, expect: [403, 404] });
    if (answer.status !== 200) return { ...nothing, pipelines: [unread('jenkins', fullName, 'Jenkins does not let it be read')] };
    const ran = kind === 'multibranch' ? mainBranch(list(at(answer.json, 'jobs'), BRANCHES_MOST)) : answer.json;
    const branch = kind === 'multibranch' ? text(at(ran, 'name'), 500) : null;
    const built = branch === null ? fullName : `${fullName}/${branch}`;
    const stages = kind === 'job' ? null : await stagesOf(caller, built, text(at(ran, 'lastBuild', 'number'), 12));
    return { ...nothing, pipelines: [jenkinsFound(fullName, kind as JobKind, answer.json, ran, stages)] };
  },

  async agents(caller) {
    const tree = `computer[displayName,offline,numExecutors,assignedLabels[name]]{0,${AGENTS_MOST}}`;
    const answer = await caller.ask({ path: 'computer/api/json', query: { tree }, expect: [403, 404] });
    return answer.status === 200 ? jenkinsAgents(answer.json, oneLine(caller.connection.name, 'Jenkins'), AGENTS_MOST) : null;
  },
};

function kindOf(kind: 'multibranch' | 'job', value: unknown): JobKind {
  return kind === 'multibranch' ? kind : (text(at(value, '_class'), 300) ?? '').endsWith('.WorkflowJob') ? 'pipeline' : 'job';
}

/** The last build of a multibranch project's main branch, with its repository. */
async function branchBuild(caller: Caller, fullName: string): Promise<unknown> {
  const tree = `jobs[name,lastBuild[timestamp,${REMOTE}]]{0,${BRANCHES_MOST}}`;
  const answer = await caller.ask({ path: api(fullName), query: { tree }, expect: [403, 404] });
  return answer.status === 200 ? at(mainBranch(list(at(answer.json, 'jobs'), BRANCHES_MOST)), 'lastBuild') : null;
}

/** The stages of a build. A Jenkins without the plugin Pipeline Stage View tells none. */
async function stagesOf(caller: Caller, fullName: string, build: string | null): Promise<unknown> {
  if (build === null) return null;
  const answer = await caller.ask({ path: `${jenkinsPath(fullName)}/${path(build)}/wfapi/describe`, expect: [403, 404, 500] });
  return answer.status === 200 ? answer.json : null;
}

const api = (fullName: string): string => (fullName === '' ? 'api/json' : `${jenkinsPath(fullName)}/api/json`);
