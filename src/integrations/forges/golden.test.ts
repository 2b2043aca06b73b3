import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { translateAzure } from '../azure/translate.ts';
import { translateBitbucket } from '../bitbucket/translate.ts';
import { translateGitea } from '../gitea/translate.ts';
import { translateGithub } from '../github/translate.ts';
import { translateGitlab } from '../gitlab/translate.ts';
import type { Translate } from './forge-event.ts';
import { asGoScm, type Json } from './golden.fixture.ts';

/**
 * go-scm's reading of recorded payloads beside ours. Every value that a golden file holds must be ours too, but for those
 * in `ELSEWHERE`, each with its reason. The corpus is not part of this repository.
 */
const CORPUS = join(process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus', 'webhooks/jenkins-x+go-scm/scm/driver');
const DRIVERS: Readonly<Record<string, Translate>> = {
  github: translateGithub,
  gitlab: translateGitlab,
  bitbucket: translateBitbucket,
  gitea: translateGitea,
  stash: translateBitbucket,
  azure: translateAzure,
};

/** What the vendor would send in the header that names the kind, by the recording's name. */
const KINDS: readonly (readonly [string, RegExp, string])[] = [
  ['x-github-event', /^(?:github|gitea)\/push/, 'push'],
  ['x-github-event', /^(?:github|gitea)\/(?:branch|tag)_create/, 'create'],
  ['x-github-event', /^(?:github|gitea)\/(?:branch|tag)_delete/, 'delete'],
  ['x-github-event', /^(?:github|gitea)\/pull_request_comment|\/issue_comment/, 'issue_comment'],
  ['x-github-event', /^(?:github|gitea)\/(?:pr|pull_request)_/, 'pull_request'],
  ['x-github-event', /^gitea\/issues/, 'issues'],
  ['x-github-event', /^github\/installation/, 'installation'],
  ['x-github-event', /^github\/label/, 'label'],
  ['x-github-event', /^github\/check_run/, 'check_run'],
  ['x-github-event', /^github\/check_suite/, 'check_suite'],
  ['x-github-event', /^(?:github|gitea)\/(release|deployment|fork|repository|status)/, '$1'],
  ['x-event-key', /^bitbucket\/push/, 'repo:push'],
  ['x-event-key', /^bitbucket\/pr_created/, 'pullrequest:created'],
  ['x-event-key', /^bitbucket\/pr_updated/, 'pullrequest:updated'],
  ['x-event-key', /^bitbucket\/pr_fulfilled/, 'pullrequest:fulfilled'],
  ['x-event-key', /^bitbucket\/pr_declined/, 'pullrequest:rejected'],
];

function headerFor(name: string): (header: string) => string | null {
  const known = KINDS.find(([, pattern]) => pattern.test(name));
  const kind = known?.[2] === '$1' ? (known[1].exec(name)?.[1] ?? '') : known?.[2];
  return (header) => (header === known?.[0] ? (kind ?? null) : null);
}

/** Values of golden files that are not ours to say, each with its reason. Paths with `*` for any part. */
const ELSEWHERE: readonly (readonly [RegExp, RegExp, string])[] = [
  [/./, /\.(?:Avatar|GUID|Guid)$|^(?:GUID|Guid)$/, 'pictures are not kept; the delivery id is a header and belongs to the delivery'],
  [
    /./,
    /Repo\.(?:Created|Updated|Perm\.\w+)$|Commit\.(?:Author|Committer)\.(?:Avatar|Date)$/,
    'when a repository was made, and what the hook may do there, is never used',
  ],
  [
    /./,
    /\.(?:Author|Committer)\.Link$|Assignees\.\d+\.Link$|\.(?:Sender|User)\.Link$|^Sender\.Link$|Account\.Link$/,
    'pages of accounts are not kept',
  ],
  [
    /./,
    /\.(?:Author|Sender|Committer)\.(?:Created|Updated|IsAdmin)$|^Sender\.(?:Created|Updated|IsAdmin)$/,
    'when an account was made is never used',
  ],
  [/./, /Commits\.\d+\.(?:Added|Removed|Modified)/, 'which files changed is asked from git'],
  [
    /./,
    /PullRequest\.(?:Mergeable|Rebaseable|MergeableState)$|Locked$/,
    'whether it could be merged is asked from the forge when it matters',
  ],
  [/github\/(?:installation|issue_comment)/, /^Installation\.(?!ID)|^Repos\.0\.ID/, 'only the number of an installation is used'],
  [
    /github\/deployment/,
    /Payload|StatusLink|RepositoryLink|Deployment\.Updated/,
    'what a deployment carries is not used; addresses of the API are made, not taken',
  ],
  [/github\/label/, /^Label/, 'labels of a repository (not of a merge request) are not used'],
  [
    /github\/issue_comment/,
    /Labels|Installation/,
    'an installation is the connection of ours that heard it; labels are compared by name below',
  ],
  [
    /gitea\/pull_request_comment/,
    /PullRequest\.(?:Sha|Source|Target|Base|Head|Fork|Link|DiffLink)/,
    'not in the payload: go-scm asks the forge for it, and so do we, but later',
  ],
  [
    /gitlab\/(?:push|tag_create)/,
    /^Commit\.(?:Author|Committer)\.Login$/,
    'go-scm takes whoever pushed for whoever wrote the commit; these may be two persons',
  ],
  [/gitlab\/issue_comment/, /^Issue\.(?:Created)$/, "go-scm takes the comment's time for the issue's"],
  [
    /gitlab\/pull_request_(?!comment)/,
    /^PullRequest\.Fork$/,
    'go-scm takes the display name of the namespace; ours is the path that addresses have',
  ],
  [/bitbucket\/pr_/, /^PullRequest\.Ref$/, 'Bitbucket Cloud offers git no such ref (Server does)'],
  [/stash/, /Repo\.Branch$/, 'not in the payload: go-scm takes every default branch for master'],
  [/azure\/issue_comment/, /^Issue\.Link$/, 'the same merge request, by the address of the API; ours is its page'],
  [/azure\/pr_merged/, /^PullRequest\.Closed$/, 'go-scm: merged and not closed; with us what is merged is not open any more'],
  [/azure\/pr_updated/, /^PullRequest\.Merged$/, 'the payload says "completed", which is merged'],
  [/azure/, /Issue\.PullRequest\.|(?:Base|Head)\.(?:Name|Path)/, 'the same merge request once more'],
  [/azure\/issue_comment/, /^Repo\.Branch$/, "go-scm takes the merge request's source branch for the repository's default branch"],
  [
    /azure\/(?:issue_comment|pr_)/,
    /Author\.Login$|Sender\.Login$/,
    'go-scm takes a display name, or an id, for the login; ours is the unique name (compared below)',
  ],
  [/gitlab\/pull_request_edited/, /^Changes/, 'the commit before: only that it moved is used'],
  [/stash\/push/, /^Commit\.Message|^Commit\.Link/, 'empty there too'],
];

function leaves(value: Json, at = ''): [string, Json][] {
  if (typeof value !== 'object' || value === null) return [[at, value]];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner as Json, at === '' ? key : `${at}.${key}`));
}

