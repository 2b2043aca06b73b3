import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';
import { RE2JS } from 're2js';
import { readReport } from '../../src/gates/reports/read.ts';
import { extractArchive } from '../../src/host/archive.extract.ts';
import { readYaml } from '../../src/kernel/yaml.ts';
import { parseJson } from '../../src/platform/http/limits.ts';

/**
 * Reads hostile files as the product reads them, one order `{kind, file}` a line, and answers how long it took and how far
 * its resident memory rose at its highest, by the kernel's own count. Refusals are answers; only an end of the process is none.
 */
type Order = { readonly kind: string; readonly file: string };

async function* bytes(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 65_536) yield content.subarray(at, at + 65_536);
}
async function* repeated(head: string, piece: string, times: number): AsyncGenerator<Uint8Array> {
  yield Buffer.from(head);
  const block = Buffer.from(piece.repeat(1000));
  for (let done = 0; done < times; done += 1000) yield block;
}

const zeros = (): Buffer => {
  // A small gzip of a large one of nothing: twelve members of 8 MiB, each of which unpacks to 256 MiB as a whole.
  const member = gzipSync(Buffer.alloc(64 * 1024 ** 2));
  return Buffer.concat(Array.from({ length: 160 }, () => member));
};

const MADE: Readonly<Record<string, () => Promise<unknown>>> = {
  'xml: a million nested elements': () => readReport('junit', repeated('<testsuite>', '<testsuite>', 1_000_000)),
  'xml: an attribute of 50 MB': () => readReport('junit', repeated('<testsuite name="', 'a'.repeat(50), 1_000_000)),
  'xml: a text of 50 MB of entities': () => readReport('junit', repeated('<testsuite><testcase><failure>', '&amp;'.repeat(10), 1_000_000)),
  'json: ten million brackets': () => readReport('sarif', repeated('{"version":"2.1.0","runs":', '[', 10_000_000)),
  'text: a line of 100 MB': () => readReport('lcov', repeated('SF:', 'a'.repeat(100), 1_000_000)),
  'yaml: aliases of aliases': async () =>
    readYaml(
      [
        'a: &a [x, x, x, x, x, x, x, x, x]',
        ...'bcdefghij'.split('').map((one, at) => `${one}: &${one} [${`*${'abcdefghij'[at]}, `.repeat(9)}x]`),
      ].join('\n'),
      'bomb.yaml',
    ),
  'yaml: 1 MiB of brackets': async () => readYaml('['.repeat(1024 ** 2), 'deep.yaml'),
  'json: 4 MiB of brackets': async () => parseJson('['.repeat(4 * 1024 ** 2)),
  'archive: ten gigabytes of nothing': () => unpack(zeros()),
};

async function unpack(content: Uint8Array): Promise<unknown> {
  const folder = mkdtempSync(join(tmpdir(), 'ym-hostile-'));
  try {
    return await extractArchive(bytes(content), folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function act({ kind, file }: Order): Promise<unknown> {
  if (kind === 'made') return MADE[file]?.();
  const content = readFileSync(file);
  if (kind === 'archives') return unpack(content);
  if (kind === 'parsers-yaml') return readYaml(content.toString('utf8'), 'hostile.yaml');
  if (kind === 'parsers-xml') return [await readReport('junit', bytes(content)), await readReport('cobertura', bytes(content))];
  if (kind === 'regex') return search(JSON.parse(content.toString('utf8')) as { pattern?: string });
  await readReport('sarif', bytes(content)).catch(() => null);
  return parseJson(content.toString('utf8'));
}

function search({ pattern = '' }: { pattern?: string }): boolean {
  const compiled = RE2JS.compile(pattern);
  return ['a', '0', ' ', 'ab', '\t'].some((piece) => compiled.matcher(`${piece.repeat(50_000)}!`).find());
}

function rss(name: 'VmHWM' | 'VmRSS'): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
}

if (process.argv[2] === 'names') process.stdout.write(`${JSON.stringify(Object.keys(MADE))}\n`);
else {
  for await (const line of createInterface({ input: process.stdin })) {
    globalThis.gc?.();
    // From here on the kernel counts the peak anew (proc(5), clear_refs).
    writeFileSync('/proc/self/clear_refs', '5');
    const before = rss('VmRSS');
    const [began, cpu] = [performance.now(), process.cpuUsage()];
    await act(JSON.parse(line) as Order).catch(() => null);
    const used = process.cpuUsage(cpu);
    const told = {
      ms: performance.now() - began,
      cpuMs: (used.user + used.system) / 1000,
      roseMiB: rss('VmHWM') - before,
      peakMiB: rss('VmHWM'),
    };
    process.stdout.write(`${JSON.stringify(told)}\n`);
  }
}
