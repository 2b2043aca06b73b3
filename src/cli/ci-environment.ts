/** What a CI says of the run that a command is called from, in one set of words. null: it does not say. */
export type CiRun = {
  readonly system: string;
  readonly id: string | null;
  readonly attempt: number | null;
  readonly url: string | null;
  readonly commit: string | null;
  /** The whole ref: `refs/heads/main`. */
  readonly ref: string | null;
  readonly job: string | null;
};

type Env = Readonly<Record<string, string | undefined>>;
type Reader = { readonly system: string; readonly is: (env: Env) => boolean; readonly read: (env: Env) => Omit<CiRun, 'system'> };

const branch = (name: string | null): string | null => (name === null ? null : `refs/heads/${name}`);
const tag = (name: string | null): string | null => (name === null ? null : `refs/tags/${name}`);

/**
 * The variables that each CI documents as its own. Of a pull request the commit is the one that was pushed, as far as
 * the CI says; a merge commit that it made for itself is on no branch, and would be untrusted.
 */
const READERS: readonly Reader[] = [
  {
    // https://docs.github.com/en/actions/reference/workflows-and-actions/variables
    system: 'github-actions',
    is: (env) => env['GITHUB_ACTIONS'] === 'true',
    read: (env) => {
      const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: id } = env;
      const url = given(server) && given(repository) && given(id) ? `${server}/${repository}/actions/runs/${id}` : null;
      return {
        id: of(id),
        attempt: count(env['GITHUB_RUN_ATTEMPT']),
        url,
        commit: of(env['GITHUB_SHA']),
        ref: of(env['GITHUB_REF']),
        job: of(env['GITHUB_JOB']),
      };
    },
  },
  {
    // https://docs.gitlab.com/ci/variables/predefined_variables/
    system: 'gitlab-ci',
    is: (env) => env['GITLAB_CI'] === 'true',
    read: (env) => ({
      id: of(env['CI_PIPELINE_ID']),
      attempt: null,
      url: of(env['CI_PIPELINE_URL']),
      commit: of(env['CI_COMMIT_SHA']),
      ref: tag(of(env['CI_COMMIT_TAG'])) ?? branch(of(env['CI_COMMIT_BRANCH']) ?? of(env['CI_MERGE_REQUEST_SOURCE_BRANCH_NAME'])),
      job: of(env['CI_JOB_NAME']),
    }),
  },
  {
    // https://learn.microsoft.com/en-us/azure/devops/pipelines/build/variables
    system: 'azure-pipelines',
    is: (env) => env['TF_BUILD'] === 'True',
    read: (env) => {
      const { SYSTEM_COLLECTIONURI: collection, SYSTEM_TEAMPROJECT: project, BUILD_BUILDID: id } = env;
      const url =
        given(collection) && given(project) && given(id)
          ? `${collection.replace(/\/*$/, '/')}${encodeURIComponent(project)}/_build/results?buildId=${encodeURIComponent(id)}`
          : null;
      return {
        id: of(id),
        attempt: null,
        url,
        commit: of(env['BUILD_SOURCEVERSION']),
        ref: of(env['BUILD_SOURCEBRANCH']),
        job: of(env['SYSTEM_JOBNAME']) ?? of(env['AGENT_JOBNAME']),
      };
    },
  },
  {
    // https://support.atlassian.com/bitbucket-cloud/docs/variables-and-secrets/
    system: 'bitbucket-pipelines',
    is: (env) => given(env['BITBUCKET_BUILD_NUMBER']),
    read: (env) => {
      const { BITBUCKET_GIT_HTTP_ORIGIN: origin, BITBUCKET_BUILD_NUMBER: id } = env;
      return {
        id: of(id),
        attempt: null,
        url: given(origin) && given(id) ? `${origin}/addon/pipelines/home#!/results/${id}` : null,
        commit: of(env['BITBUCKET_COMMIT']),
        ref: tag(of(env['BITBUCKET_TAG'])) ?? branch(of(env['BITBUCKET_BRANCH'])),
        job: null,
      };
    },
  },
  {
    // https://circleci.com/docs/reference/variables/
    system: 'circleci',
    is: (env) => env['CIRCLECI'] === 'true',
    read: (env) => ({
      id: of(env['CIRCLE_WORKFLOW_ID']) ?? of(env['CIRCLE_BUILD_NUM']),
      attempt: null,
      url: of(env['CIRCLE_BUILD_URL']),
      commit: of(env['CIRCLE_SHA1']),
      ref: tag(of(env['CIRCLE_TAG'])) ?? branch(of(env['CIRCLE_BRANCH'])),
      job: of(env['CIRCLE_JOB']),
    }),
  },
  {
    // https://www.jenkins.io/doc/book/pipeline/jenkinsfile/#using-environment-variables and the Git plugin
    system: 'jenkins',
    is: (env) => given(env['JENKINS_URL']),
    read: (env) => {
      const { JOB_NAME: job, BUILD_NUMBER: number, GIT_BRANCH: at, BRANCH_NAME: multi, TAG_NAME: tagged } = env;
      // The Git plugin writes the branch with the name of its remote: origin/main.
      const name = of(multi) ?? of(at)?.replace(/^origin\//, '') ?? null;
      return {
        id: given(job) && given(number) ? `${job}#${number}` : of(env['BUILD_TAG']),
        attempt: null,
        url: of(env['BUILD_URL']),
        commit: of(env['GIT_COMMIT']),
        ref: tag(of(tagged)) ?? branch(name),
        job: of(env['STAGE_NAME']),
      };
    },
  },
];

/** The CI that this environment is of, with what it says of the run; null where it is none that is known here. */
export function ciRunOf(env: Env): CiRun | null {
  const reader = READERS.find((one) => one.is(env));
  return reader === undefined ? null : { system: reader.system, ...reader.read(env) };
}

function given(text: string | undefined): text is string {
  return text !== undefined && text !== '';
}

function of(text: string | undefined): string | null {
  return given(text) ? text : null;
}

function count(text: string | undefined): number | null {
  return /^[1-9]\d{0,4}$/.test(text ?? '') ? Number(text) : null;
}
