import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { Floor, Tx } from '../../platform/floor.ts';
import type { SealedColumn } from '../../platform/keys/sealed.port.ts';
import { viewKeys } from '../../platform/keys/keys.views.ts';
import { ruleRows } from '../../platform/retention/retention.store.ts';
import { diagnose } from '../doctor/doctor.system.ts';
import { describeInstance } from '../instance.system.ts';
import { redacted } from './redact.ts';
import * as views from './support.views.ts';

const TAIL_BYTES = 1024 ** 2;

export type Entry = { readonly name: string; readonly what: string; readonly text: string };
export type BundleManifest = {
  readonly format: 'yardmaster-support/1';
  readonly madeAt: string;
  readonly version: string;
  readonly files: readonly { readonly name: string; readonly what: string; readonly bytes: number; readonly sha256: string }[];
  readonly leftOut: readonly string[];
};

const LEFT_OUT = [
  'secrets, keys, tokens and sessions, also sealed ones',
  'names and e-mail addresses of people, and everything that a fact says',
  'reports, artifacts, sources and logs of jobs',
  'anything in a log that looks like a secret or an e-mail address: *** or <e-mail> stands for it',
];

/** What helps to find a fault, as one tar.gz, with a manifest that says what is in it and what was left out. */
export async function supportBundle(
  floor: Floor,
  columns: readonly SealedColumn[],
  log: readonly string[],
): Promise<{ readonly bytes: Uint8Array; readonly manifest: BundleManifest }> {
  const entries = await entriesOf(floor, columns, log);
  const manifest: BundleManifest = {
    format: 'yardmaster-support/1',
    madeAt: await floor.db.read(floor.org, (tx) => tx.now()),
    version: JSON.parse(entries.find(({ name }) => name === 'instance.json')?.text ?? '{}')['version'] ?? 'unknown',
    files: entries.map(({ name, what, text }) => ({
      name,
      what,
      bytes: Buffer.byteLength(text),
      sha256: createHash('sha256').update(text).digest('hex'),
    })),
    leftOut: LEFT_OUT,
  };
  const all: Entry[] = [{ name: 'manifest.json', what: 'this list', text: json(manifest) }, ...entries];
  return { bytes: gzipSync(await tar(all)), manifest };
}

/** Each part by itself: one that can't be had is told in its place, and the others are there all the same. */
async function entriesOf(floor: Floor, columns: readonly SealedColumn[], log: readonly string[]): Promise<Entry[]> {
  const across = <Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> => floor.db.read('*', work);
  const parts: readonly (readonly [string, string, () => Promise<unknown>])[] = [
    ['doctor.json', 'what doctor finds', () => diagnose(floor)],
    ['instance.json', 'versions, servers and the settings in force, without secrets', () => describeInstance(floor)],
    ['keys.json', 'names and states of keys', () => across((tx) => viewKeys(tx, columns))],
    ['tables.json', 'sizes of tables', () => across(views.tableSizes)],
    ['jobs.json', 'durable work by task, with the last error', () => across(views.jobStates)],
    ['database.json', 'settings of PostgreSQL that differ from its defaults', () => across(views.databaseSettings)],
    ['connections.json', 'connections by what they do', () => across(views.connections)],
    ['migrations.json', 'migrations and when they were applied', () => across(views.migrations)],
    ['machines.json', 'runners and agents by id, and when they were heard of', () => across(views.machines)],
    [
      'retention.json',
      'how long things are kept, where somebody decided it',
      () => floor.db.read(floor.org, async (tx) => (await ruleRows(tx)).map(({ what, days }) => ({ what, days }))),
    ],
    ['statements.json', 'the slowest statements, where PostgreSQL counts them', () => across(views.slowStatements)],
  ];
  const entries: Entry[] = [];
  for (const [name, what, work] of parts) {
    const value = await work().catch((error: unknown) => ({ couldNotBeHad: error instanceof Error ? error.message : String(error) }));
    entries.push({ name, what, text: redacted(json(value)) });
  }
  entries.push({ name: 'server.log', what: 'the newest lines of the server’s log', text: redacted(log.join('')) });
  entries.push({
    name: 'postgres.log',
    what: 'the newest lines of the embedded PostgreSQL’s log',
    text: redacted(await tail(join(floor.config.state, 'postgres.log'))),
  });
  return entries;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 1)}\n`;
}

/** The end of a file, in whole lines; empty where there is none. */
export async function tail(path: string, bytes = TAIL_BYTES): Promise<string> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return '';
  try {
    const { size } = await file.stat();
    const buffer = Buffer.alloc(Math.min(size, bytes));
    await file.read(buffer, 0, buffer.length, size - buffer.length);
    const text = buffer.toString('utf8');
    return size > bytes ? text.slice(text.indexOf('\n') + 1) : text;
  } finally {
    await file.close();
  }
}

function tar(entries: readonly Entry[]): Promise<Buffer> {
  return new Promise((done, failed) => {
    const stream = pack();
    const chunks: Buffer[] = [];
    stream.on('data', (chunk) => void chunks.push(chunk as Buffer));
    stream.on('error', failed);
    stream.on('end', () => done(Buffer.concat(chunks)));
    for (const { name, text } of entries) stream.entry({ name: `yardmaster-support/${name}`, mode: 0o600, mtime: new Date(0) }, text);
    stream.finalize();
  });
}