const SAID_EVEN_IF_FALSE = /(?:^|\.)(?:Closed|Merged|Draft|Deleted)$/;
const ZERO_TIME = '0001-01-01T00:00:00Z';

function differences(name: string, golden: Json, ours: readonly { readonly [key: string]: Json }[]): string[] {
  const wrong: string[] = [];
  for (const [path, wanted] of leaves(golden)) {
    const zero = wanted === null || wanted === '' || wanted === 0 || wanted === false || wanted === ZERO_TIME;
    if (zero && !(wanted === false && SAID_EVEN_IF_FALSE.test(path))) continue;
    if (ELSEWHERE.some(([file, place]) => file.test(name) && place.test(path))) continue;
    const found = ours.map((one) =>
      path.split('.').reduce<Json | undefined>((here, key) => (here as Record<string, Json> | null | undefined)?.[key], one),
    );
    if (!found.some((value) => same(path, wanted, value)))
      wrong.push(`${name} ${path}: golden ${JSON.stringify(wanted)}, ours ${JSON.stringify(found)}`);
  }
  return wrong;
}

function same(path: string, golden: Json, ours: Json | undefined): boolean {
  // go-scm's link of a push is GitHub's comparison and Bitbucket's commit.
  if (path === 'Commit.Link' && Array.isArray(ours)) return ours.includes(golden);
  if (path === 'Action') return Array.isArray(ours) && ours.includes(golden);
  // A merge request that was declined is closed for everybody.
  if (path.endsWith('State') && (golden === 'declined' || (golden === 'closed' && ours === 'merged')))
    return ours === 'closed' || ours === 'merged';
  if (typeof golden === 'string' && typeof ours === 'string' && /^\d{4}-\d\d-\d\dT/.test(golden))
    return Math.floor(Date.parse(golden) / 1000) === Math.floor(Date.parse(ours) / 1000);
  return golden === ours || String(golden) === String(ours);
}

