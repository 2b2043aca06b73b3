import { expect, test } from 'vitest';
import type { FoundLive, FoundPipeline } from './found.ts';
import { unread } from './found.ts';
import { joined, type Row } from './join.ts';

const live = (kind: FoundLive['kind'], disabled = false): FoundLive => ({
  kind,
  disabled,
  lastRun: { at: '2026-06-01T00:00:00.000Z', result: 'success' },
  agent: null,
});
const pipeline = (file: string, rest: Partial<FoundPipeline> = {}): FoundPipeline => ({
  ...unread('jenkins', file, ''),
  fault: null,
  ...rest,
});
const row = (name: string, url: string | null, rest: Partial<Row> = {}): Row => ({
  name,
  url,
  branch: null,
  pipelines: [],
  environments: null,
  branchProtected: null,
  services: [],
  fault: null,
  server: false,
  ...rest,
});
const job = (name: string, url: string | null, of: FoundLive | null, fault: string | null = null): Row =>
  row(name, url, { server: true, fault, pipelines: of === null ? [] : [pipeline(name, { live: of, unseen: ['its steps'] })] });

test('a multibranch job says when the file of the repository ran; other jobs stand beside it', () => {
  const shop = row('acme/shop', 'https://git.example.com/acme/shop.git', { branchProtected: true, pipelines: [pipeline('Jenkinsfile')] });
  const all = joined([
    job('team/shop', 'git@git.example.com:acme/shop.git', live('multibranch')),
    job('nightly', 'https://git.example.com/Acme/Shop', live('job')),
    shop,
  ]);
  expect(all).toEqual([
    {
      ...all[0],
      name: 'acme/shop',
      branchProtected: true,
      pipelines: [
        pipeline('Jenkinsfile', { live: live('multibranch') }),
        pipeline('nightly', { live: live('job'), unseen: ['its steps'] }),
      ],
    },
  ]);
  // The file is no less read because its job is switched off, and two files leave open which one it runs.
  const names = (rows: readonly Row[]) => joined(rows)[0]?.pipelines.map(({ file, live: of }) => [file, of?.kind]);
  expect(names([shop, job('team/shop', shop.url, live('multibranch', true))])).toEqual([
    ['Jenkinsfile', undefined],
    ['team/shop', 'multibranch'],
  ]);
  const two = { ...shop, pipelines: [pipeline('Jenkinsfile'), pipeline('Jenkinsfile.prod')] };
  expect(names([two, job('team/shop', shop.url, live('multibranch'))])).toHaveLength(3);
});

test('jobs of one repository that no forge told of stand together; one without a repository stands for itself', () => {
  const url = 'ssh://git@git.example.com/acme/cart.git';
  const all = joined([job('a', url, live('job')), job('b', url, null, 'it answered 500'), job('c', null, live('job')), row('c', null)]);
  expect(all.map(({ name, pipelines }) => [name, pipelines.map(({ file, fault }) => [file, fault])])).toEqual([
    ['c', []],
    [
      'a',
      [
        ['a', null],
        ['b', 'it answered 500'],
      ],
    ],
    ['c', [['c', null]]],
  ]);
  expect(all.every((one) => !('server' in one))).toBe(true);
});

test('repositories of two forges at one address are not put together', () => {
  const url = 'https://git.example.com/acme/shop';
  expect(joined([row('one', url), row('two', url)]).map(({ name }) => name)).toEqual(['one', 'two']);
});
