import { azure } from './azure/index.ts';
import { bitbucket, bitbucketServer } from './bitbucket/index.ts';
import type { Vendor } from './connections/vendor.ts';
import { gitea } from './gitea/index.ts';
import { github } from './github/index.ts';
import { jira } from './jira/index.ts';
import { slack } from './slack/index.ts';
import { gitlab } from './gitlab/index.ts';
import { jenkins } from './jenkins/index.ts';
import { opa } from './opa/index.ts';
import { files } from './registries/files/index.ts';
import { npm } from './registries/npm/index.ts';
import { oci } from './registries/oci/index.ts';

/** Every vendor that can be connected: one line each. */
const all: readonly Vendor[] = [github, gitlab, bitbucket, bitbucketServer, gitea, azure, jenkins, slack, jira, opa, oci, npm, files];

/** By name, in the order of the list. */
export const vendors: ReadonlyMap<string, Vendor> = new Map(all.map((vendor) => [vendor.name, vendor]));

/** A vendor by the name that a connection keeps; an unknown one is a bug, because connections are made from this list. */
export function vendorOf(name: string): Vendor {
  const vendor = vendors.get(name);
  if (vendor === undefined) throw new Error(`there is no vendor ${name}`);
  return vendor;
}
