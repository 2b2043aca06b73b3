import { azureForge } from './azure/forge.http.ts';
import { bitbucketForge } from './bitbucket/forge-cloud.http.ts';
import { bitbucketServerForge } from './bitbucket/forge-server.http.ts';
import type { Forge } from './forges/forge.ts';
import { giteaForge } from './gitea/forge.http.ts';
import { githubForge } from './github/forge.http.ts';
import { gitlabForge } from './gitlab/forge.http.ts';

/** Every forge, by the name of its vendor. */
export const forges: ReadonlyMap<string, Forge> = new Map(
  [githubForge, gitlabForge, bitbucketForge, bitbucketServerForge, giteaForge, azureForge].map((forge) => [forge.vendor, forge]),
);
