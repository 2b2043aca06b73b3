import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { translateAzure } from '../azure/translate.ts';
import { translateBitbucket } from '../bitbucket/translate.ts';
import { translateGitea } from '../gitea/translate.ts';
import { translateGithub } from '../github/translate.ts';
import { translateGitlab } from '../gitlab/translate.ts';
import type { ForgeEvent, Translate } from './forge-event.ts';
import { looksFor } from './look.ts';
import { BODY, instant, link, sha, text } from './loose.ts';

const ALL: readonly Translate[] = [translateGithub, translateGitea, translateGitlab, translateBitbucket, translateAzure];
const CORPUS = join(process.env['YARDMASTER_CORPUS'] ?? '../shared/corpus', 'webhooks');
const here = existsSync(CORPUS);

const kind = (name: string | null) => (header: string) => (header === 'x-github-event' || header === 'x-event-key' ? name : null);
const strings = (value: unknown): string[] =>
  typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(strings) : [];

test.skipIf(!here)('every recorded payload of octokit is read, and its kind is known or named', async () => {
  const folder = join(CORPUS, 'octokit+webhooks/payload-examples/api.github.com');
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.json'));
  const kinds = new Map<string, string>();
  for (const file of files) {
    const payload: unknown = JSON.parse(await readFile(join(folder, file), 'utf8'));
    const [event] = translateGithub({ header: kind(dirname(file)), payload });
    expect(event?.said.split('.')[0], file).toBe(dirname(file));
    kinds.set(dirname(file), event?.kind ?? '');
    if (payload !== null && typeof payload === 'object' && 'repository' in payload && dirname(file) !== 'organization')
      expect(event?.repository?.path, file).toMatch(/^[^/]+\/[^/]+$/);
  }
  expect(files.length).toBeGreaterThan(150);
  expect([...kinds].filter(([, is]) => is === 'other').map(([name]) => name)).not.toContain('push');
  for (const name of [
    'push',
    'create',
    'delete',
    'pull_request',
    'pull_request_review',
    'pull_request_review_comment',
    'issue_comment',
    'release',
  ])
    expect(kinds.get(name), name).not.toBe('other');
  for (const name of [
    'deployment',
    'deployment_status',
    'check_run',
    'check_suite',
    'repository',
    'installation',
    'workflow_run',
    'issues',
  ])
    expect(kinds.get(name), name).not.toBe('other');
  // Meaning, where the recording's name says it.
  const one = async (path: string): Promise<ForgeEvent | undefined> =>
    translateGithub({ header: kind(dirname(path)), payload: JSON.parse(await readFile(join(folder, path), 'utf8')) })[0];
  expect(await one('repository/renamed.payload.json')).toMatchObject({
    kind: 'repository',
    action: 'renamed',
    before: expect.stringMatching(/\//),
  });
  expect(await one('repository/transferred.payload.json')).toMatchObject({ action: 'transferred', before: expect.stringMatching(/\//) });
  expect(await one('pull_request/closed.payload.json')).toMatchObject({ kind: 'merge-request', action: 'closed' });
  expect(await one('pull_request_review/dismissed.payload.json')).toMatchObject({ kind: 'review', state: 'dismissed' });
});

test.skipIf(!here)('every recorded payload of go-playground is read by each reader without a throw', async () => {
  const folder = join(CORPUS, 'go-playground+webhooks/testdata');
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.json'));
  const readers: Readonly<Record<string, Translate>> = {
    azuredevops: translateAzure,
    bitbucket: translateBitbucket,
    'bitbucket-server': translateBitbucket,
    gitea: translateGitea,
    github: translateGithub,
    gitlab: translateGitlab,
    gogs: translateGitea,
  };
  const known = new Map<string, string>();
  for (const file of files) {
    const payload: unknown = JSON.parse(await readFile(join(folder, file), 'utf8'));
    for (const read of ALL) expect(read({ header: kind(null), payload }).length, file).toBeGreaterThan(0);
    const name = basename(file, '.json');
    // Names of files stand for the header: `pull-request-event`, `pullrequest:created`.
    const github = name.replace(/-event$/, '').replaceAll('-', '_');
    const cloud = name.replace('pull-request-', 'pullrequest:').replace('repo-', 'repo:').replaceAll('-', '_');
    const reader = readers[dirname(file)];
    const events = reader?.({ header: kind(dirname(file) === 'bitbucket' ? cloud : github), payload }) ?? [];
    known.set(file, events[0]?.kind ?? 'none');
    for (const event of events) expect(typeof event.said).toBe('string');
  }
  expect(files.length).toBeGreaterThan(100);
  const is = (file: string) => known.get(file);
  expect(is('azuredevops/git.push.json')).toBe('push');
  expect(is('bitbucket/repo-push.json')).toBe('push');
  expect(is('bitbucket/pull-request-merged.json')).not.toBe('none');
  expect(is('bitbucket-server/repo-modified.json')).toBe('repository');
  expect(is('bitbucket-server/pr-reviewer-approved.json')).toBe('review');
  expect(is('gitlab/system-project-renamed.json')).toBe('repository');
  expect(is('gitlab/merge-request-event.json')).toBe('merge-request');
  expect(is('gitlab/deployment-event.json')).toBe('deployment');
  expect(is('gogs/push-event.json')).toBe('push');
  expect(is('docker/docker_hub_build_notice.json')).toBe('none');
});

test('whatever is sent is read without a throw, and no text is longer than we keep or unfit for a database', () => {
  const keys = ['action', 'repository', 'full_name', 'pull_request', 'number', 'ref', 'object_kind', 'object_attributes', 'project', 'iid'];
  const kinds = ['push', 'pull_request', 'repo:push', 'pullrequest:updated', 'issue_comment', '__proto__', 'constructor', 'toString', ''];
  const value = fc.letrec<{ node: unknown }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.double(), fc.boolean(), fc.constant(null)),
      fc.dictionary(fc.oneof(fc.constantFrom(...keys), fc.string()), tie('node'), { maxKeys: 6 }),
      fc.array(tie('node'), { maxLength: 3 }),
    ),
  })).node;
  fc.assert(
    fc.property(fc.constantFrom(...ALL), fc.constantFrom(...kinds), value, (read, name, payload) => {
      const events = read({ header: kind(name), payload });
      expect(events.length).toBeGreaterThan(0);
      for (const one of strings(events)) {
        expect(one.length).toBeLessThanOrEqual(BODY);
        expect(one).not.toContain('\0');
        expect(one.isWellFormed()).toBe(true);
      }
      looksFor(events);
    }),
    { numRuns: 300 },
  );
});

