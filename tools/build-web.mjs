// npm run build:web: the screens into web/dist, with a gzip and a brotli form beside each file, so that no server compresses while it answers.
//   --if-missing   only where there is no build yet
//   --size         says what the first screen weighs, and fails over its limit of 200 kB (gzip)
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { bin, root } from './steps.mjs';

const LIMIT = 200_000;
const dist = join(root, 'web/dist');
if (!(process.argv.includes('--if-missing') && existsSync(join(dist, 'index.html')))) build();
if (process.argv.includes('--size')) weigh();

function build() {
  const built = spawnSync(bin('vite'), ['build', '--config', 'web/vite.config.ts', '--logLevel', 'warn'], { cwd: root, stdio: 'inherit' });
  if (built.status !== 0) process.exit(built.status ?? 1);
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(?:js|css|html|svg|json)$/.test(name)) continue;
    const bytes = readFileSync(join(dist, name));
    if (bytes.length < 500) continue;
    writeFileSync(join(dist, `${name}.gz`), gzipSync(bytes, { level: 9 }));
    writeFileSync(join(dist, `${name}.br`), brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 10 } }));
  }
}

/** The page, what it names, and the chunk of the Yard with what that one imports. */
function weigh() {
  const html = readFileSync(join(dist, 'index.html'), 'utf8');
  const named = [...html.matchAll(/\/(assets\/[\w.-]+\.(?:js|css))/g)].map((match) => match[1]);
  const wanted = new Set(['index.html', ...named, ...yard(named)]);
  let sum = 0;
  for (const name of wanted) sum += gzipSync(readFileSync(join(dist, name)), { level: 9 }).length;
  process.stdout.write(`first screen: ${wanted.size} files, ${(sum / 1000).toFixed(1)} kB gzipped (limit ${LIMIT / 1000} kB)\n`);
  if (sum > LIMIT) process.exit(1);
}

/** Files that the entry loads for `/`: vite's map of a lazy import names the chunk and everything it needs. */
function yard(named) {
  const entry = named.find((name) => name.endsWith('.js'));
  const text = readFileSync(join(dist, entry), 'utf8');
  const deps = /m\.f\|\|\(m\.f=(\[[^\]]*\])/.exec(text)?.[1] ?? /const __vite__mapDeps=[^[]*(\[[^\]]*\])/.exec(text)?.[1];
  const first = /import\(["'`]\.\/(page-[\w-]+\.js)["'`]\)/.exec(text)?.[1];
  if (first === undefined) throw new Error('the entry loads no screen: has the form of the build changed?');
  const list = deps === undefined ? [] : JSON.parse(deps);
  const call = new RegExp(`import\\(["'\`]\\./${first}["'\`]\\),__vite__mapDeps\\(\\[([\\d,]*)\\]\\)`).exec(text)?.[1] ?? '';
  return [
    `assets/${first}`,
    ...call
      .split(',')
      .filter((index) => index !== '')
      .map((index) => list[Number(index)]),
  ];
}
