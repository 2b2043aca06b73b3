import { execFileSync } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { appendFile, chmod, copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { system } from '../../kernel/actor.ts';
import { digestOf } from '../../kernel/digest.ts';
import { defineEvent } from '../../kernel/event.ts';
import { Problem } from '../../kernel/problem.ts';
import { testDatabase, testFloor } from '../../testing/database.ts';
import { openBlobStore } from '../blobs/disk.system.ts';
import { openSigningKeys } from '../keys/signing.system.ts';
import { checkpointLogPath } from '../ledger/checkpoint-log.system.ts';
import { placeFacts, publishCheckpoint } from '../ledger/sequencer.system.ts';
import { makeLog } from '../log.system.ts';
import { clientOptions, type Where } from '../postgres/pool.system.ts';
import { makeBackup, type MadeBackup } from './make.system.ts';
import { blobName, folderPlace, tarPlace, type BackupPlace } from './place.system.ts';
import { mustBeEmpty, restoreBackup } from './restore.system.ts';
import { verifyBackup } from './verify.system.ts';
import { placeKeys, unsealKeys } from './keys.system.ts';

const database = await testDatabase();
const floor = await testFloor({ database });
const said = defineEvent({ type: 'test.said', subject: 'tst', means: 'something was said', body: z.object({ text: z.string() }) });
const folders: string[] = [];
const fresh = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'ym-backup-test-'));
  await chmod(folder, 0o755);
  folders.push(folder);
  return folder;
};
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

/** Facts, places in the ledger, a session, a running job's blob, and documents that speak of further blobs. */
const inner = await floor.blobs.put('what only a document speaks of');
const document = await floor.blobs.put(JSON.stringify({ inner: inner.digest }));
const stranger = await floor.blobs.put('what nobody speaks of');
const awkward = 'tab\t newline\n back\\slash "quotes" \u2028 \\N é 😀';
await say(`${document.digest} ${awkward}`);
for (let at = 0; at < 300; at += 1) await say(`fact ${at}`);
await placeFacts(floor);
await appendFile(checkpointLogPath(floor.config.state), `${(await publishCheckpoint(floor))?.note ?? ''}---\n`);
await floor.db.tx(floor.org, async (tx) => {
  await tx.query(
    `insert into credential (id, org_id, kind, holder_id, name, secret_digest, created_by, created_at, expires_at) values
       ('ses_1', $1, 'session', 'per_1', 'a', 'd1', 'per_1', $2, $2), ('tok_1', $1, 'token', 'per_1', 'b', 'd2', 'per_1', $2, $2)`,
    [tx.org, await tx.now()],
  );
  await tx.wake('test.task', 'a-key', { what: awkward });
});

async function say(text: string): Promise<void> {
  await floor.db.tx(floor.org, (tx) => tx.record(said, { subject: floor.newId('tst'), actor: system(floor.org, 'test'), body: { text } }));
}

/** `during`: between two tables; `cut`: when the blobs begin. */
type Options = { passphrase?: string; during?: () => Promise<void>; cut?: () => Promise<void> };

async function backUp(place: BackupPlace, options: Options = {}): Promise<MadeBackup> {
  let { during, cut } = options;
  return makeBackup({
    floor: {
      ...floor,
      blobs: {
        ...floor.blobs,
        async size(digest) {
          const work = cut;
          cut = undefined;
          await work?.();
          return floor.blobs.size(digest);
        },
      },
    },
    where: database.where,
    place: {
      ...place,
      async write(name, bytes) {
        const work = during;
        during = undefined;
        await work?.();
        await place.write(name, bytes);
      },
    },
    program: 'test',
    snapshot: null,
    passphrase: options.passphrase ?? null,
    needed: ['run.archive'],
    say: () => undefined,
    signal: new AbortController().signal,
  });
}

const first = await fresh();
const made = await backUp(await folderPlace(join(first, 'one'), null), { during: () => say('said while the backup was taken') });

test('a backup holds the rows of one moment, the blobs they speak of, and a signed checkpoint over exactly that', async () => {
  const { manifest } = await verifyBackup(join(first, 'one'), floor.keys.all, () => undefined);
  expect(manifest).toEqual(made.manifest);
  expect(manifest.tables.find((table) => table.name === 'fact')?.rows).toBe(301);
  expect(manifest.ledger.size).toBe(301);
  expect(manifest.blobs.count).toBe(2);
  const files = await readdir(join(first, 'one'), { recursive: true });
  expect(files).toContain(blobName(inner.digest));
  expect(files).not.toContain(blobName(stranger.digest));
  expect(files).not.toContain('unfinished');
  expect(files.filter((name) => /key|master|pem/.test(name))).toEqual([]);
});

