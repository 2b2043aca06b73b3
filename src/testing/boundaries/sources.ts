import { readdir, readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Import, SourceFile } from './rules.ts';

const ROOT = join(import.meta.dirname, '../..');
const IMPORT = /(?:^|\n)\s*(?:import|export)\s+(type\s+)?([^;'"]*?)\s*from\s*'([^']+)'/g;
const DYNAMIC = /\bimport\(\s*'(\.[^']+)'\s*\)/g;

/** Every TypeScript file under src, with what it imports of ours. */
export async function readSources(): Promise<SourceFile[]> {
  const names = (await readdir(ROOT, { recursive: true })).map((name) => name.replaceAll('\\', '/')).filter((name) => name.endsWith('.ts'));
  return Promise.all(
    names
      .sort()
      .map(async (path) => ({ path, text: await readFile(join(ROOT, path), 'utf8') }))
      .map(async (read) => withImports(await read)),
  );
}

function withImports({ path, text }: { path: string; text: string }): SourceFile {
  const imports: Import[] = [];
  for (const [, type, names = '', from = ''] of text.matchAll(IMPORT)) {
    if (from.startsWith('.')) imports.push({ from: resolve(path, from), typeOnly: type !== undefined || onlyTypes(names) });
  }
  for (const [, from = ''] of text.matchAll(DYNAMIC)) imports.push({ from: resolve(path, from), typeOnly: false });
  return { path, text, imports };
}

function onlyTypes(names: string): boolean {
  const inner = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1];
  return inner !== undefined && inner.split(',').every((name) => name.trim() === '' || name.trim().startsWith('type '));
}

function resolve(path: string, from: string): string {
  return posix.normalize(posix.join(posix.dirname(path), from));
}
