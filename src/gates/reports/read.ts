import { shapeOf, textHead, xmlHead } from './detect.ts';
import type { JsonDocument, JsonFormat, Topic, Wanted } from './format.ts';
import { JSON_FORMATS, TEXT_FORMATS, XML_FORMATS } from './formats.ts';
import { unzipped } from './gzip.ts';
import { asObject, parseJsonValues, readJsonText } from './json.ts';
import { merged } from './merge.ts';
import type { ByteStream, Contents, Reading, ReportKind } from './model.ts';
import { ReportFault, clip } from './model.ts';
import { readSarifStream } from './sarif.ts';
import { utf16Of } from './text.ts';
import { isZip, unzip } from './zip.ts';

const HEAD = 32_768;
const NO_WORDS: Wanted = { failures: 0 };

/** What each kind that a job can declare leaves room for: a format, or a topic. `auto` leaves all. */
const NARROW: Readonly<Record<Exclude<ReportKind, 'auto'>, { readonly format?: string; readonly topic: Topic }>> = {
  tests: { topic: 'tests' },
  coverage: { topic: 'coverage' },
  findings: { topic: 'findings' },
  sbom: { topic: 'sbom' },
  junit: { format: 'junit', topic: 'tests' },
  lcov: { format: 'lcov', topic: 'coverage' },
  cobertura: { format: 'cobertura', topic: 'coverage' },
  sarif: { format: 'sarif', topic: 'findings' },
  cyclonedx: { format: 'cyclonedx', topic: 'sbom' },
};

/**
 * Reads one report by what it holds. The kind that its job declared narrows what it may be and never overrides what it
 * is: a file that shows itself to be something else is unreadable, and the reason says so. Whatever the file holds, this
 * answers; it throws only where the bytes themselves can't be had.
 */
export async function readReport(kind: ReportKind, given: ByteStream, wanted: Wanted = NO_WORDS): Promise<Reading> {
  let format: string | null = null;
  const recognised = (id: string, topics: readonly Topic[]): void => {
    format = id;
    const room = kind === 'auto' ? null : NARROW[kind];
    if (room === null || (room.format === undefined ? topics.includes(room.topic) : room.format === id)) return;
    throw new ReportFault(`the job declared ${kind}, and this is a ${id} report`);
  };
  try {
    const { head, first, all } = await peek(unzipped(given));
    const contents = isZip(first) ? await archived(all, wanted, recognised) : await contentsOf(all, head, wanted, recognised);
    return { state: 'ok', format: format ?? 'unknown', contents };
  } catch (error) {
    if (!(error instanceof ReportFault)) throw error;
    const { state, contents = null, place = null } = error;
    return { state, reason: clip(error.message, 1000), format, contents, place };
  }
}

type Recognised = (id: string, topics: readonly Topic[]) => void;

async function contentsOf(bytes: ByteStream, head: string, wanted: Wanted, recognised: Recognised): Promise<Contents> {
  const shape = shapeOf(head);
  if (shape === 'json') return readJson(bytes, head, wanted, recognised);
  if (shape === 'xml') {
    const seen = xmlHead(head);
    const format = seen === null ? undefined : XML_FORMATS.find((one) => one.is(seen));
    if (format === undefined) throw await unknownXml(bytes, seen?.root ?? null);
    recognised(format.id, format.topics);
    return format.read(bytes, wanted);
  }
  const seen = textHead(head);
  if (seen.text === '') throw new ReportFault('the file is empty', 'empty');
  const format = TEXT_FORMATS.find((one) => one.is(seen));
  if (format === undefined) throw new ReportFault('the file is of no format that is read');
  recognised(format.id, format.topics);
  return format.read(bytes, wanted);
}

/** A document that is broken is told as broken, with its place; one that is whole is of a format that nobody knows. */
async function unknownXml(bytes: ByteStream, root: string | null): Promise<ReportFault> {
  const { readXml } = await import('./xml.ts');
  try {
    await readXml(bytes, { open: () => undefined, close: () => undefined });
  } catch (error) {
    if (error instanceof ReportFault) return error;
    throw error;
  }
  return new ReportFault(`no format is known whose root element is <${(root ?? '').slice(0, 60)}>`);
}

async function readJson(bytes: ByteStream, head: string, wanted: Wanted, recognised: Recognised): Promise<Contents> {
  if (looksLikeSarif(head)) {
    recognised('sarif', ['findings']);
    return readSarifStream(bytes);
  }
  const values = parseJsonValues(await readJsonText(bytes));
  const [first] = values;
  const list = values.length === 1 && Array.isArray(first) ? (first as unknown[]) : null;
  const document: JsonDocument = { values, list, root: asObject(list === null ? first : list[0]) ?? {} };
  const format = JSON_FORMATS.find((one: JsonFormat) => one.is(document));
  if (format === undefined) {
    const keys = Object.keys(document.root)
      .slice(0, 8)
      .map((key) => JSON.stringify(clip(key, 40)));
    throw new ReportFault(`the JSON is of no format that is read${keys.length === 0 ? '' : ` (it has ${keys.join(', ')})`}`);
  }
  recognised(format.id, format.topics);
  return format.read(document, wanted);
}

/** In UTF-8, and by what a log of SARIF begins with: its schema. It is read as it comes; without it the whole document is. */
function looksLikeSarif(head: string): boolean {
  return /^\s*\{/.test(head) && /"\$schema"\s*:\s*"[^"]{0,500}sarif/i.test(head.slice(0, 4096)) && !head.startsWith('\uFEFF');
}

/** The reports inside an archive, all of one format, as one. */
async function archived(bytes: ByteStream, wanted: Wanted, recognised: Recognised): Promise<Contents> {
  const found: Contents[] = [];
  const formats = new Set<string>();
  for (const file of await unzip(bytes)) {
    const { head, first, all } = await peek(file.bytes);
    if (isZip(first)) throw new ReportFault('an archive inside an archive is not read');
    const each: Recognised = (id, topics) => {
      formats.add(id);
      recognised(id, topics);
    };
    found.push(await contentsOf(all, head, wanted, each));
  }
  if (formats.size > 1) throw new ReportFault(`the archive holds several formats: ${[...formats].join(', ')}`);
  return merged(found);
}

async function peek(bytes: ByteStream): Promise<{ head: string; first: Uint8Array; all: ByteStream }> {
  const source = bytes[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let size = 0;
  while (size < HEAD) {
    const next = await source.next();
    if (next.done === true) break;
    chunks.push(next.value);
    size += next.value.length;
  }
  const head = Buffer.concat(chunks).subarray(0, HEAD);
  const label = utf16Of(head) ?? 'utf-8';
  async function* all(): AsyncGenerator<Uint8Array> {
    yield* chunks.splice(0);
    for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
  }
  return { head: new TextDecoder(label, { ignoreBOM: label !== 'utf-8' }).decode(head), first: head, all: all() };
}
