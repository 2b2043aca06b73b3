import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { extractArchive } from './archive.extract.ts';
import { archiveOf, lookAtFolder, shapeOfFile } from './folder.read.ts';

const root = mkdtempSync(join(tmpdir(), 'ym-folder-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const fresh = (): string => {
  const folder = join(root, String((count += 1)));
  mkdirSync(folder);
  return folder;
};

function write(folder: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

async function packed(folder: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of archiveOf(lookAtFolder(folder))) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const long = `${'a very long name of a folder '.repeat(5)}/${'ä'.repeat(80)}.txt`;

test('what is packed comes out the same, by our reader and by tar', async () => {
  const from = fresh();
  const large = Buffer.alloc(700_000, 'x');
  write(from, { 'a.txt': 'a', 'deep/er/b': '', 'deep/run.sh': '#!/bin/sh', large, [long]: 'long', block: Buffer.alloc(512, 1) });
  mkdirSync(join(from, 'empty'));
  chmodSync(join(from, 'deep/run.sh'), 0o700);
  symlinkSync('deep/run.sh', join(from, 'link'));
  const bytes = await packed(from);
  expect(bytes.length % 512).toBe(0);
  const ours = fresh();
  await extractArchive([bytes] as unknown as AsyncIterable<Uint8Array>, ours);
  const theirs = fresh();
  writeFileSync(join(root, 'a.tar'), bytes);
  execFileSync('tar', ['-xf', join(root, 'a.tar'), '-C', theirs]);
  for (const to of [ours, theirs]) {
    for (const name of ['a.txt', 'deep/er/b', 'deep/run.sh', 'large', 'block', long])
      expect(readFileSync(join(to, name)).equals(readFileSync(join(from, name))), name).toBe(true);
    expect(readlinkSync(join(to, 'link'))).toBe('deep/run.sh');
    expect(statSync(join(to, 'deep/run.sh')).mode & 0o777).toBe(0o755);
    expect(statSync(join(to, 'empty')).isDirectory()).toBe(true);
  }
});

test('the same content makes the same bytes, whatever the order and the times; other content makes others', async () => {
  const [one, two] = [fresh(), fresh()];
  write(one, { b: '2', 'x/a': '1', a: '0' });
  write(two, { a: '0', 'x/a': '1', b: '2' });
  utimesSync(join(two, 'a'), 1000, 1000);
  const first = await packed(one);
  expect((await packed(two)).equals(first)).toBe(true);
  write(two, { b: '3' });
  expect((await packed(two)).equals(first)).toBe(false);
});

test('files of every size around the blocks and chunks come out whole', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.nat(1100), fc.constantFrom(511, 512, 513, 262_143, 262_144, 262_145)), { maxLength: 6 }),
      async (sizes) => {
        const from = fresh();
        write(from, Object.fromEntries(sizes.map((size, at) => [`f${at}`, Buffer.alloc(size, at + 1)])));
        const to = fresh();
        await extractArchive([await packed(from)] as unknown as AsyncIterable<Uint8Array>, to);
        for (const [at, size] of sizes.entries()) expect(readFileSync(join(to, `f${at}`)).equals(Buffer.alloc(size, at + 1))).toBe(true);
      },
    ),
    { numRuns: 15 },
  );
});

test('a change of content, mode, name or link changes the shape; a look without a change does not', () => {
  const folder = fresh();
  write(folder, { a: '1', 'x/b': '2' });
  symlinkSync('a', join(folder, 'link'));
  const shapes = [lookAtFolder(folder).shape];
  expect(lookAtFolder(folder).shape).toBe(shapes[0]);
  const acts = [
    () => write(folder, { a: '22' }),
    () => chmodSync(join(folder, 'a'), 0o755),
    () => write(folder, { 'x/c': '' }),
    () => rmSync(join(folder, 'x/c')),
    () => (rmSync(join(folder, 'link')), symlinkSync('x/b', join(folder, 'link'))),
    () => mkdirSync(join(folder, 'empty')),
  ];
  for (const act of acts) {
    act();
    const now = lookAtFolder(folder).shape;
    expect(now).not.toBe(shapes.at(-1));
    shapes.push(now);
  }
  // Same size, same time of change set back: the change of the inode itself gives it away.
  const { atime, mtime } = statSync(join(folder, 'a'));
  const before = shapeOfFile(join(folder, 'a')).shape;
  writeFileSync(join(folder, 'a'), '33');
  utimesSync(join(folder, 'a'), atime, mtime);
  expect(shapeOfFile(join(folder, 'a')).shape).not.toBe(before);
});

test('what changes between the look and the reading, and what leads outside, is refused', async () => {
  const folder = fresh();
  write(folder, { a: '1' });
  const look = lookAtFolder(folder);
  write(folder, { a: '1234' });
  const read = async (): Promise<void> => {
    for await (const _ of archiveOf(look));
  };
  await expect(read()).rejects.toMatchObject({ code: 'archive.unpackable' });
  symlinkSync('../../etc/passwd', join(folder, 'out'));
  expect(() => lookAtFolder(folder)).toThrow(/link/);
});
