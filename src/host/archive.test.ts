import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { chmod, lstat, mkdir, mkdtemp, readFile, readdir, readlink, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Problem } from '../kernel/problem.ts';
import { entryPath, linkProblem, type Tree } from './archive-names.ts';
import { extractArchive } from './archive.extract.ts';
import { openPlainFile, packPath, packPaths } from './archive.pack.ts';
import { TOO_LONG_MS } from '../testing/patience.ts';

// Real processes on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

let home = '';
let count = 0;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'ym-archive-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

async function fresh(): Promise<string> {
  const path = join(home, `outer-${count++}`, 'root');
  await mkdir(path, { recursive: true });
  return path;
}

async function tarOf(entries: readonly (Partial<Header> & { body?: string })[]): Promise<Buffer> {
  const out = pack();
  for (const { body, ...header } of entries)
    out.entry({ ...header, ...(body === undefined ? {} : { size: body.length }) } as Header, body ?? '');
  out.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of out) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const once = (bytes: Uint8Array) =>
  (async function* () {
    yield bytes;
  })();

async function attempt(bytes: Uint8Array, root: string, limits = {}): Promise<Problem | null> {
  return extractArchive(once(bytes), root, limits).then(
    () => null,
    (error: unknown) => {
      if (error instanceof Problem) return error;
      throw error;
    },
  );
}

/** Everything beside the root in its own outer folder: must stay nothing at all. */
const escaped = async (root: string) => (await readdir(join(root, '..'))).filter((name) => name !== 'root');

test('files, folders and inner links come out as they went in, and twice the same bytes go in', async () => {
  const from = await fresh();
  await mkdir(join(from, 'a/empty'), { recursive: true });
  await writeFile(join(from, 'a/run.sh'), '#!/bin/sh\n');
  await chmod(join(from, 'a/run.sh'), 0o4755);
  await writeFile(join(from, 'ünïcode and a long name '.repeat(8)), 'x');
  await writeFile(join(from, 'empty'), '');
  await writeFile(join(from, 'big'), Buffer.alloc(300_000, 7));
  await symlink('../big', join(from, 'a/link'));
  await symlink('not-there', join(from, 'dangling'));
  const first = await packPath(from, '.', join(home, 'one.tgz'));
  await utimes(join(from, 'big'), 1, 1);
  expect(await packPath(from, '', join(home, 'two.tgz'))).toEqual(first);

  const to = await fresh();
  const result = await extractArchive(createReadStream(join(home, 'one.tgz')), to);
  expect(result).toMatchObject({ digest: first.digest, entries: 8 });
  expect(await readlink(join(to, 'a/link'))).toBe('../big');
  expect((await readFile(join(to, 'big'))).equals(Buffer.alloc(300_000, 7))).toBe(true);
  expect((await lstat(join(to, 'a/run.sh'))).mode & 0o7777).toBe(0o755);
  expect((await lstat(join(to, 'empty'))).mode & 0o7777).toBe(0o644);
  expect(execFileSync('tar', ['tzf', join(home, 'one.tgz')], { encoding: 'utf8' }).split('\n')).toContain('a/empty');
});

test.each<[string, (Partial<Header> & { body?: string })[]]>([
  ['parent', [{ name: '../evil', body: 'x' }]],
  ['deep parent', [{ name: 'a/../../evil', body: 'x' }]],
  ['absolute', [{ name: '/tmp/ym-evil', body: 'x' }]],
  ['drive', [{ name: 'C:/evil', body: 'x' }]],
  ['backslash', [{ name: '..\\evil', body: 'x' }]],
  ['absolute link', [{ name: 'l', type: 'symlink', linkname: '/etc' }]],
  ['link out', [{ name: 'l', type: 'symlink', linkname: '../..' }]],
  [
    'link out through a folder',
    [
      { name: 'd', type: 'directory' },
      { name: 'd/l', type: 'symlink', linkname: '../../evil' },
    ],
  ],
  [
    'link out through a link',
    [
      { name: 'd', type: 'directory' },
      { name: 'd/up', type: 'symlink', linkname: '..' },
      { name: 'l', type: 'symlink', linkname: 'd/up/../x' },
    ],
  ],
  [
    'link in a circle',
    [
      { name: 'a', type: 'symlink', linkname: 'b' },
      { name: 'b', type: 'symlink', linkname: 'a' },
    ],
  ],
  ['climb out of nothing', [{ name: 'l', type: 'symlink', linkname: 'later/../../x' }]],
  [
    'file through a link',
    [
      { name: 'l', type: 'symlink', linkname: '.' },
      { name: 'l/f', body: 'x' },
    ],
  ],
  [
    'link over a folder',
    [
      { name: 'd/f', body: 'x' },
      { name: 'd', type: 'symlink', linkname: 'x' },
    ],
  ],
  [
    'twice',
    [
      { name: 'f', body: 'x' },
      { name: './f', body: 'y' },
    ],
  ],
  ['hard link', [{ name: 'h', type: 'link', linkname: '/etc/passwd' }]],
  ['device', [{ name: 'z', type: 'character-device', devmajor: 1, devminor: 5 }]],
  ['pipe', [{ name: 'p', type: 'fifo' }]],
  ['control character', [{ name: 'a\nb', body: 'x' }]],
])('refused: %s', async (_, entries) => {
  const root = await fresh();
  expect(await attempt(await tarOf(entries), root)).toMatchObject({ code: 'archive.unsafe' });
  expect(await escaped(root)).toEqual([]);
  expect(existsSync('/tmp/ym-evil')).toBe(false);
});

