import { expect, test } from 'vitest';
import type { Actor } from '../kernel/actor.ts';
import { testFloor } from '../testing/database.ts';
import { previewVersion, reserveVersion } from './version.api.ts';
import type { VersionReader } from './versions/repository.ts';

const floor = await testFloor();
const { org } = floor;
const tx = <T>(work: Parameters<typeof floor.db.tx<T>>[1]) => floor.db.tx(org, work);
const ada: Actor = { kind: 'person', id: 'per_ada', org, credential: { kind: 'token', id: 'tok', actions: null, services: null } };

const history = (...subjects: string[]) =>
  subjects
    .map((subject, at) => ({
      id: (at + 1).toString(16).padStart(40, '0'),
      parents: at === 0 ? [] : [at.toString(16).padStart(40, '0')],
      subject,
      body: '',
    }))
    .reverse();
type Tagged = { readonly name: string; readonly commit: string };
/** A repository that stands in memory: one line of commits, its tags, and other branches. */
const wanted = (
  serviceId: string,
  commits: ReturnType<typeof history>,
  more: { tags?: Tagged[]; heads?: Tagged[]; branch?: string; settings?: string } = {},
) => {
  const { tags = [], heads = [], branch = 'main', settings = null } = more;
  const known = new Map([...commits, ...side].map((one) => [one.id, one]));
  const before = (id: string): string[] => [id, ...(known.get(id)?.parents ?? []).flatMap(before)];
  const all = [
    ...tags.map(({ name, commit }) => ({ ref: `refs/tags/${name}`, commit, at: null })),
    ...heads.map(({ name, commit }) => ({ ref: `refs/heads/${name}`, commit, at: null })),
  ];
  const within = ({ to, from }: { to: string; from?: string | null }) => {
    const left = new Set(from == null ? [] : before(from));
    return before(to).filter((id) => !left.has(id));
  };
  const reader: VersionReader = {
    files: async (_, paths) => paths.map((path) => (path.endsWith('versions.yaml') ? settings : null)),
    refsByReach: async (commit, merged, patterns) =>
      new Set(
        all
          .filter((one) => patterns.some((start) => one.ref.startsWith(start)) && before(commit).includes(one.commit) === merged)
          .map((one) => one.ref),
      ),
    reaches: async (commit, ancestor) => before(commit).includes(ancestor),
    isShallow: async () => false,
    visit: async (range, visit) => within(range).forEach((id) => visit({ at: 0, ...known.get(id)! })),
    ids: async (range) => new Set(within(range)),
  };
  const at = { reader, refs: all, branch, to: commits[0]!.id };
  return { serviceId, name: 'shop', path: '.', at, kind: 'standard' } as const;
};
/** Two commits beside the line, each after its second. */
const side = ['payment', 'stock'].map((what, at) => ({
  id: 'ef'[at]!.repeat(40),
  parents: [(2).toString(16).padStart(40, '0')],
  subject: `fix: ${what}`,
  body: '',
}));

test('versions are given once: from tags and from our own record, also in the same instant', async () => {
  const commits = history('feat: a', 'fix: b');
  const service = 'svc_versions';
  expect(
    await tx((t) => reserveVersion(t, ada, wanted(service, commits, { tags: [{ name: 'v1.4.0', commit: commits[1]!.id }] }))),
  ).toMatchObject({ number: '1.4.1', tag: 'v1.4.1' });
  await expect(tx((t) => reserveVersion(t, ada, wanted(service, commits)))).rejects.toMatchObject({ code: 'artifacts.nothing-to-release' });
  expect(await tx((t) => reserveVersion(t, ada, { ...wanted(service, commits), kind: 'hotfix' }))).toMatchObject({ number: '1.4.2' });
  const more = history('feat: a', 'fix: b', 'feat: c');
  const both = await Promise.allSettled(
    [1, 2, 3].map(() => tx((t) => reserveVersion(t, ada, { ...wanted(service, more), kind: 'hotfix' }))),
  );
  const given = both.map((one) => (one.status === 'fulfilled' ? one.value.number : String(one.reason)));
  expect(new Set(given)).toEqual(new Set(['1.5.0', '1.5.1', '1.5.2']));
  await expect(tx((t) => reserveVersion(t, ada, { ...wanted(service, more), explicit: '1.4.1' }))).rejects.toMatchObject({
    code: 'artifacts.version-taken',
  });
  await expect(tx((t) => reserveVersion(t, ada, { ...wanted(service, more), explicit: 'v9' }))).rejects.toMatchObject({
    code: 'artifacts.bad-version',
  });
  expect(await tx((t) => reserveVersion(t, ada, { ...wanted(service, more), explicit: '2.0.0' }))).toMatchObject({
    number: '2.0.0',
    tag: 'v2.0.0',
  });
});