test('hostile names come out as the texts that they are', () => {
  const hostile = [
    '$(touch x)',
    '--upload-pack=touch x',
    'a\nb',
    '<img src=x onerror=alert(1)>',
    "'; drop table run; --",
    '\u202egnp.exe',
    '../../etc',
  ];
  for (const name of hostile) {
    const payload = {
      action: 'opened',
      pull_request: { number: 1, title: name, head: { ref: name, sha: 'a'.repeat(40) }, base: { ref: 'main' }, user: { login: name } },
      repository: { full_name: `o/${name}`, html_url: `javascript:${name}` },
    };
    const [event] = translateGithub({ header: kind('pull_request'), payload });
    expect(event).toMatchObject({
      kind: 'merge-request',
      mergeRequest: { title: name, source: { branch: name }, author: { login: name } },
      repository: { path: `o/${name}`, link: null },
    });
  }
  expect(text('x'.repeat(2000))).toHaveLength(1000);
  expect(text('a\0b\ud800')).toBe('ab\ufffd');
  expect(link('javascript:alert(1)')).toBeNull();
  expect(link('https://user:pw@h/x')).toBeNull();
  expect([sha('0'.repeat(40)), sha('--upload-pack=x'), sha('A'.repeat(40)), sha('abcdef012345')]).toEqual([
    null,
    null,
    null,
    'abcdef012345',
  ]);
  expect([instant('2020-11-02 12:55:12 UTC'), instant('2021-04-28 21:50:00 +0200'), instant('never'), instant(1e20)]).toEqual([
    '2020-11-02T12:55:12.000Z',
    '2021-04-28T19:50:00.000Z',
    null,
    null,
  ]);
});