test('nothing of a backup can be changed, left out or exchanged without being noticed', async () => {
  const bad: [string, (folder: string) => Promise<unknown>, RegExp][] = [
    ['no manifest', (folder) => rm(join(folder, 'manifest.json')), /never finished/],
    ['a changed part', (folder) => appendFile(join(folder, 'tables/fact.00001.copy.gz'), 'x'), /fact\.00001.*changed/],
    ['a part left out', (folder) => rm(join(folder, 'tables/fact.00001.copy.gz')), /not there/],
    [
      'parts exchanged',
      (folder) =>
        copyFile(join(folder, 'tables/lease.00001.copy.gz'), join(folder, 'tables/fact.00001.copy.gz')).catch(() =>
          copyFile(join(folder, 'tables/credential.00001.copy.gz'), join(folder, 'tables/fact.00001.copy.gz')),
        ),
      /changed/,
    ],
    ['a changed blob', (folder) => writeFile(join(folder, blobName(inner.digest)), 'what only a document speaks oF'), /has changed/],
    ['a blob left out', (folder) => rm(join(folder, blobName(document.digest))), /not there/],
    ['a shorter index', (folder) => writeFile(join(folder, 'index/blobs.00001'), ''), /changed/],
    ['a changed checkpoint log', (folder) => appendFile(join(folder, 'checkpoints.log'), 'x'), /changed/],
    ['a changed manifest', (folder) => change(join(folder, 'manifest.json')), /vouches|form/],
  ];
  for (const [what, harm, words] of bad) {
    const folder = join(await fresh(), 'copy');
    await cp(join(first, 'one'), folder, { recursive: true });
    await harm(folder);
    const refused = await verifyBackup(folder, floor.keys.all, () => undefined).catch((error: unknown) => error);
    expect(refused, what).toBeInstanceOf(Problem);
    expect((refused as Problem).sentence, what).toMatch(words);
  }
  const others = await openSigningKeys(join(await fresh(), 'keys'));
  const strangers = await verifyBackup(join(first, 'one'), others.all, () => undefined).catch((error: unknown) => error);
  expect((strangers as Problem).code).toBe('backup.unknown-signer');
});

async function change(path: string): Promise<void> {
  const envelope = JSON.parse(await readFile(path, 'utf8')) as { payload: string };
  const payload = Buffer.from(envelope.payload, 'base64').toString('utf8').replace('"program":"test"', '"program":"best"');
  await writeFile(path, JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString('base64') }));
}

test('a second backup links what the first holds, after reading it; one that was cut off is continued; a whole one is never written over', async () => {
  const second = await backUp(await folderPlace(join(first, 'two'), join(first, 'one')));
  expect(second.written).toBe(0);
  const inode = async (name: string): Promise<number> => (await stat(join(first, name, blobName(inner.digest)))).ino;
  expect(await inode('two')).toBe(await inode('one'));
  expect(second.manifest.tables.find((table) => table.name === 'fact')?.rows).toBe(302);

  const spoilt = join(await fresh(), 'spoilt');
  await cp(join(first, 'one'), spoilt, { recursive: true });
  await writeFile(join(spoilt, blobName(inner.digest)), 'what only a document speaks oF');
  const third = await backUp(await folderPlace(join(first, 'three'), spoilt));
  expect(third.written).toBe(1);
  await verifyBackup(join(first, 'three'), floor.keys.all, () => undefined);

  await expect(folderPlace(join(first, 'one'), null)).rejects.toMatchObject({ code: 'backup.folder-taken' });
  const cut = join(await fresh(), 'cut');
  await expect(backUp(await folderPlace(cut, null), { cut: () => Promise.reject(new Error('power cut')) })).rejects.toThrow('power cut');
  await expect(verifyBackup(cut, floor.keys.all, () => undefined)).rejects.toMatchObject({ code: 'backup.not-whole' });
  await backUp(await folderPlace(cut, null));
  await verifyBackup(cut, floor.keys.all, () => undefined);
});

test('a backup as a stream is the same backup', async () => {
  const folder = await fresh();
  const out = createWriteStream(join(folder, 'backup.tar'));
  await backUp(tarPlace(out));
  await new Promise((done) => out.end(done));
  await mkdir(join(folder, 'unpacked'));
  execFileSync('tar', ['-xf', join(folder, 'backup.tar'), '-C', join(folder, 'unpacked')]);
  const { manifest } = await verifyBackup(join(folder, 'unpacked'), floor.keys.all, () => undefined);
  expect(manifest.blobs.count).toBe(2);
});

