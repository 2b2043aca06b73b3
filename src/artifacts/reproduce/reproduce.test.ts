import fc from 'fast-check';
import { expect, test } from 'vitest';
import { system } from '../../kernel/actor.ts';
import { digestOf, type Digest } from '../../kernel/digest.ts';
import { testFloor } from '../../testing/database.ts';
import { packFolder } from '../../testing/tar.ts';
import { acceptArtifact } from '../accept.api.ts';
import { differences, whyOf, type Entry } from './difference.ts';
import { compareRebuild } from './reproduce.commands.ts';

const floor = await testFloor();
const { org } = floor;
const ada = system(org, 'test');

async function built(bytes: Uint8Array, commit: string | null = 'c'.repeat(40), name = 'app'): Promise<{ digest: Digest; run: string }> {
  const { digest, size } = await floor.blobs.put(bytes);
  const [run, job] = [floor.newId('run'), floor.newId('job')];
  const times = { startedAt: '2026-11-23T12:00:00.000Z', finishedAt: '2026-11-23T12:01:00.000Z' };
  const source = { commit, repository: 'https://git.example/shop.git', ref: 'refs/heads/main' };
  const how = { trust: 'protected', executor: 'host', isolation: [], planDigest: digestOf('plan'), materials: [], inputs: [] } as const;
  await floor.db.tx(org, (t) =>
    acceptArtifact(t, { run, job, attempt: 1, service: 'svc_shop', name, digest, size, actor: ada, ...source, ...times, ...how }),
  );
  return { digest, run };
}

test('a rebuild is the same, or it is said where and why it is not; told once as a fact', async () => {
  const first = await built(
    packFolder([
      ['a.txt', 'x'],
      ['built.js', 'const at = "2026-11-23T10:00:00Z";'],
      ['gone', ''],
    ]),
  );
  const same = await built(
    packFolder([
      ['a.txt', 'x'],
      ['built.js', 'const at = "2026-11-23T10:00:00Z";'],
      ['gone', ''],
    ]),
  );
  expect(await compareRebuild(floor, ada, first.digest, same.run)).toMatchObject({ same: true, causes: [], runners: 'unknown' });
  const other = await built(
    packFolder([
      ['built.js', 'const at = "2026-11-24T11:11:11Z";'],
      ['a.txt', 'x'],
      ['new', ''],
    ]),
  );
  const answer = await compareRebuild(floor, ada, first.digest, other.run);
  expect(answer.same).toBe(false);
  expect(answer.causes).toEqual([
    { cause: 'only-before', count: 1, paths: ['gone'], why: [] },
    { cause: 'only-again', count: 1, paths: ['new'], why: [] },
    { cause: 'contents', count: 1, paths: ['built.js'], why: [{ path: 'built.js', why: 'dates' }] },
    { cause: 'order', count: 2, paths: ['a.txt', 'built.js'], why: [] },
  ]);
  expect((await compareRebuild(floor, ada, first.digest, other.run)).id).toBe(answer.id);
  const facts = await floor.db.read(org, (t) => t.query(`select body from fact where type = 'artifact.reproduced'`));
  expect(facts).toHaveLength(2);
});

test('what is no rebuild is not compared', async () => {
  const first = await built(Buffer.from('one'));
  const code = (run: string) => compareRebuild(floor, ada, first.digest, run).then(String, (error: { code?: string }) => error.code);
  expect(await code(first.run)).toBe('artifacts.no-rebuild');
  expect(await code((await built(Buffer.from('two'), 'd'.repeat(40))).run)).toBe('artifacts.no-rebuild');
  expect(await code((await built(Buffer.from('three'), null)).run)).toBe('artifacts.no-rebuild');
  expect(await code((await built(Buffer.from('four'), undefined, 'other')).run)).toBe('artifacts.no-rebuild');
  expect(await code(floor.newId('run'))).toBe('artifacts.no-rebuild');
  const bytes = await built(Buffer.from('five'));
  expect(await compareRebuild(floor, ada, first.digest, bytes.run)).toMatchObject({ same: false, causes: [{ cause: 'contents' }] });
});

test('what makes texts differ is told by what makes them equal', () => {
  expect(whyOf('a\r\nb', 'a\nb')).toBe('line-ends');
  expect(whyOf('a\nb', 'b\na')).toBe('line-order');
  expect(whyOf('t=1700000000', 't=1700000999')).toBe('dates');
  expect(whyOf('at /tmp/build-1/src/x.js', 'at /tmp/build-22/src/x.js')).toBe('paths');
  expect(whyOf('id 0123456789abcdef', 'id fedcba9876543210')).toBe('ids');
  expect(whyOf('a', 'b')).toBe('other');
  expect(whyOf(null, 'b')).toBe('binary');
});

const entry: fc.Arbitrary<Entry> = fc.record({
  path: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  type: fc.constantFrom('0', '5', '2'),
  size: fc.constant(1),
  mode: fc.constantFrom(0o644, 0o755),
  modified: fc.constantFrom(0, 1, null),
  owner: fc.constantFrom('0:0', '1:1'),
  to: fc.constantFrom('', 'x'),
  digest: fc.constantFrom(digestOf('1'), digestOf('2')),
});

test('laws: the same entries differ in nothing but their packing; turned round, what is only in one is only in the other', () => {
  const lists = fc.uniqueArray(entry, { selector: (one) => one.path });
  fc.assert(
    fc.property(lists, lists, (one, other) => {
      expect(differences(one, one).map(({ cause }) => cause)).toEqual(['packing']);
      const [there, back] = [differences(one, other), differences(other, one)];
      const count = (all: typeof there, cause: string): number => all.find((each) => each.cause === cause)?.count ?? 0;
      expect(there.length).toBeGreaterThan(0);
      expect(count(there, 'only-before')).toBe(count(back, 'only-again'));
      for (const cause of ['contents', 'kind', 'link', 'permissions', 'owners', 'timestamps'])
        expect(count(there, cause)).toBe(count(back, cause));
    }),
    { numRuns: 200 },
  );
});