test('nothing is written through a link that stood there before, and only plain files are replaced', async () => {
  const root = await fresh();
  await mkdir(join(root, '../victim'));
  await symlink('../victim', join(root, 'dist'));
  await writeFile(join(root, 'old'), 'old');
  expect(await attempt(await tarOf([{ name: 'dist/evil', body: 'x' }]), root)).toMatchObject({ code: 'archive.unsafe' });
  expect(await attempt(await tarOf([{ name: 'dist', body: 'x' }]), root)).toMatchObject({ code: 'archive.unsafe' });
  expect(
    await attempt(
      await tarOf([
        { name: 'in', type: 'symlink', linkname: 'dist/x' },
        { name: 'deep', type: 'symlink', linkname: 'dist' },
      ]),
      root,
    ),
  ).toMatchObject({ code: 'archive.unsafe' });
  expect(await readdir(join(root, '../victim'))).toEqual([]);
  expect(await attempt(await tarOf([{ name: 'old', body: 'new' }]), root)).toBeNull();
  expect(await readFile(join(root, 'old'), 'utf8')).toBe('new');
});

test('limits: entries, bytes, depth, ratio; a bomb is found before it is unpacked', async () => {
  const root = await fresh();
  const many = await tarOf(Array.from({ length: 20 }, (_, i) => ({ name: `f${i}`, body: 'abc' })));
  expect(await attempt(many, root, { entries: 19 })).toMatchObject({ code: 'archive.too-large' });
  expect(await attempt(many, await fresh(), { bytes: 59 })).toMatchObject({ code: 'archive.too-large' });
  expect(await attempt(many, await fresh(), { bytes: 60, entries: 20 })).toBeNull();
  expect(await attempt(await tarOf([{ name: 'a/b/c/d', body: 'x' }]), await fresh(), { depth: 3 })).toMatchObject({
    code: 'archive.unsafe',
  });
  const out = pack();
  out.entry({ name: 'zeros', size: 200 * 1024 ** 2 }, Buffer.alloc(200 * 1024 ** 2));
  out.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of out) chunks.push(chunk as Buffer);
  const bomb = gzipSync(Buffer.concat(chunks), { level: 9 });
  const where = await fresh();
  const started = performance.now();
  expect(await attempt(bomb, where)).toMatchObject({ code: 'archive.too-large' });
  expect(performance.now() - started).toBeLessThan(TOO_LONG_MS);
  expect((await lstat(join(where, 'zeros')).catch(() => ({ size: 0 }))).size).toBeLessThan(80 * 1024 ** 2);
});

test('empty, cut and foreign bytes are unreadable, not half a success', async () => {
  const whole = await tarOf([{ name: 'f', body: 'x'.repeat(2000) }]);
  for (const bytes of [
    Buffer.alloc(0),
    whole.subarray(0, 700),
    Buffer.from('PK\x03\x04 not a tar at all'.padEnd(600, '.')),
    gzipSync(whole).subarray(0, 60),
    Buffer.from([0x1f, 0x8b, 0, 0]),
  ]) {
    expect(await attempt(bytes, await fresh())).toMatchObject({ code: 'archive.unreadable' });
  }
});