test('hotfix lanes hold their numbers while the trunk moves on; none is given to anybody else', async () => {
  const service = 'svc_lanes';
  const trunk = history('feat: a', 'fix: b', 'fix: c');
  const tags = [{ name: 'v1.2.3', commit: trunk[1]!.id }];
  const heads = ['hotfix/payment', 'hotfix/stock'].map((name, at) => ({ name, commit: side[at]!.id }));
  const give = (more: object, rest: object = {}) =>
    tx((t) => reserveVersion(t, ada, { ...wanted(service, trunk, { tags, heads, ...more }), ...rest }));
  const before = await tx((t) => previewVersion(t, wanted(service, trunk, { tags, heads })));
  expect(before.held.fresh).toEqual([
    { number: '1.2.4', lane: 'hotfix/payment' },
    { number: '1.2.5', lane: 'hotfix/stock' },
  ]);
  expect((await tx((t) => t.query(`select 1 from version_reserved where service_id = $1`, [service]))).length).toBe(0);
  const given = await give({});
  expect(given).toMatchObject({ number: '1.2.6', accounts: { why: expect.stringContaining('1.2.4 is held by hotfix/payment') } });
  for (const explicit of ['1.2.4', '1.2.5']) await expect(give({}, { explicit })).rejects.toMatchObject({ code: 'artifacts.version-held' });
  // The lane is released later, and gets what it held; the other one keeps its own.
  const lane = [side[0]!, ...trunk.slice(1)];
  expect(await tx((t) => reserveVersion(t, ada, wanted(service, lane, { tags, heads, branch: 'hotfix/payment' })))).toMatchObject({
    number: '1.2.4',
  });
  expect(
    await tx((t) => t.query(`select number, lane from version_reserved where service_id = $1 and ended_at is null`, [service])),
  ).toEqual([{ number: '1.2.5', lane: 'hotfix/stock' }]);
  // A lane that is gone holds nothing any more.
  const later = history('feat: a', 'fix: b', 'fix: c', 'fix: d');
  expect(await tx((t) => reserveVersion(t, ada, wanted(service, later, { tags })))).toMatchObject({ number: '1.2.7' });
  expect(await tx((t) => t.query(`select 1 from version_reserved where service_id = $1 and ended_at is null`, [service]))).toEqual([]);
});

test('the settings of the repository count here as for ym: calendar, GitFlow, maintenance', async () => {
  const commits = history('feat: a', 'feat: b');
  const give = (id: string, more: Parameters<typeof wanted>[2]) => tx((t) => reserveVersion(t, ada, wanted(id, commits, more)));
  const now = new Date(await tx((t) => t.now()));
  const month = `${now.getUTCFullYear()}.${String(now.getUTCMonth() + 1).padStart(2, '0')}`;
  expect(await give('svc_cal', { settings: 'calendar: YYYY.0M.MICRO' })).toMatchObject({ number: `${month}.0` });
  expect(await give('svc_flow', { settings: 'strategy: gitflow', branch: 'develop' })).toMatchObject({ number: '0.1.0-alpha.1' });
  expect(await give('svc_flow', { settings: 'strategy: gitflow', branch: 'release/0.1.0' })).toMatchObject({ number: '0.1.0-rc.1' });
  const tags = [{ name: 'v1.2.3', commit: commits[1]!.id }];
  await expect(give('svc_old', { tags, branch: '1.2.x' })).rejects.toMatchObject({
    code: 'artifacts.nothing-to-release',
    message: expect.stringContaining('release that from the trunk'),
  });
  await expect(give('svc_bad', { settings: 'strategy: chaos' })).rejects.toMatchObject({ code: 'artifacts.bad-version-settings' });
});

test('a version of a transaction that fails is free again', async () => {
  const commits = history('feat: a');
  await expect(
    tx(async (t) => {
      await reserveVersion(t, ada, wanted('svc_free', commits));
      throw new Error('later');
    }),
  ).rejects.toThrow('later');
  expect(await tx((t) => reserveVersion(t, ada, wanted('svc_free', commits)))).toMatchObject({ number: '0.1.0' });
});
