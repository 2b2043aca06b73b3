import { expect, test } from 'vitest';
import { TRUST, type Trust } from '../../contract/runner.ts';
import { digestOf } from '../../kernel/digest.ts';
import { testFloor } from '../../testing/database.ts';
import { givenRun, givenRunner, givenService } from '../../testing/pipelines.ts';
import { Refused } from '../../platform/http/handler.ts';
import { atLeast } from '../trust.ts';
import { findJobCache, openBlob, saveJobCache } from '../runners/blob.commands.ts';

const floor = await testFloor();
const runners = { ours: await givenRunner(floor), strangers: await givenRunner(floor, { trust: 'untrusted' }) };
const service = await givenService(floor, 'shop');
const other = await givenService(floor, 'bank');

async function jobAt(trust: Trust, of = service) {
  await givenRun(floor, of, `{jobs: {a: {steps: [{run: x}]}}}`, { trust });
  const runner = trust === 'untrusted' ? runners.strangers : runners.ours;
  const { holder } = await runner.taken();
  return {
    holder,
    save: async (key: string, text: string) => {
      const { digest } = await runner.upload(holder, text);
      const answer = await floor.db.tx(floor.org, (tx) => saveJobCache(tx, runner.actor, holder, key, digest));
      if (answer instanceof Refused) throw answer.problem;
      return answer.saved;
    },
    find: (key: string, ...restore: string[]) => floor.db.read(floor.org, (tx) => findJobCache(tx, holder, key, restore)),
    open: (text: string) => openBlob(floor, runner.actor, holder, digestOf(text)),
    done: () => runner.finish(holder),
  };
}

test('what a lower level wrote is never read at a higher one, under whatever key', async () => {
  for (const writer of TRUST) {
    for (const reader of TRUST) {
      const key = `deps-${writer}-${reader}`;
      const from = await jobAt(writer);
      expect(await from.save(key, `by ${key}`)).toBe(true);
      await from.done();
      const to = await jobAt(reader);
      const allowed = atLeast(writer, reader);
      expect(await to.find(key), `${writer} -> ${reader}`).toEqual(allowed ? { key, digest: digestOf(`by ${key}`) } : null);
      expect(await to.find('none', `deps-${writer}-${reader}`), `${writer} -> ${reader} by prefix`).toEqual(
        allowed ? { key, digest: digestOf(`by ${key}`) } : null,
      );
      if (allowed) await expect(to.open(`by ${key}`)).resolves.toBeDefined();
      else await expect(to.open(`by ${key}`)).rejects.toMatchObject({ code: 'pipelines.unreadable-blob' });
      await to.done();
    }
  }
});

test('an entry is never overwritten, and a level of its own is no way around another', async () => {
  const first = await jobAt('protected');
  expect(await first.save('k', 'good')).toBe(true);
  await first.done();
  const second = await jobAt('protected');
  expect(await second.save('k', 'evil')).toBe(false);
  expect(await second.find('k')).toMatchObject({ digest: digestOf('good') });
  await second.done();
  const branch = await jobAt('trusted');
  expect(await branch.save('k', 'of the branch')).toBe(true);
  expect(await branch.find('k')).toMatchObject({ digest: digestOf('of the branch') });
  await branch.done();
  const third = await jobAt('protected');
  expect(await third.find('k')).toMatchObject({ digest: digestOf('good') });
  await third.done();
});

test('caches of another service are not seen; nor can bytes be named that were not uploaded', async () => {
  const mine = await jobAt('protected');
  await mine.save('shared', 'mine');
  const theirs = await jobAt('protected', other);
  expect(await theirs.find('shared')).toBeNull();
  await expect(theirs.open('mine')).rejects.toMatchObject({ code: 'pipelines.unreadable-blob' });
  const steal = floor.db.tx(floor.org, (tx) => saveJobCache(tx, runners.ours.actor, theirs.holder, 'stolen', digestOf('mine')));
  await expect(steal).rejects.toMatchObject({ code: 'pipelines.foreign-blob' });
  await mine.done();
  await theirs.done();
});

test('the exact key wins, then the longest prefix, then the newest; a percent sign is only itself', async () => {
  const job = await jobAt('protected');
  for (const key of ['npm-linux-1', 'npm-linux-2', 'npm-2', 'n%m-3']) await job.save(key, key);
  expect((await job.find('npm-linux-1', 'npm-'))?.key).toBe('npm-linux-1');
  expect((await job.find('npm-linux-9', 'npm-', 'npm-linux-'))?.key).toBe('npm-linux-2');
  expect((await job.find('x', 'n%'))?.key).toBe('n%m-3');
  expect(await job.find('x', 'n_m')).toBeNull();
  await job.done();
});