const here = existsSync(CORPUS);

test.skipIf(!here)('every recorded payload means what go-scm found in it, in all drivers that we speak', async () => {
  const wrong: string[] = [];
  let pairs = 0;
  let compared = 0;
  for (const driver of Object.keys(DRIVERS)) {
    const folder = join(CORPUS, driver, 'testdata/webhooks');
    for (const file of (await readdir(folder)).filter((one) => one.endsWith('.json'))) {
      const golden = await readFile(join(folder, `${file}.golden`), 'utf8').catch(() => '');
      const payload: unknown = JSON.parse(await readFile(join(folder, file), 'utf8'));
      const name = `${driver}/${basename(file, '.json')}`;
      const events = DRIVERS[driver]?.({ header: headerFor(name), payload }) ?? [];
      expect(events.length, name).toBeGreaterThan(0);
      // Where go-scm finds nothing (GitLab's issues, some comments) there is nothing to compare with: it is read, and named.
      if (golden.trim() === '') {
        expect(
          events.every((event) => event.said !== ''),
          name,
        ).toBe(true);
        continue;
      }
      pairs += 1;
      const json = JSON.parse(golden) as Json;
      compared += leaves(json).length;
      wrong.push(...differences(name, json, events.map(asGoScm)));
    }
  }
  expect(wrong).toEqual([]);
  expect(pairs).toBeGreaterThan(70);
  expect(compared).toBeGreaterThan(3000);
});

test.skipIf(!here)('a comparison that could not fail would be none: each value changed is found', async () => {
  const payload: unknown = JSON.parse(await readFile(join(CORPUS, 'github/testdata/webhooks/pr_opened.json'), 'utf8'));
  const golden = JSON.parse(await readFile(join(CORPUS, 'github/testdata/webhooks/pr_opened.json.golden'), 'utf8')) as Record<string, Json>;
  const ours = translateGithub({ header: headerFor('github/pr_opened'), payload }).map(asGoScm);
  expect(differences('github/pr_opened', golden, ours)).toEqual([]);
  for (const [path, value] of [
    ['Action', 'closed'],
    ['PullRequest.Sha', 'x'],
    ['PullRequest.Author.Login', 'eve'],
    ['PullRequest.Merged', true],
    ['Repo.FullName', 'a/b'],
  ] as const) {
    const changed = structuredClone(golden) as Record<string, unknown>;
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    keys.reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, changed)[last] = value;
    expect(differences('github/pr_opened', changed as Json, ours)).toHaveLength(1);
  }
});
