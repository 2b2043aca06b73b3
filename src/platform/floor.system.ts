import { mkdir } from 'node:fs/promises';
import type pg from 'pg';
import type { Logger } from 'pino';
import { allowedPlaces, type Allowed } from '../host/addresses.ts';
import { makeEgress } from '../host/egress.http.ts';
import { newId, randomHex } from '../host/ids.system.ts';
import { openBlobs } from './blobs/open.system.ts';
import { startBus } from './bus.system.ts';
import type { Config } from './config.ts';
import type { Floor, GitLogin } from './floor.ts';
import type { Masters } from './keys/master.port.ts';
import { makeSecretBox, openMasters } from './keys/secrets.system.ts';
import { openFileSigner } from './keys/signer-file.system.ts';
import { openVaultSigner } from './keys/signer-vault.system.ts';
import { openSigningKeys } from './keys/signing.system.ts';
import { openPause } from './pause.system.ts';
import { migrate } from './postgres/migrate.system.ts';
import { makePool, type Where } from './postgres/pool.system.ts';
import { makeDb, type Wiring } from './postgres/transaction.system.ts';

export type OpenFloor = { readonly floor: Floor; readonly pool: pg.Pool; close(): Promise<void> };

export type OpenOptions = {
  readonly config: Config;
  readonly log: Logger;
  readonly where: Where;
  readonly wiring: Wiring;
  /** null: the schema is known to be up to date (tests clone a migrated template). */
  readonly migrations: string | null;
  /** Who knows with what git signs in; without one, nobody does. */
  readonly gitLogin?: (floor: Floor, org: string, repository: string) => Promise<GitLogin | null>;
};

/** Opens everything that slices stand on: database (migrated), blobs, keys, secrets, notifications. */
export async function openFloor({ config, log, where, wiring, migrations, gitLogin }: OpenOptions): Promise<OpenFloor> {
  await mkdir(config.state, { recursive: true });
  const pool = makePool(where, 'yardmaster', config.databasePool, log);
  const keys = await openSigningKeys(config.keys);
  const vault = config.signing === null ? null : openVaultSigner(config.signing);
  const [masters, blobs] = await Promise.all([openMasters(config), openBlobs(config)]);
  if (migrations !== null) {
    const { applied } = await migrate(pool, migrations);
    if (applied.length > 0) log.info({ applied }, 'the schema is up to date');
  }
  await hasCurrentMaster(pool, masters);
  const org = await firstOrganisation(pool);
  const egress = makeEgress(egressAllowed(config.egressAllow));
  const bus = startBus(where, 'yardmaster', log);
  const db = makeDb(pool, wiring, () => floor);
  // Until it was asked it counts as paused. The floor must be there before the question: every transaction carries it.
  let pause = { paused: (): boolean => true, stop: (): void => undefined };
  const paused = (): boolean => pause.paused();
  const floor: Floor = {
    config,
    log,
    db,
    blobs,
    keys,
    signer: vault ?? openFileSigner(config.keys, keys),
    secrets: makeSecretBox(masters),
    masters,
    bus,
    egress,
    gitLogin: async (at, repository) => (await gitLogin?.(floor, at, repository)) ?? null,
    newId,
    randomHex,
    org,
    where,
    paused,
  };
  pause = await openPause(db, log);
  return {
    floor,
    pool,
    async close() {
      pause.stop();
      egress.close();
      vault?.close();
      await bus.stop();
      await pool.end();
    },
  };
}

/** The configuration has been read, so the list is one. */
function egressAllowed(list: string): Allowed {
  const read = allowedPlaces(list);
  if ('wrong' in read) throw new Error(`${read.wrong} is no place`);
  return read.allowed;
}

/** A server that could open no secret ends at its start, and not at the first job that asks for one. */
async function hasCurrentMaster(pool: pg.Pool, masters: Masters): Promise<void> {
  const current = (await pool.query<{ id: string }>(`select id from master_key where state = 'current'`)).rows[0]?.id;
  if (current !== undefined) masters.of(current);
  else if (masters.home.ids().length === 0) await masters.home.create();
}

/** The instance row and its one organisation, made at the first start; many servers may do this at once. */
async function firstOrganisation(pool: pg.Pool): Promise<string> {
  await pool.query(`insert into instance (id, created_at) values ($1, yardmaster_now()) on conflict do nothing`, [newId('ins')]);
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(`select 1 from instance for update`);
    const existing = await client.query<{ id: string }>(`select id from organisation order by created_at, id limit 1`);
    const id = existing.rows[0]?.id ?? newId('org');
    if (existing.rows.length === 0)
      await client.query(`insert into organisation (id, name, created_at) values ($1, 'default', yardmaster_now())`, [id]);
    await client.query('commit');
    return id;
  } finally {
    client.release();
  }
}
