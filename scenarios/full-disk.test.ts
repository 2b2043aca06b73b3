import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { digestOf } from '../src/kernel/digest.ts';
import { tell, type Outcome, type Step } from './support/story.ts';
import { makeWorld, must, until, type World } from './support/world.ts';

// A server whose blobs lie on a disk of 600 kB. A small disk needs a mount; where none can be made this says so and skips.

const small = spawnSmallDisk();
const skip = small === null;
if (skip) process.stderr.write('full-disk.test.ts is skipped: a small tmpfs can not be mounted here (it needs root)\n');

function spawnSmallDisk(): true | null {
  const folder = mkdtempSync(join(tmpdir(), 'ym-small-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', folder]).status === 0;
  if (mounted) spawnSync('umount', [folder]);
  rmSync(folder, { recursive: true });
  return mounted ? true : null;
}

let world: World;
let blobs = '';
beforeAll(async () => {
  if (skip) return;
  world = await makeWorld((state) => {
    blobs = join(state, 'blobs');
    mkdirSync(blobs, { recursive: true, mode: 0o700 });
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=600k', 'none', blobs], { encoding: 'utf8' });
    if (mounted.status !== 0) throw new Error(mounted.stderr);
  });
}, 600_000);
afterAll(async () => {
  if (skip) return;
  spawnSync('umount', ['-l', blobs]);
  await world.close();
}, 600_000);

const kept = new Map<string, unknown>();
async function step(raw: Step): Promise<Outcome> {
  let outcome: Outcome = {};
  await tell(world, kept, raw, (seen) => void (outcome = seen));
  return outcome;
}

/** All blobs that are visible, each with the digest that its bytes really have. */
function visible(): { name: string; digest: string }[] {
  return readdirSync(blobs, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.endsWith('incoming'))
    .map((entry) => ({ name: `sha256:${entry.name}`, digest: digestOf(readFileSync(join(entry.parentPath, entry.name))) }));
}

test.skipIf(skip)(
  'on a full disk who asks is told so, nothing is kept half, and all goes on by itself once there is space',
  async () => {
    await step({ given: 'a catalog', catalog: {} });
    await step({ given: 'a build that fits', build: { author: 'ann', subject: 'feat: small' }, keep: 'run' });
    expect(kept.get('run')).toMatchObject({ state: 'succeeded' });

    const big = `jobs: {build: {steps: [{run: 'mkdir -p dist && head -c 2000000 /dev/urandom > dist/big && cp package.json package-lock.json dist/'}], artifacts: [{name: shop, path: dist}]}}\n`;
    const commit = await world.repository.commit({ author: 'ann' }, 'feat: big', { '.yardmaster/pipeline.yaml': big });
    await world.pushed();
    const run = async (): Promise<{ id: string; state: string } | undefined> =>
      ((await must(world.call('GET', `/v1/runs?service=shop&commit=${commit}`, 'ann')))['items'] as { id: string; state: string }[])[0];
    await until('the upload to have met the full disk', async () => (readdirSync(join(blobs, 'incoming')).length > 0 ? true : null));
    await sleep(3000);
    expect((await run())?.state, 'it waits for space').toBe('running');
    for (const { name, digest } of visible()) expect(digest).toBe(name);

    const asked = { service: 'shop', run: (kept.get('run') as { id: string }).id };
    const full = await fill();
    const release = await step({
      when: 'a release is asked for on a full disk',
      call: { as: 'rita', method: 'POST', path: '/v1/releases', body: asked },
    });
    expect([201, 507], JSON.stringify(release)).toContain(release['status']);
    if (release['status'] === 507)
      expect(release['body']).toMatchObject({ code: 'platform.storage-full', remedy: expect.stringMatching(/Free space/) as string });
    const preview = await world.call('GET', '/v1/services', 'rita');
    expect(preview.status, 'what needs no disk goes on').toBe(200);
    full.free();

    const again =
      release['status'] === 201
        ? release
        : await step({
            when: 'it is asked for again',
            call: { as: 'rita', method: 'POST', path: '/v1/releases', body: asked },
          });
    const { id } = again['body'] as { id: string };
    await until('dev to get it once there is space', async () => {
      const { items } = await must(world.call('GET', `/v1/deployments?release=${id}&environment=dev`, 'rita'));
      return (items as { state: string }[])[0]?.state === 'succeeded' ? true : null;
    });
    const done = await until(
      'the job that waited to end',
      async () => ((await run())?.state === 'running' ? null : ((await run()) ?? null)),
      60_000,
    );
    expect(done.state).toBe('succeeded');
    for (const { name, digest } of visible()) expect(digest).toBe(name);
    expect(readdirSync(join(blobs, 'incoming')), 'what was half written is gone').toEqual([]);
  },
  120_000,
);

/** Fills what is left of the small disk; `free` makes it larger. */
async function fill(): Promise<{ free(): void }> {
  const filler = join(blobs, 'incoming', 'filler');
  spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1k']);
  return {
    free() {
      rmSync(filler);
      spawnSync('mount', ['-o', 'remount,size=32m', blobs]);
    },
  };
}
