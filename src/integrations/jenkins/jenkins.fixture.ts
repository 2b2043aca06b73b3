import type { Heard, Says } from '../connections/stub.fixture.ts';

type Build = Readonly<Record<string, unknown>> & { readonly number: number; readonly timestamp: number };
export type FixtureJob = {
  readonly kind: 'folder' | 'multibranch' | 'pipeline' | 'freestyle';
  readonly jobs?: Readonly<Record<string, FixtureJob>>;
  readonly builds?: readonly Build[];
  readonly stages?: Readonly<Record<number, unknown>>;
  readonly console?: string;
};

const CLASSES = {
  folder: 'com.cloudbees.hudson.plugins.folder.Folder',
  multibranch: 'org.jenkinsci.plugins.workflow.multibranch.WorkflowMultiBranchProject',
  pipeline: 'org.jenkinsci.plugins.workflow.job.WorkflowJob',
  freestyle: 'hudson.model.FreeStyleProject',
};

/** A small Jenkins, after the shapes of its remote access API: folders, `api/json` with `tree`, stages, consoles. */
export function jenkinsFixture(root: Readonly<Record<string, FixtureJob>>): (heard: Heard) => Says {
  return (heard) => {
    const parts = heard.path.split('/').filter((part) => part !== '');
    if (heard.path === '/whoAmI/api/json') return { json: { name: 'ada', anonymous: false } };
    let here: FixtureJob = { kind: 'folder', jobs: root };
    while (parts[0] === 'job') {
      const found: FixtureJob | undefined = here.jobs?.[decodeURIComponent(parts[1] ?? '')];
      if (found === undefined) return { status: 404, text: '<html>Not found</html>' };
      here = found;
      parts.splice(0, 2);
    }
    return answer(here, parts, heard);
  };
}

function answer(job: FixtureJob, [what = '', ...rest]: readonly string[], heard: Heard): Says {
  if (what === 'api') {
    const range = /\{(\d+),(\d+)\}$/.exec(heard.query.get('tree') ?? '');
    if (range === null)
      return { json: { jobs: Object.entries(job.jobs ?? {}).map(([name, one]) => ({ _class: CLASSES[one.kind], name })) } };
    return { json: { allBuilds: (job.builds ?? []).slice(Number(range[1]), Number(range[2])) } };
  }
  const build = job.builds?.find(({ number }) => String(number) === what);
  if (build === undefined) return { status: 404, text: '<html>Not found</html>' };
  if (rest[0] === 'api') return { json: build };
  if (rest[0] === 'consoleText') return { text: job.console ?? '' };
  const stages = job.stages?.[build.number];
  return stages === undefined ? { status: 404, text: '<html>Not found</html>' } : { json: stages };
}
