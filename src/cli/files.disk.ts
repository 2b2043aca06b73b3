import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Problem } from '../kernel/problem.ts';
import { unreadable, unwritable } from './cli.problems.ts';

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'it is not there',
  EACCES: 'you may not',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is no folder',
  ENOSPC: 'the disk is full',
};

function why(error: unknown): string | null {
  const { code } = error as NodeJS.ErrnoException;
  return code === undefined ? null : (WORDS[code] ?? code);
}

/** The bytes of a file, or a problem that names it. */
export async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw unreadable({ file, why: why(error) ?? String(error) });
  }
}

/** The text of a file; `-` is standard input. */
export async function readText(file: string): Promise<string> {
  return file === '-' ? readStdin() : Buffer.from(await readBytes(file)).toString('utf8');
}

/** All of standard input. */
export async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** Whether there is something under this name. */
export async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}

/** Makes the folder that a file goes into. */
export async function makeFolderOf(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
}

/** Writes a whole file: it is there completely, or as it was before. */
export async function writeWhole(file: string, content: string | ReadableStream<Uint8Array>): Promise<void> {
  const part = `${file}.${process.pid}.part`;
  try {
    if (typeof content === 'string') await writeFile(part, content, { mode: 0o644 });
    else await pipeline(Readable.fromWeb(content as never), createWriteStream(part, { mode: 0o644 }));
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    const reason = why(error);
    throw reason === null ? error : unwritable({ file, why: reason });
  }
}

/** Opens a file for sending, and again for each try; `-` is standard input, which can be sent once. A problem names what can't be read. */
export async function streamIn(file: string): Promise<() => ReadableStream<Uint8Array>> {
  if (file === '-') {
    const bytes = Buffer.from(await readAll(process.stdin as AsyncIterable<Buffer>));
    return () => new Blob([bytes]).stream();
  }
  try {
    const handle = await open(file);
    const info = await handle.stat().finally(() => handle.close());
    if (!info.isFile()) throw unreadable({ file, why: 'it is no file' });
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw unreadable({ file, why: why(error) ?? String(error) });
  }
  return () => Readable.toWeb(createReadStream(file)) as unknown as ReadableStream<Uint8Array>;
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
