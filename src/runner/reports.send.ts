import { readdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobPlan } from '../contract/runner.ts';
import { openPlainFile } from '../host/archive.pack.ts';
import { digestOf, type Digest } from '../kernel/digest.ts';
import { redactBytes, type Redactor } from './redact.ts';
import { upload, type Transfer } from './transfer.http.ts';

/** No report that a tool writes is larger; the server reads none that is. */
const MAX_REPORT = 200 * 1024 ** 2;
const MAX_LOCK_FILE = 32 * 1024 ** 2;
const MAX_LOCK_FILES = 100;

/** Files that say exactly which packages a build takes. */
const LOCK_FILES: ReadonlySet<string> = new Set([
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  'bun.lock',
  'poetry.lock',
  'uv.lock',
  'Pipfile.lock',
  'requirements.txt',
  'go.sum',
  'go.mod',
  'Cargo.lock',
  'Gemfile.lock',
  'composer.lock',
  'gradle.lockfile',
  'packages.lock.json',
  'mix.lock',
  'pom.xml',
]);

export type SentReport = { readonly name: string; readonly kind: string; readonly path: string; readonly digest: Digest | null };

/** Uploads each report, masked like the log. One that is not there, is no plain file of the workspace, or is too large has the digest null. */
export async function sendReports(transfer: Transfer, plan: JobPlan, redactor: () => Redactor): Promise<SentReport[]> {
  const sent: SentReport[] = [];
  const workspace = await realpath(transfer.place.workspace);
  for (const [index, { name, kind, path }] of plan.reports.entries()) {
    const bytes = await readPlain(join(workspace, path), MAX_REPORT);
    if (bytes === null) {
      await transfer.log.write(`! report ${name}: there is no readable file ${path} of at most ${MAX_REPORT} bytes\n`);
      sent.push({ name, kind, path, digest: null });
      continue;
    }
    const masked = redactBytes(redactor, bytes);
    if (!bytes.equals(masked)) await transfer.log.write(`! report ${name}: it held a secret, which was masked\n`);
    sent.push({ name, kind, path, digest: await keep(transfer, `report-${index}`, masked) });
  }
  return sent;
}

export type Material = { readonly path: string; readonly digest: Digest };

/** The lock files of the source as they came, before any step could change them; uploaded for the list of what the artifact is made of. */
export async function sendMaterials(
  transfer: Transfer,
  materials: readonly { readonly path: string; readonly bytes: Uint8Array }[],
): Promise<Material[]> {
  const sent: Material[] = [];
  for (const [index, { path, bytes }] of materials.entries()) sent.push({ path, digest: await keep(transfer, `material-${index}`, bytes) });
  return sent;
}

/** Reads the lock files of a workspace, three folders deep, without installed packages. */
export async function findMaterials(workspace: string): Promise<{ readonly path: string; readonly bytes: Uint8Array }[]> {
  const found: { path: string; bytes: Uint8Array }[] = [];
  const root = await realpath(workspace);
  const look = async (folder: string, depth: number): Promise<void> => {
    const entries = (await readdir(join(root, folder), { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (found.length >= MAX_LOCK_FILES) return;
      if (entry.isDirectory() && depth < 3 && entry.name !== 'node_modules' && !entry.name.startsWith('.')) await look(path, depth + 1);
      if (!entry.isFile() || !LOCK_FILES.has(entry.name)) continue;
      const bytes = await readPlain(join(root, path), MAX_LOCK_FILE);
      if (bytes !== null) found.push({ path, bytes });
    }
  };
  await look('', 0);
  return found;
}

async function keep(transfer: Transfer, name: string, bytes: Uint8Array): Promise<Digest> {
  const file = join(transfer.place.transfer, name);
  await writeFile(file, bytes, { mode: 0o600 });
  const digest = digestOf(bytes);
  await upload(transfer, file, digest);
  return digest;
}

async function readPlain(path: string, limit: number): Promise<Buffer | null> {
  const file = await openPlainFile(path).catch(() => null);
  if (file === null) return null;
  try {
    return (await file.stat()).size > limit ? null : await file.readFile();
  } finally {
    await file.close();
  }
}
