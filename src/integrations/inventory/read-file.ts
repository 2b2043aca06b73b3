import type { FoundPipeline } from './found.ts';
import { readAzurePipeline } from './read-azure.ts';
import { readGithubWorkflow } from './read-github.ts';
import { readGitlabCi } from './read-gitlab.ts';
import { readJenkinsfile } from './read-jenkins.ts';

type Reader = (source: string, file: string) => FoundPipeline;

/** Who reads the file at this path of a repository; null: it is no pipeline of a system that we know. */
export function readerOf(path: string): Reader | null {
  const name = path.split('/').at(-1) ?? '';
  if (/(?:^|\/)\.(?:github|gitea|forgejo)\/workflows\/[^/]+\.ya?ml$/.test(path)) return readGithubWorkflow;
  if (/^\.gitlab-ci(?:\.[\w.-]+)?\.ya?ml$/.test(name) || /(?:^|\/)\.gitlab\/ci\/[^/]+\.ya?ml$/.test(path)) return readGitlabCi;
  if (/^azure-pipelines?(?:[.-][\w.-]+)?\.ya?ml$/.test(name) || /(?:^|\/)\.azure-?pipelines?\/.+\.ya?ml$/.test(path))
    return readAzurePipeline;
  if (/^Jenkinsfile(?:[.-][\w.-]+)?$/.test(name) || name.endsWith('.jenkinsfile')) return readJenkinsfile;
  return null;
}

/** The same file read; null where nobody reads it. */
export function readPipelineFile(path: string, source: string): FoundPipeline | null {
  return readerOf(path)?.(source, path) ?? null;
}
