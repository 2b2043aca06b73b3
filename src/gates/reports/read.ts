import { readCobertura } from './cobertura.ts';
import { readCycloneDx } from './cyclonedx.ts';
import { readCycloneDxXml } from './cyclonedx-xml.ts';
import { readJunit } from './junit.ts';
import { readLcov } from './lcov.ts';
import type { ByteStream, Contents, Reading, ReportKind } from './model.ts';
import { ReportFault, clip } from './model.ts';
import { readSarif } from './sarif.ts';

const HEAD = 4096;

/**
 * Reads one report of the kind that its job declared. Whatever the file holds, this answers; it throws only where the
 * bytes themselves can't be had. A file that shows itself to be of another kind is unreadable, and the reason says so.
 */
export async function readReport(kind: ReportKind, bytes: ByteStream): Promise<Reading> {
  const { head, all } = await peek(bytes);
  try {
    const seen = sniff(head);
    if (seen !== null && seen !== kind) throw new ReportFault(`the job declared ${kind}, and this is a ${seen} report`);
    return { state: 'ok', contents: await contentsOf(kind, all, head) };
  } catch (error) {
    if (error instanceof ReportFault) return { state: error.state, reason: clip(error.message, 1000) };
    throw error;
  }
}

async function contentsOf(kind: ReportKind, bytes: ByteStream, head: string): Promise<Contents> {
  switch (kind) {
    case 'junit':
      return { tests: await readJunit(bytes) };
    case 'lcov':
      return { coverage: await readLcov(bytes) };
    case 'cobertura':
      return { coverage: await readCobertura(bytes) };
    case 'sarif':
      return { findings: await readSarif(bytes) };
    case 'cyclonedx':
      return await (head.trimStart().startsWith('<') ? readCycloneDxXml(bytes) : readCycloneDx(bytes));
  }
}

/** The kind that the first bytes give away, or null where they don't. */
export function sniff(head: string): ReportKind | null {
  const text = head.replace(/^\uFEFF/, '').trimStart();
  if (text.startsWith('<')) {
    const root = /<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)[\s/>]/.exec(text.replace(/<[?!][^>]*>/g, ''))?.[2];
    return root === 'testsuites' || root === 'testsuite'
      ? 'junit'
      : root === 'coverage'
        ? 'cobertura'
        : root === 'bom'
          ? 'cyclonedx'
          : null;
  }
  if (text.startsWith('{')) return /"bomFormat"\s*:/.test(text) ? 'cyclonedx' : /"\$schema"\s*:\s*"[^"]*sarif/i.test(text) ? 'sarif' : null;
  return /^(?:TN:|SF:)/.test(text) ? 'lcov' : null;
}

async function peek(bytes: ByteStream): Promise<{ head: string; all: ByteStream }> {
  const source = bytes[Symbol.asyncIterator]();
  const first: Uint8Array[] = [];
  let size = 0;
  while (size < HEAD) {
    const next = await source.next();
    if (next.done === true) break;
    first.push(next.value);
    size += next.value.length;
  }
  const head = Buffer.concat(first).subarray(0, HEAD);
  const utf16 = head[0] === 0xff && head[1] === 0xfe;
  async function* all(): AsyncGenerator<Uint8Array> {
    yield* first;
    for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
  }
  return { head: head.toString(utf16 ? 'utf16le' : 'utf8'), all: all() };
}