test('packing refuses pipes, links to the outside and paths through links; caches leave out what is missing', async () => {
  const root = await fresh();
  await mkdir(join(root, 'd'));
  await symlink('../../secret', join(root, 'd/out'));
  await expect(packPath(root, 'd', join(home, 'x.tgz'))).rejects.toMatchObject({ code: 'archive.unpackable' });
  await symlink('/etc', join(root, 'etc'));
  await expect(packPath(root, 'etc', join(home, 'x.tgz'))).rejects.toMatchObject({ code: 'archive.unpackable' });
  await expect(packPath(root, 'etc/hostname', join(home, 'x.tgz'))).rejects.toMatchObject({ code: 'archive.unpackable' });
  await expect(packPath(root, 'missing', join(home, 'x.tgz'))).rejects.toMatchObject({ code: 'archive.unpackable' });
  execFileSync('mkfifo', [join(root, 'pipe')]);
  await expect(packPath(root, 'pipe', join(home, 'x.tgz'))).rejects.toMatchObject({ code: 'archive.unpackable' });
  await expect(openPlainFile(join(root, 'etc', 'hostname'))).rejects.toMatchObject({ code: 'archive.unpackable' });
  await writeFile(join(root, 'keep'), 'k');
  expect(await packPaths(root, ['nope', 'etc/hosts'], join(home, 'x.tgz'))).toBeNull();
  await packPaths(root, ['keep', 'nope', './keep'], join(home, 'c.tgz'));
  expect(execFileSync('tar', ['tzf', join(home, 'c.tgz')], { encoding: 'utf8' })).toBe('keep\n');
});

test('names: nothing that the check lets through can leave the root (10,000 hostile names)', () => {
  const hostile = fc.array(
    fc.oneof(
      fc.constantFrom('..', '.', '', '/', '\\', '\0', 'C:', '~', '...', 'a', 'b', '%2e%2e', '\u2025'),
      fc.string({ maxLength: 6, unit: 'binary' }),
    ),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(hostile, fc.constantFrom('/', '//', ''), (parts, joint) => {
      const checked = entryPath(parts.join(joint), 64);
      if ('why' in checked) return;
      const path = join('/root', checked.path);
      expect(path === '/root' || path.startsWith('/root/')).toBe(true);
      expect(checked.path).not.toMatch(/[\0\\]|(^|\/)\.\.?(\/|$)|^\/|\/$/);
    }),
    { numRuns: 10_000 },
  );
});

test('links: what the check lets through stays inside when the real file system follows it', async () => {
  const root = await fresh();
  await mkdir(join(root, 'x/y'), { recursive: true });
  const name = fc.constantFrom('p', 'q', 'x/l', 'x/y/m');
  const target = fc
    .array(fc.constantFrom('..', '.', 'x', 'y', 'p', 'q', 'l', 'm', 'gone'), { minLength: 1, maxLength: 6 })
    .map((parts) => parts.join('/'));
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.tuple(name, target), { minLength: 1, maxLength: 4, selector: ([path]) => path }), async (links) => {
      const tree: Tree = new Map<string, 'dir' | { link: string }>([
        ['x', 'dir'],
        ['x/y', 'dir'],
        ...links.map(([path, link]) => [path, { link }] as const),
      ]);
      if (links.some(([path, link]) => linkProblem(tree, path, link) !== null)) return;
      for (const [path, link] of links) await symlink(link, join(root, path));
      try {
        for (const [path] of links) {
          const end = execFileSync('readlink', ['-m', join(root, path)], { encoding: 'utf8' }).trim();
          expect(end === root || end.startsWith(`${root}/`), `${path} ends at ${end}`).toBe(true);
        }
      } finally {
        for (const [path] of links) await rm(join(root, path));
      }
    }),
    { numRuns: 300 },
  );
});

const corpus = join(process.env.YARDMASTER_CORPUS ?? '../shared/corpus', 'archives');
const files = existsSync(corpus) ? readdirSync(corpus, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()) : [];

test.skipIf(files.length === 0)(
  'corpus: no archive of others escapes, leaves a special file, hangs or crashes (skipped where the corpus is absent)',
  { timeout: 600_000 },
  async () => {
    let good = 0;
    for (const entry of files) {
      const root = await fresh();
      const problem = await attempt(await readFile(join(entry.parentPath, entry.name)), root, { bytes: 64 * 1024 ** 2 });
      if (problem === null) good++;
      expect(await escaped(root), entry.name).toEqual([]);
      for (const made of await readdir(root, { recursive: true, withFileTypes: true }))
        expect(made.isFile() || made.isDirectory() || made.isSymbolicLink(), `${entry.name}: ${made.name}`).toBe(true);
      await rm(join(root, '..'), { recursive: true });
    }
    expect(good).toBeGreaterThan(10);
  },
);
