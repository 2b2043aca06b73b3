import { azurePipelines } from '../azure/ci.http.ts';
import { githubActions } from '../github/ci.http.ts';
import { gitlabCi } from '../gitlab/ci.http.ts';
import { jenkinsCi } from '../jenkins/ci.http.ts';
import type { CiReader } from './ci.ts';

/** Who reads the CI of a vendor, by the vendor's name. */
export const ciReaders: ReadonlyMap<string, CiReader> = new Map([
  ['github', githubActions],
  ['gitlab', gitlabCi],
  ['azure', azurePipelines],
  ['jenkins', jenkinsCi],
]);