test('own cases: one push with several refs, a deleted branch, a moved head, a renamed repository', () => {
  const change = (name: string, type: string, gone: boolean) => ({
    old: gone ? { name, type, target: { hash: 'b'.repeat(40) } } : null,
    new: gone ? null : { name, type, target: { hash: 'a'.repeat(40), message: 'm' } },
  });
  const repository = { full_name: 'team/shop', uuid: '{1}', links: { html: { href: 'https://bitbucket.example.com/team/shop' } } };
  const push = translateBitbucket({
    header: kind('repo:push'),
    payload: {
      repository,
      push: { changes: [change('main', 'branch', false), change('v1', 'tag', false), change('old', 'branch', true)] },
    },
  });
  expect(push.map((event) => (event.kind === 'push' || event.kind === 'ref' ? [event.kind, event.ref] : []))).toEqual([
    ['push', 'refs/heads/main'],
    ['push', 'refs/tags/v1'],
    ['ref', 'refs/heads/old'],
  ]);
  expect(looksFor(push)).toEqual([{ what: 'heads', repository: 'team/shop' }]);
  const azure = {
    eventType: 'git.push',
    resource: {
      refUpdates: [{ name: 'refs/heads/main', oldObjectId: 'a'.repeat(40), newObjectId: '0'.repeat(40) }],
      repository: { id: 'r', name: 'shop', project: { name: 'Team' } },
    },
  };
  expect(translateAzure({ header: kind(null), payload: azure })).toMatchObject([
    { kind: 'ref', action: 'deleted', repository: { path: 'Team/shop' } },
  ]);
  const gitlab = (attributes: object) => ({
    object_kind: 'merge_request',
    user: { id: 1, username: 'ada' },
    project: { id: 3, path_with_namespace: 'g/s/shop', visibility_level: 0 },
    object_attributes: { iid: 7, title: 'Draft: x', state: 'opened', author_id: 2, ...attributes },
  });
  const moved = translateGitlab({ header: kind(null), payload: gitlab({ action: 'update', oldrev: 'c'.repeat(40), draft: true }) });
  expect(moved).toMatchObject([
    {
      action: 'synchronized',
      mergeRequest: { draft: true, author: { id: '2', login: null } },
      repository: { namespace: 'g/s', private: true },
    },
  ]);
  expect(translateGitlab({ header: kind(null), payload: gitlab({ action: 'approved' }) })).toMatchObject([
    { kind: 'review', state: 'approved', reviewer: { login: 'ada' } },
  ]);
  expect(translateGithub({ header: kind('ping'), payload: { zen: 'x' } })).toMatchObject([{ kind: 'ping' }]);
  expect(translateGithub({ header: kind('__proto__'), payload: null })).toMatchObject([{ kind: 'other', said: '__proto__' }]);
});

test.skipIf(!here)('any order, any number of times: the same things are looked at', async () => {
  const folder = join(CORPUS, 'octokit+webhooks/payload-examples/api.github.com');
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.json'));
  const all = await Promise.all(
    files.map(async (file) =>
      translateGithub({ header: kind(dirname(file)), payload: JSON.parse(await readFile(join(folder, file), 'utf8')) }),
    ),
  );
  const key = (events: readonly ForgeEvent[]) =>
    looksFor(events)
      .map((look) => JSON.stringify(look))
      .sort();
  const wanted = key(all.flat());
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: all.length, maxLength: all.length }),
      fc.infiniteStream(fc.nat(1e9)),
      (times, random) => {
        const sent = all.flatMap((events, index) => Array.from({ length: times[index] ?? 1 }, () => events));
        const order = sent.map((events) => ({ events, at: random.next().value ?? 0 })).sort((a, b) => a.at - b.at);
        expect(key(order.flatMap((one) => one.events))).toEqual(wanted);
      },
    ),
    { numRuns: 20 },
  );
  expect(wanted.length).toBeGreaterThan(5);
});