test('keys go with it only under a passphrase, and come back only with it', async () => {
  const folder = join(await fresh(), 'with-keys');
  const { manifest } = await backUp(await folderPlace(folder, null), { passphrase: 'correct horse battery staple' });
  const sealed = await readFile(join(folder, manifest.keys.sealed?.file ?? ''));
  await expect(unsealKeys(sealed, 'wrong')).rejects.toMatchObject({ code: 'backup.bad-passphrase' });
  const keys = join(await fresh(), 'keys');
  await placeKeys(keys, await unsealKeys(sealed, 'correct horse battery staple'));
  expect((await openSigningKeys(keys)).keyId).toBe(floor.keys.keyId);
  expect(await readFile(join(keys, 'master.key'), 'utf8')).toBe(await readFile(join(floor.config.keys, 'master.key'), 'utf8'));
});

test('a blob that is damaged is told and left out; one that is missing is told', async () => {
  const harmed = await floor.blobs.put('a report that will rot');
  await say(`speaks of ${harmed.digest}`);
  await writeFile(join(floor.config.state, 'blobs', harmed.digest.slice(7, 9), harmed.digest.slice(7)), 'a report that HAS rotted');
  const gone = digestOf('never stored');
  await floor.db.tx(floor.org, async (tx) => {
    await tx.query(
      `insert into run (id, org_id, service_id, archive, trigger, trust, state, inputs, requested_by, heard_at, queued_at) values ('run_1', $1, 's', $2, 'push', 'trusted', 'queued', '{}', 'x', $3, $3)`,
      [tx.org, gone, await tx.now()],
    );
  });
  const folder = join(await fresh(), 'harmed');
  // Its size stays, so that only reading it can tell.
  const { manifest } = await backUp(await folderPlace(folder, null));
  expect(manifest.damaged).toEqual([harmed.digest]);
  expect(manifest.missing).toEqual([gone]);
  await verifyBackup(folder, floor.keys.all, () => undefined);
});

test('restored elsewhere every row is as it was, except what a restore is there to end; it follows the old ledger and is paused', async () => {
  const target = await testDatabase();
  const folder = join(first, 'one');
  const verified = await verifyBackup(folder, floor.keys.all, () => undefined);
  const state = await fresh();
  const order = {
    folder,
    ...verified,
    where: target.where,
    state,
    keys: floor.keys.all,
    blobs: await openBlobStore(join(state, 'blobs')),
    migrations: join(import.meta.dirname, '../../../migrations'),
    checkpointLog: null,
    reason: 'a drill',
    log: makeLog('silent', 'test'),
    say: () => undefined,
  };
  try {
    await mustBeEmpty(target.where);
    const restored = await restoreBackup(order);
    expect(restored.origin).toBe(`${made.manifest.ledger.origin.slice(0, -1)}2`);
    expect(await order.blobs.has(inner.digest)).toBe(true);
    await expect(mustBeEmpty(target.where)).rejects.toMatchObject({ code: 'restore.not-empty' });
    const ask = asking(target.where);
    expect(await ask('select count(*)::int as n from fact')).toEqual([{ n: 301 }]);
    expect(await ask(`select body->>'text' as text from fact order by id limit 1`)).toEqual([{ text: `${document.digest} ${awkward}` }]);
    expect(await ask('select count(*)::int as n from fact_mention')).toEqual(
      await asking(database.where)('select count(*)::int as n from fact_mention where fact_row <= 301'),
    );
    expect(await ask('select state from restore')).toEqual([{ state: 'paused' }]);
    expect(await ask('select epoch, follows_size as size from ledger_epoch')).toEqual([{ epoch: 2, size: 301 }]);
    expect(await ask(`select id, ended_at is null as open from credential order by id`)).toEqual([
      { id: 'ses_1', open: false },
      { id: 'tok_1', open: true },
    ]);
    const jobs = `select t.identifier as task, j.payload, j.key from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id`;
    expect(await ask(jobs)).toEqual([{ task: 'test.task', payload: { org: floor.org, what: awkward }, key: 'test.task:a-key' }]);
    // Identities go on behind what was, walls and triggers stand again.
    await ask(
      `insert into fact (fact_id, org_id, type, subject, actor, at, leaf, body) values ('fct_x', '${floor.org}', 't', 's', 'a', clock_timestamp(), '', '{}')`,
    );
    expect(await ask(`select id > 301 as later from fact where fact_id = 'fct_x'`)).toEqual([{ later: true }]);
    await expect(ask(`update fact set type = 'other'`)).rejects.toThrow(/written once/);
    expect(await ask('select count(*)::int as n from fact', 'another')).toEqual([{ n: 0 }]);
  } finally {
    await target.drop();
  }
});

function asking(where: Where): (sql: string, org?: string) => Promise<unknown[]> {
  return async (sql, org = '*') => {
    const client = new pg.Client(clientOptions(where, 'asking'));
    await client.connect();
    try {
      await client.query(`select set_config('yardmaster.org', $1, false)`, [org]);
      return (await client.query(sql)).rows as unknown[];
    } finally {
      await client.end();
    }
  };
}
